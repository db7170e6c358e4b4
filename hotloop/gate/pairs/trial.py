"""A trial of some numbers of lanes: a fixed loop on each CPU, alone and at once.

    CPU 1   |loop loop ..|            |loop loop ..|
    CPU 0                             |loop loop ..|       two turns: one lane, then two

It takes less than a second on most machines. Every number of lanes gets several short turns, in
random order, so that a bad moment of the machine meets all of them alike.
"""

import contextlib
import os
import random
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from hotloop.base.conditions import quota_cpus
from hotloop.base.cpus import pinnable_cpus
from hotloop.gate.pairs.how_many import Choice, Reading, choose, most_lanes, worth_trying
from hotloop.gate.pairs.lanes import core_of, in_order

TURN_S = 30e-3
TURNS = 5
# Starting an interpreter without its site takes milliseconds; a busy machine needs a hundredfold.
ANSWER_LIMIT_S = 5.0
# Half a millisecond of work is a slice, as in a pair. Each line says when a turn began and when it
# ends, for all loops alike: one that waits for its CPU has less of the turn, not a later one.
# Prints slices a second and their scatter.
LOOP = """
import os, sys, time
from math import log
os.sched_setaffinity(0, [int(sys.argv[1])])
def work(turns):
    start = time.thread_time()
    state = 1
    for _ in range(turns):
        state = (state * 69069 + 1) & 65535
    return max(1e-9, time.thread_time() - start)
turns = max(1, int(0.5e-3 / min(work(1000) for _ in range(5)) * 1000))
print(flush=True)
for line in sys.stdin:
    begin, end = map(float, line.split())
    slices = [work(turns), work(turns)]
    while time.perf_counter() < end:
        slices.append(work(turns))
    ratios = sorted(abs(log(b / a)) for a, b in zip(slices, slices[1:]))
    scatter = 1.4826 * ratios[len(ratios) // 2]
    print(len(slices) / (time.perf_counter() - begin), scatter, flush=True)
"""


def choose_lanes(seed: int | None = None) -> Choice:
    """How many lanes are best on this machine at this moment, decided by a trial.

    None is needed where there is one CPU, or where processes cannot be pinned.
    """
    cpus = pinnable_cpus()
    if cpus is None:
        return Choice(1, "this system cannot pin processes to CPUs")
    if len(cpus) == 1:
        return Choice(1, "this process may use one CPU")
    quota = cpus_of_quota()
    if quota is not None and quota < len(cpus):
        most = min(quota, most_lanes(len(cpus)))
        return Choice(most, f"a quota allows {quota} of {len(cpus)} CPUs")
    counts = worth_trying(len(cpus), len({core_of(cpu) for cpu in cpus}))
    return choose(try_lanes(in_order(cpus), counts, random.Random(seed)), len(cpus))


def cpus_of_quota() -> int | None:
    """How many whole CPUs' time this container may use, at least 1; None: as much as there is."""
    quota = quota_cpus()
    return None if quota is None else max(1, int(quota))


def try_lanes(
    cpus: Sequence[int], counts: Sequence[int], chance: random.Random
) -> Mapping[int, Sequence[Sequence[Reading]]]:
    """Each lane's reading in each turn, for each number of lanes; empty if a loop failed."""
    taken: dict[int, list[Sequence[Reading]]] = {count: [] for count in counts}
    try:
        with contextlib.ExitStack() as stack:
            loops = [_Loop(cpu, stack) for cpu in cpus[: max(counts)]]
            for loop in loops:
                loop.answer()
            for _ in range(TURNS):
                for count in chance.sample(list(counts), len(counts)):
                    now = time.perf_counter()
                    for loop in loops[:count]:
                        loop.turn(now, now + TURN_S)
                    taken[count].append([loop.reading() for loop in loops[:count]])
    except (OSError, ValueError):
        return {}
    return taken


class _Loop:
    """A process that is busy on one CPU for a turn when it is told to; ends with ``stack``."""

    def __init__(self, cpu: int, stack: contextlib.ExitStack) -> None:
        self._unread = b""
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", LOOP, str(cpu)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # The driver handles Ctrl-C; without it the loop ends at the end of its input.
            start_new_session=True,
        )
        stack.callback(self._end)

    def turn(self, begin: float, end: float) -> None:
        """Keep its CPU busy until ``end``: both are seconds of perf_counter, which all share."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{begin} {end}\n".encode())
        self._process.stdin.flush()

    def reading(self) -> Reading:
        """Raises ValueError if it says nothing that could be one."""
        slices_per_s, scatter = map(float, self.answer().split())
        return Reading(slices_per_s, scatter)

    def answer(self) -> str:
        """Its next line. Raises ValueError if it ends, or says nothing for too long."""
        assert self._process.stdout is not None
        deadline = time.monotonic() + ANSWER_LIMIT_S
        while b"\n" not in self._unread:
            left_s = max(0.0, deadline - time.monotonic())
            if not select.select([self._process.stdout], [], [], left_s)[0]:
                raise ValueError("a loop hangs")
            more = os.read(self._process.stdout.fileno(), 1 << 12)
            if not more:
                raise ValueError("a loop ended")
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()

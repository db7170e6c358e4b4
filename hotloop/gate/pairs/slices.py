"""How a benchmark's pairs are sampled: taking turns or sharing a core, and how finely.

Both sides use one plan, made from what each saw while it warmed up, for all pairs of the
benchmark. A benchmark that waits (sleeps, input and output, threads, subprocesses) is timed
by the wall clock, any other by the CPU time of its own thread, so that being preempted
does not count.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hotloop.gate.model import Timing

# The seconds of slices in a pair, both sides together. What else a pair takes is a little more, so
# that pairs of half or double the length say as much in the same time; but a benchmark that is the
# same needs a fixed number of pairs (docs/gate-measured.md has the figures).
PAIR_S = 0.12
# A side's slice: the shorter, the more similar the core's state is for both. At 0.5 ms the
# error is a fraction of that at 10 ms. Passing the turn, 10 us, is not timed.
SLICE_S = 0.5e-3
# Slices grow to this, asv's sample_time, if untimed set-ups fill them.
SLICE_WITH_SET_UPS_S = 10e-3
# What computes on several CPUs takes a slice like this that does not count, and then one that
# does. Threads that have rested wake up late, and some systems let those of a process that has not
# computed for a while have one CPU at first: 60 ms were seen, and turns of 12 ms that all were so.
PARALLEL_SLICE_S = 0.1
# Calls this long are coarser than the kernel's own time slices (3 ms): let it share the core.
SHARED_CALL_S = 2e-3
# The CPU seconds of both sides together in a pair that shares the core: at least one call. There
# are no copies, and a fork keeps its luck: another pair says more than more samples of this one
# (docs/gate-measured.md, "Hundreds of benchmarks"). For a median of three calls it may be longer.
SHARED_PAIR_S = 0.15
LONGEST_SHARED_PAIR_S = 0.3
# What a pair may take in all if set-ups come on top, or if wall time counts: its samples vary
# more, so more of them are taken.
LONGEST_PAIR_S = 0.5
# How long one copy of a process is used, both sides together. Half of this would spend as much on
# copying as on samples; double would leave three sets of memory pages to average over.
DEAL_S = 20e-3
# The cost of a copy that is made for one sample: the fork, its folder, the pages it writes.
COPYING_S = 5e-3
# A pair is taken in this many stretches; checking the time after each costs nothing beside them.
STRETCHES = 5
# Where both share a core, stretches are long: the last call of one may have the core to itself.
SHARED_STRETCHES = 3
# For calls this long, warming up costs more than it is worth if the first call is as quick as
# the second: nothing was compiled, and caches are warm within its first hundredth. (The same
# call twice differs by a tenth or two on a busy machine; compiling takes longer.)
COLD_CALL_S = 0.1
FIRST_CALL_EXCESS = 1.3
# The median of three is the first that one bad round cannot spoil.
FEWEST_ROUNDS = 3
# Shorter blocks are timed by the wall clock if each has a set-up of its own: reading a
# thread's CPU time is a system call of 0.3 us. That is read around the block, to leave out what
# other programs take: at a load average of 10 on two CPUs they interrupted one block of 9 us in
# 150, for up to 20 ms, so that 5,000 of them took 34 us each.
SHORT_BLOCK_S = 100e-6
# Nothing takes less: a clock that shows 0 has not ticked.
TICK_S = 1e-9
# Where the system does not tell how long a thread was ready and had no CPU, time that is lost may
# be due to other programs. So a benchmark waits only if its thread gave up the CPU in one call of
# ten.
WAITS_PER_CALL = 0.1
# The smallest part of the elapsed time that counts as lost, or as used by others.
NOTICEABLE = 0.02
# The same for what other threads used. A thread that is started for a call and comes too late for
# any of its work, as on a busy machine, used no more than one part in a hundred.
SOME = 0.002
# More CPU time than this many times the elapsed time was not spent on one CPU.
ONE_CPU = 1.1


@dataclass(frozen=True, slots=True)
class Costs:
    """What one block costs, measured during warm-up; the worker defines what a block is.

    ``timed_s`` is the thread's CPU time between the clock's two readings, ``first_s`` the
    same for the very first call, ``thread_s`` the same with set-ups, ``elapsed_s`` the wall
    time with set-ups. ``waits`` counts how often the thread gave up the CPU; ``delayed_s`` is how
    long it was ready to run and had none (None: the system does not tell). ``calls`` are
    the calls of the block, ``number`` the suite's own number of calls (0: free); ``timer`` is
    wall, cpu or own. ``firsts`` is how many samples of ``blocks_of_a_sample`` blocks asv
    takes from a process's first call on; 0: it warms up first. ``set_up_s`` is the set-up
    before the first call. ``probed``: how many calls the warm-up has made, where these may change
    what later ones cost, so that both sides have to make equally many. ``children``: how many
    processes of its own it has after that. ``emptied``: what its calls have emptied, so that the
    timed ones may have less to do. ``usual_s``: the median of the samples, a call, where these
    begin with the first call. ``goes_on``: whether threads are at work after its calls.
    ``sets_up``: whether something untimed belongs to a block. ``early_s``: what a call took before
    it had far less to do, which was so for up to ``early_calls`` calls; 0: all do alike.
    """

    calls: int
    number: int
    timer: str
    first_s: float
    timed_s: float
    elapsed_s: float
    thread_s: float
    other_threads_s: float
    children_s: float
    waits: float
    can_be_copied: bool
    firsts: int = 0
    blocks_of_a_sample: int = 1
    set_up_s: float = 0.0
    probed: int = 0
    delayed_s: float | None = None
    children: int = 0
    emptied: str = ""
    usual_s: float = 0.0
    goes_on: bool = False
    sets_up: bool = True
    early_s: float = 0.0
    early_calls: int = 0

    @property
    def is_parallel(self) -> bool:
        """Whether it may compute on several CPUs: in threads, or in processes of its own."""
        at_once = self.thread_s + self.children_s > ONE_CPU * self.elapsed_s
        return (
            self.other_threads_s > SOME * self.elapsed_s
            or self.children > 0
            or (at_once and self.children_s > NOTICEABLE * self.elapsed_s)
        )

    @property
    def waits_for_something(self) -> bool:
        fewest = WAITS_PER_CALL * self.calls if self.delayed_s is None else 0.0
        delayed_s = self.delayed_s or 0.0
        # Linux 6.18 counts some sleep as delay, at times more than there was time for. Who is
        # taken for one that waits loses precision; who is not, what its waiting costs.
        if delayed_s + self.thread_s > (1 + NOTICEABLE) * self.elapsed_s:
            delayed_s = 0.0
        # As if the machine had had nothing else to do.
        alone_s = self.elapsed_s - delayed_s
        slept = self.waits > 0 and self.waits >= fewest
        lost = alone_s - self.thread_s > NOTICEABLE * alone_s
        return (slept and lost) or self.children_s > NOTICEABLE * self.elapsed_s


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """How each pair of a benchmark is sampled.

    A sample is ``blocks`` blocks of ``calls`` calls; each side takes ``rounds``. ``clock``
    is what the worker reads: cpu, wall, undisturbed or own. ``pinned``: on the timing CPU.
    ``expected_s`` is how long it should take, ``block_s`` the longer side's block. One copy
    of each process takes ``deal`` rounds before the next copies are made; 0: no copies.
    ``starts_warm``: later pairs also time the first call of their processes, because it is no
    slower. ``firsts``: each sample is what asv would time in a new process, from its first
    call on; without copies, each process of a pair has one sample. ``warms``: each turn begins
    with a sample that does not count. ``parallel``: it may compute on several CPUs, and has all.
    """

    timing: Timing
    clock: str
    calls: int
    blocks: int
    rounds: int
    pinned: bool
    expected_s: float
    block_s: float
    deal: int
    starts_warm: bool = False
    firsts: bool = False
    warms: bool = False
    parallel: bool = False

    def stretches(self, rounds: int, copies: int) -> Iterator[int]:
        """The rounds in parts of whole copies; a pair may be ended between two parts.

        So many ``rounds`` and ``copies`` are needed to say anything: on a shared core no part is
        shorter, and in turns one of the ends is that of the last of these copies.
        """
        if self.timing is Timing.SHARED:
            parts = min(SHARED_STRETCHES, self.rounds // rounds)
            size = math.ceil(self.rounds / max(1, parts))
        else:
            deal = max(1, self.deal)
            of_a_stretch = math.ceil(max(FEWEST_ROUNDS, self.rounds / STRETCHES) / deal)
            while of_a_stretch < copies and copies % of_a_stretch:
                of_a_stretch += 1
            size = deal * of_a_stretch
        for start in range(0, self.rounds, size):
            yield min(size, self.rounds - start)


def agree(base: Costs, head: Costs, can_pin: bool) -> SamplingPlan:
    """The plan for both sides, from the costs of each."""
    both = _together(base, head)
    pinned = can_pin and not both.parallel
    if any(costs.firsts for costs in both.sides):
        return _first_calls(both, pinned)
    if both.by_cpu and not both.waits and pinned and both.shortest_s >= SHARED_CALL_S:
        return _sharing_a_core(both)
    return _taking_turns(both, pinned)


@dataclass(frozen=True, slots=True)
class _Both:
    """What the two sides cost together: one call each, or one block each if ``number`` is fixed.

    ``timed_s`` is what the clock shows, ``shortest_s`` the shorter side's; ``whole_s`` includes
    the set-ups, of which ``set_ups_s`` come once for each sample, however many calls it has.
    ``block_s`` is the longer side's, with set-ups; without what the machine's other work took of
    it, unless the benchmark waits.
    """

    sides: tuple[Costs, Costs]
    number: int
    clock: str
    by_cpu: bool
    parallel: bool
    waits: bool
    shortest_s: float
    timed_s: float
    whole_s: float
    set_ups_s: float
    block_s: float

    @property
    def elapsed_s(self) -> float:
        """What one more call or block takes."""
        return self.timed_s if self.set_ups_s else self.whole_s


def _together(base: Costs, head: Costs) -> _Both:
    both = (base, head)
    number = max(costs.number for costs in both)
    own = [costs.timer for costs in both if costs.timer != "wall"]
    parallel = any(costs.is_parallel for costs in both)
    waits = parallel or any(costs.waits_for_something for costs in both)
    by_cpu = all(timer == "cpu" for timer in own) if own else not waits
    calls = [1 if number else costs.calls for costs in both]

    def each(seconds: Iterable[float]) -> list[float]:
        return [max(TICK_S, s) / n for s, n in zip(seconds, calls, strict=True)]

    timed = each(costs.timed_s if by_cpu else costs.elapsed_s for costs in both)
    whole = each(costs.elapsed_s if waits else costs.thread_s for costs in both)
    return _Both(
        sides=both,
        number=number,
        clock="own" if own else "cpu" if by_cpu else "wall",
        by_cpu=by_cpu,
        parallel=parallel,
        waits=waits,
        shortest_s=min(timed),
        timed_s=sum(timed),
        whole_s=sum(whole),
        set_ups_s=0.0 if number or not by_cpu else _shared_set_ups_s(both, waits),
        block_s=max(whole),
    )


def _sharing_a_core(both: _Both) -> SamplingPlan:
    """Calls that are coarser than the kernel's time slices."""
    round_s = both.elapsed_s + both.set_ups_s
    wanted = max(
        SHARED_PAIR_S / both.timed_s, min(FEWEST_ROUNDS, LONGEST_SHARED_PAIR_S / both.timed_s)
    )
    rounds = _at_least(1, min(wanted, LONGEST_PAIR_S / round_s))
    return SamplingPlan(
        timing=Timing.SHARED,
        clock=both.clock,
        calls=both.number or 1,
        blocks=1,
        rounds=rounds,
        pinned=True,
        expected_s=rounds * round_s,
        block_s=both.block_s,
        # No copies: two processes that fork at the same time disturb what copies should even out.
        deal=0,
        starts_warm=_starts_warm(both.sides),
    )


def _taking_turns(both: _Both, pinned: bool) -> SamplingPlan:
    """As many calls or blocks as make a slice, in as many rounds as a pair has time for."""
    number = both.number
    slice_s = max(SLICE_S, min(both.set_ups_s / 2, SLICE_WITH_SET_UPS_S))
    if both.parallel:
        slice_s = PARALLEL_SLICE_S
    units = math.ceil(slice_s / both.shortest_s)
    if number:
        units = min(units, _at_least(1, 2 * SLICE_WITH_SET_UPS_S / both.elapsed_s))
    round_s = units * both.elapsed_s + both.set_ups_s
    pair_s = PAIR_S if both.by_cpu else LONGEST_PAIR_S
    rounds = _at_least(
        FEWEST_ROUNDS, min(pair_s / (units * both.timed_s), LONGEST_PAIR_S / round_s)
    )
    # A copy would begin as a process that has rested does.
    deal = 0 if both.parallel else _deal(both.sides, round_s, rounds)
    if deal:
        # No copy for a few last rounds.
        rounds = max(1, rounds // deal) * deal
    short = both.clock == "cpu" and number and both.shortest_s < SHORT_BLOCK_S
    return SamplingPlan(
        timing=Timing.TURNS,
        clock="undisturbed" if short else both.clock,
        calls=number or units,
        blocks=units if number else 1,
        rounds=rounds,
        pinned=pinned,
        expected_s=rounds * round_s * (1 + both.parallel),
        block_s=both.block_s,
        deal=deal,
        warms=both.parallel,
        parallel=both.parallel,
    )


def _first_calls(both: _Both, pinned: bool) -> SamplingPlan:
    """Each round in a fresh copy of each process, or one round in the processes themselves."""
    blocks = max(costs.blocks_of_a_sample for costs in both.sides)
    copied = all(costs.can_be_copied for costs in both.sides)
    set_ups_s = sum(costs.set_up_s for costs in both.sides)
    calls_s = both.whole_s * blocks * max(costs.firsts for costs in both.sides)
    round_s = calls_s + set_ups_s + 2 * COPYING_S
    rounds = _at_least(1, LONGEST_PAIR_S / round_s) if copied else 1
    return SamplingPlan(
        timing=Timing.COLD,
        clock=both.clock,
        calls=max(costs.number for costs in both.sides),
        blocks=blocks,
        rounds=rounds,
        pinned=pinned,
        expected_s=rounds * round_s,
        block_s=both.block_s,
        deal=1 if copied else 0,
        firsts=True,
        parallel=both.parallel,
    )


def _shared_set_ups_s(both: tuple[Costs, Costs], waits: bool) -> float:
    """Seconds of both sides' set-ups, if asv_runner (before 0.3) makes one for a whole block."""
    wholes = [costs.elapsed_s if waits else costs.thread_s for costs in both]
    extra_s = sum(wholes) - sum(costs.timed_s for costs in both)
    return extra_s if extra_s > NOTICEABLE * sum(wholes) else 0.0


def _starts_warm(both: tuple[Costs, Costs]) -> bool:
    """Whether calls are long enough to need no warm-up, and the first is no slower."""
    first_s, timed_s = (
        math.fsum(costs) for costs in zip(*((c.first_s, c.timed_s) for c in both), strict=True)
    )
    return min(c.timed_s for c in both) >= COLD_CALL_S and first_s <= FIRST_CALL_EXCESS * timed_s


def _deal(both: tuple[Costs, Costs], round_s: float, rounds: int) -> int:
    """How many rounds a copy takes: as many as fit into ``DEAL_S``; 0 if a single one is longer.

    Each copy sets up for itself, so it is used for as long as that takes. If that is longer than
    the whole pair there are no copies.
    """
    set_ups_s = sum(costs.set_up_s for costs in both)
    if not all(costs.can_be_copied for costs in both) or set_ups_s > rounds * round_s:
        return 0
    return int(max(DEAL_S, set_ups_s) / round_s)


def _at_least(fewest: int, wanted: float) -> int:
    return max(fewest, round(wanted))


def log_ratio(base: float, head: float) -> float:
    """log(head/base) of two measured values that need not be positive.

    Equal values give 0, whatever they are. If one is not positive there is no ratio, and
    only which is larger matters.
    """
    if base == head:
        return 0.0
    if base > 0 and head > 0 and math.isfinite(base) and math.isfinite(head):
        return math.log(head / base)
    return math.inf if head > base else -math.inf

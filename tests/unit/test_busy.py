"""Who is busy now, from the system's counters."""

import os
import signal
import subprocess
import sys

import pytest

from hotloop.base.busy import (
    Busy,
    Process,
    Watch,
    busy_parts,
    parse_cpus,
    parse_process,
    programs,
)

STAT = """\
cpu  30 0 10 160 0 0 0 0 0 0
cpu0 20 0 5 75 0 0 0 0 7 0
cpu1 10 0 5 80 5 0 0 0 0 0
intr 12345
"""


def test_work_is_all_but_idle_and_waiting_and_guests_are_counted_once() -> None:
    assert parse_cpus(STAT) == {0: (25, 100), 1: (15, 100)}
    assert parse_cpus("") == {}


def test_the_part_is_that_of_the_time_in_between() -> None:
    assert busy_parts({0: (25, 100), 1: (0, 9)}, {0: (30, 120), 2: (1, 2)}, {}) == {0: 0.25}
    assert busy_parts({0: (5, 10)}, {0: (5, 10)}, {}) == {0: 0.0}


def test_our_own_work_is_none_of_others_wherever_it_was_done() -> None:
    before, after = {0: (0, 0), 1: (0, 0)}, {0: (12, 20), 1: (5, 20)}
    assert busy_parts(before, after, {0: 10}) == {0: 0.1, 1: 0.25}
    # It moved to the first CPU at the end: 10 ticks there are not its own.
    assert busy_parts(before, after, {0: 15}) == {0: 0.0, 1: 0.1}
    assert busy_parts(before, after, {0: 99}) == {0: 0.0, 1: 0.0}


def test_a_program_may_have_any_name() -> None:
    fields = " ".join(map(str, range(50)))
    assert parse_process(f"7 (a) (b c) {fields}") == ("a) (b c", 11 + 12, 1, 36)
    assert parse_process("") is None


def test_the_idlest_cpu_is_the_last_of_those_that_are_equally_idle() -> None:
    busy = Busy({0: 0.01, 1: 0.0, 2: 0.9, 3: 0.0})
    assert busy.idlest(frozenset({0, 1, 2})) == 1
    assert busy.idlest(frozenset({0, 2})) == 0
    assert Busy(None).idlest(frozenset({0, 1})) == 1
    assert busy.idlest(frozenset()) is None
    assert busy.used(frozenset({0, 2})) == pytest.approx(0.91)
    assert Busy(None).used(frozenset({0})) is None


@pytest.mark.skipif(not os.path.exists("/proc/stat"), reason="this system has no /proc/stat")  # noqa: PTH110
def test_a_busy_program_is_seen_and_named() -> None:
    # Of a process that has ended: what this one starts itself does not count.
    code = f"{sys.executable} -c 'print(flush=True)\nwhile True: pass' & echo $!"
    with subprocess.Popen(["sh", "-c", code], stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout is not None
        spinning = int(shell.stdout.readline())
        shell.stdout.readline()
        busy = Watch().busy(0.5)
        os.kill(spinning, signal.SIGKILL)
    assert busy.cpus is not None
    assert sum(busy.cpus.values()) > 0.3


def test_programs_are_named_with_the_cpus_they_used_and_quiet_ones_are_not() -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    before = {str(k): Process("python", 0) for k in range(3)}
    before |= {"7": Process("java", 5), "9": Process("sh", 1)}
    after = {str(k): Process("python", ticks // 2) for k in range(3)}
    # A number that another program has now says nothing.
    after |= {"7": Process("java", 5 + ticks // 5), "9": Process("perl", 1 + ticks)}
    named = dict(programs(before, after, 1.0))
    assert named == {"python": pytest.approx(1.5), "java": pytest.approx(0.2)}

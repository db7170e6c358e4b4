"""The machine as its text files tell it, and what about it deserves doubt."""

import pytest

from hotloop.base.conditions import read_conditions
from hotloop.base.machine import (
    Conditions,
    doubts,
    parse_command,
    parse_cpu_model,
    parse_memory_bytes,
    parse_quota,
    read_machine,
)

QUIET = Conditions(busy_cpus=0.1, governors=("performance",), usable_cpus=2)


def test_the_first_processor_gives_the_model() -> None:
    text = "processor\t: 0\nmodel\t\t: 17\nmodel name\t: AMD  EPYC 9654\n\nmodel name\t: other\n"
    assert parse_cpu_model(text) == "AMD EPYC 9654"


@pytest.mark.parametrize("text", ["", "processor : 0\nBogoMIPS : 50\n", "model name :\n"])
def test_a_model_that_is_not_told_is_unknown(text: str) -> None:
    assert parse_cpu_model(text) is None


def test_memory_is_counted_in_bytes() -> None:
    assert parse_memory_bytes("MemTotal:       24683596 kB\nMemFree: 1 kB\n") == 24683596 * 1024


@pytest.mark.parametrize("text", ["", "MemFree: 1 kB\n", "MemTotal: many kB\n"])
def test_memory_that_is_not_told_is_unknown(text: str) -> None:
    assert parse_memory_bytes(text) is None


def test_a_quiet_and_steady_machine_raises_no_doubt() -> None:
    assert doubts(QUIET) == ()


def test_what_the_system_does_not_tell_raises_no_doubt() -> None:
    assert doubts(Conditions(busy_cpus=None, governors=(), usable_cpus=None)) == ()


@pytest.mark.parametrize(
    ("text", "cpus"),
    [
        ("150000 100000", 1.5),
        ("max 100000", None),
        ("-1 100000", None),
        ("0 0", None),
        ("", None),
        ("x", None),
    ],
)
def test_a_control_group_allows_so_many_cpus(text: str, cpus: float | None) -> None:
    assert parse_quota(text) == cpus


def test_a_container_with_less_time_than_cpus_is_doubtful() -> None:
    (said,) = doubts(Conditions(0.1, (), usable_cpus=2, quota_cpus=1.5))
    assert said.startswith("this container may use 1.5 CPUs' time on 2 CPUs: ")
    assert doubts(Conditions(0.1, (), usable_cpus=2, quota_cpus=2.0)) == ()


@pytest.mark.parametrize(("load", "cpus", "doubted"), [(1.0, 2, 0), (1.1, 2, 1), (0.6, 1, 1)])
def test_others_on_more_than_half_of_the_cpus_are_doubted(
    load: float, cpus: int, doubted: int
) -> None:
    found = doubts(Conditions(busy_cpus=load, governors=(), usable_cpus=cpus))
    assert len(found) == doubted
    assert all(f"other programs used {load:.1f} of {cpus} CPU" in sentence for sentence in found)


def test_a_governor_that_moves_the_clock_is_doubted_and_named() -> None:
    found = doubts(Conditions(0.1, ("performance", "powersave"), usable_cpus=2))
    assert len(found) == 1
    assert "governor is powersave" in found[0]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["/a/bin/hotloop", "gate", "v1 rc"], "hotloop gate 'v1 rc'"),
        (["/a/hotloop/__main__.py", "compute"], "hotloop compute"),
        (["/a/bin/pytest", "x"], None),
        ([""], None),
        ([], None),
    ],
)
def test_the_command_is_told_as_a_shell_takes_it(argv: list[str], said: str | None) -> None:
    assert parse_command(argv) == said


def test_this_machine_is_read() -> None:
    machine = read_machine(["hotloop-that-nobody-installed", "pytest"])
    assert machine.versions["pytest"] == pytest.__version__
    assert machine.versions["hotloop-that-nobody-installed"] is None
    assert machine.usable_cpus is None or machine.usable_cpus >= 1
    assert machine.memory_bytes is None or machine.memory_bytes > 2**20
    assert machine.python.count(".") >= 2


def test_the_conditions_of_this_machine_are_read() -> None:
    conditions = read_conditions()
    assert conditions.busy_cpus is None or conditions.busy_cpus >= 0
    assert "" not in conditions.governors

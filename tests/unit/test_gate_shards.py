"""Which part of a suite is whose, and what becomes of the parts."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.gate import shards
from hotloop.gate.model import Effort, Shard, Stop
from hotloop.gate.result import GateResult, Part, Strictness, conclude, exit_code
from hotloop.gate.verdicts import Conclusion
from tests.campaigns import benchmark
from tests.gate_runs import MACHINE, SAME, SLOWER, UNDECIDED, result

SUITE = [
    benchmark(f"{module}.time_{n}") for module in ("parse", "order", "table") for n in range(7)
]


@pytest.mark.parametrize("of", [1, 2, 3, 8, 21])
def test_every_benchmark_is_in_one_shard_and_shards_differ_by_one_at_most(of: int) -> None:
    parts = [shards.select(SUITE, Shard(number, of)) for number in range(1, of + 1)]
    assert sorted(b.name for part in parts for b in part) == sorted(b.name for b in SUITE)
    sizes = {len(part) for part in parts}
    assert max(sizes) - min(sizes) <= 1


def test_a_shard_does_not_depend_on_the_order_of_the_suite() -> None:
    mixed = random.Random(1).sample(SUITE, len(SUITE))
    for number in (1, 2, 3):
        shard = Shard(number, 3)
        assert shards.select(mixed, shard) == shards.select(SUITE, shard)
    assert shards.checksum(mixed) == shards.checksum(SUITE) != shards.checksum(SUITE[1:])


def test_the_benchmarks_of_a_module_stay_together() -> None:
    modules = [{b.module for b in shards.select(SUITE, Shard(n, 3))} for n in (1, 2, 3)]
    assert modules == [{"order"}, {"parse"}, {"table"}]


def test_more_shards_than_benchmarks_are_refused() -> None:
    with pytest.raises(UsageError, match=r"^--shard 1/9: there are only 2 benchmarks; share them"):
        shards.select(SUITE[:2], Shard(1, 9))
    with pytest.raises(UsageError, match=r"^--shard 2/2: there is only 1 benchmark; leave out"):
        shards.select(SUITE[:1], Shard(2, 2))


def part(number: int, of: int = 2) -> Part:
    return Part(Shard(number, of), "c0ffee", 8, MACHINE, 7, Stop.DECIDED, 50.0, 20.0, 30.0)


FIRST = replace(result(*SAME[:3], SLOWER), tested=8, parts=(part(1),), warnings=("all say this",))
SECOND = replace(
    result(*SAME[3:], UNDECIDED),
    tested=8,
    parts=(part(2),),
    elapsed_seconds=70.0,
    stopped_by=Stop.BUDGET,
    warnings=("all say this", "a slow disk"),
    unproved=("a slow disk",),
)
BOTH = [("a.json", FIRST), ("b.json", SECOND)]


@pytest.mark.parametrize("named", [BOTH, BOTH[::-1]])
def test_all_shards_are_one_result_in_their_order(named: list[tuple[str, GateResult]]) -> None:
    whole = shards.together(named)
    assert whole.benchmarks == (*FIRST.benchmarks, *SECOND.benchmarks)
    assert whole.verdict is Conclusion.SLOWER
    assert (whole.tested, whole.shard) == (8, None)
    assert whole.stopped_by is Stop.BUDGET
    assert whole.elapsed_seconds == 70.0
    assert whole.warnings == ("all say this", "shard 2: a slow disk")
    assert whole.unproved == ("shard 2: a slow disk",)
    assert exit_code(whole, Strictness.UNDECIDED_PASSES) == 1


def test_an_interrupted_shard_interrupts_the_whole() -> None:
    stopped = replace(SECOND, stopped_by=Stop.INTERRUPTED)
    whole = shards.together([BOTH[0], ("b.json", stopped)])
    assert exit_code(whole, Strictness.UNDECIDED_PASSES) == 130


def test_the_result_of_a_whole_suite_stays_as_it_is() -> None:
    whole = shards.together(BOTH)
    assert shards.together([("c.json", whole)]) == whole
    assert shards.together([("d.json", result(*SAME))]) == result(*SAME)


Change = Callable[[GateResult], GateResult]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda r: replace(r, base=replace(r.base, commit="1" * 40)), "another base"),
        (lambda r: replace(r, head=replace(r.head, commit="1" * 40)), "another head"),
        (lambda r: replace(r, head=replace(r.head, environment="py3.12")), "another environment"),
        (lambda r: replace(r, floor=0.0), "another --floor"),
        (lambda r: replace(r, margin=0.02), "another --floor"),
        (lambda r: replace(r, false_alarms=0.05), "another --false-alarms or --false-discoveries"),
        (lambda r: replace(r, budget_seconds=60.0), "another --budget"),
        (lambda r: replace(r, effort=Effort.THOROUGH), "another --quick or --thorough"),
        (lambda r: replace(r, tested=9), "another suite, or --bench"),
        (
            lambda r: replace(r, parts=(replace(r.parts[0], suite="beef"),)),
            "another suite, or --bench",
        ),
        (lambda r: replace(r, parts=(part(2, of=3),)), "another number of shards"),
    ],
)
def test_what_was_not_measured_alike_is_refused(change: Change, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        shards.together([BOTH[0], ("b.json", change(SECOND))])
    said = f"b.json and a.json are no shards of one comparison: {complaint}"
    assert str(caught.value) == said


def test_missing_shards_and_those_given_twice_are_named() -> None:
    with pytest.raises(UsageError, match=r"^shard 2 is missing of 2: give the files of all shards"):
        shards.together(BOTH[:1])
    with pytest.raises(UsageError, match=r"^shard 1 of 2 was given twice: a.json and c.json$"):
        shards.together([*BOTH, ("c.json", FIRST)])
    lone = replace(FIRST, parts=(part(3, of=40),))
    with pytest.raises(UsageError, match=r"^shards 1, 2, 4, .* 21 and 19 more are missing of 40"):
        shards.together([("a.json", lone)])


def test_a_whole_result_among_shards_is_refused() -> None:
    for other, held in ((result(*SAME), "a whole suite"), (shards.together(BOTH), "all shards")):
        with pytest.raises(UsageError, match=f"^w.json is no shard: it holds {held}; give it to"):
            shards.together([BOTH[0], ("w.json", other)])


def test_files_that_were_changed_so_that_a_row_is_there_twice_are_refused() -> None:
    rows = (*SECOND.benchmarks, FIRST.benchmarks[0])
    changed = replace(SECOND, benchmarks=rows, verdict=conclude(rows))
    with pytest.raises(MeasurementError, match=r"no sound result: a benchmark is there twice"):
        shards.together([BOTH[0], ("b.json", changed)])


def test_parts_that_are_not_all_shards_make_no_result() -> None:
    with pytest.raises(ValueError, match="not all shards of one suite"):
        replace(FIRST, parts=(part(1, of=3), part(2, of=3)))
    with pytest.raises(ValueError, match="shard 3 of 2"):
        Shard(3, 2)


def test_of_several_parts_no_number_of_lanes_is_said() -> None:
    named = [(name, replace(part, lanes=2, lanes_why="why")) for name, part in BOTH]
    assert (shards.together(named).lanes, shards.together(named).lanes_why) == (None, None)


def test_the_longest_time_that_a_shard_explained_counts() -> None:
    assert shards.together(BOTH).explaining_seconds is None
    second = replace(SECOND, explaining_seconds=20.0)
    for first in (FIRST, replace(FIRST, explaining_seconds=9.0)):
        whole = shards.together([("a.json", first), ("b.json", second)])
        assert whole.explaining_seconds == 20.0

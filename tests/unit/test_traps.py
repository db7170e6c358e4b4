"""The traps' parts that need no processes: the catalogue, options, the check, Cython's report."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hotloop import cli
from hotloop.base.errors import UsageError
from hotloop.base.outcome import Status
from hotloop.compare.annotated import LinesLeft, lines_left, touching
from hotloop.compute import options as compute_options
from hotloop.compute.traps.check import Checker
from hotloop.compute.traps.options import TrapOptions, parse_options
from hotloop.compute.traps.result import Told, TrapResult
from hotloop.compute.traps.summary import Entry, summarise
from hotloop.timing.record import Failure, Measurement, Run, Stage
from implementations.traps import catalogue
from implementations.traps.workload import prepare
from tests.trap_results import MACHINE, RESULT


def parse(*words: str) -> TrapOptions:
    parser = cli.Parser(prog="hotloop compute", allow_abbrev=False)
    compute_options.add_arguments(parser)
    namespace: argparse.Namespace = parser.parse_args(["--traps", *words])
    compute_options.refuse_those_of_the_ladder(namespace)
    return parse_options(namespace)


def test_without_names_all_traps_are_meant() -> None:
    options = parse()
    assert options.names == tuple(catalogue.traps())
    assert (options.asked, options.budget_s) == ((), 0.4)
    assert parse("fast_math", "--budget", "2").budget_s == 2
    assert parse("fast_math").names == ("fast_math",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fastmath"], "no trap is called 'fastmath': did you mean fast_math?"),
        (["fast_math", "fast_math"], "fast_math is named 2 times; name each trap once"),
        (["--size", "64x48"], "--size 64x48: not with --traps"),
        (["--steps", "9"], "--steps 9: not with --traps"),
        (["--window=0,1,0,1"], "--window 0,1,0,1: not with --traps"),
        (["--python", "pypy3"], "--python pypy3: not with --traps"),
        (["--image", "set.png"], "--image set.png: not with --traps"),
        (["--json", "/no/such/folder/x.json"], "cannot write there"),
    ],
)
def test_what_is_refused(words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse(*words)


def test_every_trap_says_what_and_why() -> None:
    for trap in catalogue.traps().values():
        assert trap.title
        assert len(trap.title) < 70
        assert trap.why.endswith((".", ".)")), trap.name
        source = trap.path.read_text(encoding="utf-8")
        assert all(name in source for name in ("problem(", "looks_right", "is_right")), trap.name


def test_the_page_explains_every_trap() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "traps.md").read_text(encoding="utf-8")
    assert [name for name in catalogue.traps() if f"- **{name}**" not in page] == []


def test_a_side_has_a_name() -> None:
    with pytest.raises(ValueError, match="a side of a trap has file, side, trap"):
        prepare({"trap": "fast_math", "file": "x.py", "side": "left"})


def answer(value: object, told: float | None = None, differs: bool = False) -> dict[str, Any]:
    return {
        "answer": value,
        "tells": None if told is None else "faults",
        "told": told,
        "differs": differs,
        "claims": False,
    }


def judged(looks: dict[str, Any], right: dict[str, Any]) -> tuple[dict[str, str], Told | None]:
    checker = Checker()
    wrong = checker.judge({"looks_right": looks, "is_right": right})
    return wrong, checker.told_of_both()


def test_unequal_answers_are_wrong_unless_they_are_what_the_trap_is_about() -> None:
    picture, other = np.array([1, 2, 3]), np.array([1, 5, 4])
    wrong, told = judged(answer(other, 3), answer(picture, 1))
    assert wrong == {
        "looks_right": "its answer is 2 of 3 elements differ, the first is 5 instead of 2 at [1]"
    }
    assert told == Told("faults", 3, 1)
    assert judged(answer(picture), answer(picture)) == ({}, None)
    differing = replace(Told("faults", 0, 0), looks_right=2)
    assert judged(answer(other, 0, True), answer(picture, 0, True)) == ({}, differing)


def test_a_side_without_an_answer_leaves_nothing_to_compare() -> None:
    checker = Checker()
    assert checker.judge({"is_right": answer(1.0, 4)}) == {}
    assert checker.judge({}) == {}
    assert checker.told_of_both() is None


# As Cython 3.3 writes it, without what it shows on a click.
PAGE = """
<pre class="cython line score-12">+<span class="">1</span>: def looks_right(values):</pre>
<pre class="cython line score-0">+<span class="">2</span>:     for v in values:</pre>
<pre class="cython line score-28" onclick="x">+<span class="">3</span>:         total += v</pre>
<pre class='cython code score-28 '>PyNumber_Add(a, b)</pre>
<pre class="cython line score-0" onclick="x">+<span class="">4</span>:         step(v)</pre>
<pre class='cython code score-0 '>if (unlikely(__Pyx_ErrOccurredWithGIL())) goto x;</pre>
<pre class="cython line score-0">&#xA0;<span class="">5</span>: </pre>
"""
SOURCE = """def looks_right(values):
    for v in values:
        total += v
        step(v)

def is_right(
    values,
):
    # for
    total = 0
    while values:
        total += 1
    return total
"""


def test_lines_that_touch_python_are_those_with_a_score_or_a_hidden_check() -> None:
    assert touching(PAGE) == {1, 3, 4}
    assert lines_left(SOURCE, PAGE, "looks_right") == LinesLeft(2, 3)
    assert lines_left(SOURCE, PAGE, "is_right") == LinesLeft(0, 2)
    assert lines_left(SOURCE, PAGE, "no_such") == LinesLeft(0, 0)


def measured(failures: dict[str, Failure] | None = None, right_s: float = 1.0) -> Measurement:
    runs = tuple(
        Run(side, process, 1, (s,), None)
        for process in range(6)
        for side, s in (("looks_right", 2.0 + process / 10), ("is_right", right_s))
        if side not in (failures or {})
    )
    return Measurement(runs, failures or {}, 1, None, 10.0, 9.0)


def row(measurement: Measurement | None, failure: Failure | None = None) -> TrapResult:
    entry = Entry("power", "a title", "why", measurement, failure, Told("faults", 1, 0))
    return summarise([entry], MACHINE, (), 1, 10.0).traps[0]


def test_both_sides_timed_give_a_factor() -> None:
    found = row(measured())
    assert found.factor is not None
    assert found.factor.value == pytest.approx(2.25, abs=0.06)
    assert found.factor.confidence > 0.95
    assert found.told == Told("faults", 1, 0)


def test_a_factor_that_says_little_is_doubtful() -> None:
    entry = Entry("power", "a title", "why", measured())
    (doubt,) = summarise([entry], MACHINE, (), 1, 10.0).warnings
    assert doubt.startswith("the factor of power has an interval wider than ± 10%")


@pytest.mark.parametrize(
    ("stage", "error", "status", "reason"),
    [
        (Stage.SET_UP, "Unavailable", Status.UNAVAILABLE, "no numba"),
        (Stage.TIMING, "KeyError", Status.FAILED, "is_right: timing: KeyError: no numba"),
        (Stage.CHECK, "WrongAnswer", Status.WRONG, "is_right: no numba"),
    ],
)
def test_a_side_that_fails_is_the_trap_s_ending(
    stage: Stage, error: str, status: Status, reason: str
) -> None:
    failure = Failure(stage, error, "no numba")
    found = row(measured({"is_right": failure}))
    assert (found.status, found.reason, found.factor, found.told) == (status, reason, None, None)


def test_a_trap_that_does_not_compile_is_unavailable() -> None:
    found = row(None, Failure(Stage.SET_UP, "Unavailable", "no compiler"))
    assert (found.status, found.reason) == (Status.UNAVAILABLE, "no compiler")


def test_a_claim_of_no_time_at_all_is_a_failure() -> None:
    found = row(measured(right_s=0.0))
    assert (found.status, found.reason) == (Status.FAILED, "is_right: it says that it took 0 s")


def test_a_row_is_ok_with_its_times_only() -> None:
    with pytest.raises(ValueError, match="power is ok, with or without its times"):
        replace(RESULT.traps[5], status=Status.OK)
    with pytest.raises(ValueError, match="without a reason"):
        replace(RESULT.traps[5], reason=None)
    with pytest.raises(ValueError, match="a trap is there twice"):
        replace(RESULT, traps=(*RESULT.traps, RESULT.traps[0]))

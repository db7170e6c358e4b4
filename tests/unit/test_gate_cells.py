"""How the gate's figures look to a person: each limit with its neighbour."""

import math
from dataclasses import replace

import pytest

from hotloop.gate import cells
from hotloop.gate.model import Effort
from hotloop.gate.result import BenchmarkResult, GateResult, Strictness, exit_code
from hotloop.gate.verdicts import Verdict
from tests.gate_runs import (
    ALL_SAME,
    BASE,
    BROKEN,
    EVERY_ENDING,
    EXPLAINED,
    MANY,
    ONE_SLOWER,
    QUICK,
    SAME,
    SLOWER,
    UNDECIDED,
    UNREACHED,
    quick,
    result,
)

LOOKING = replace(UNDECIDED, name="suite.time_long", ratio=4.263, low=4.045, high=5.011)


def with_ratio(ratio: float | None, low: float | None, high: float | None) -> BenchmarkResult:
    return replace(SLOWER, ratio=ratio, low=low, high=high)


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (1.031, "+3.1 %"),
        (0.913, "-8.7 %"),
        (1.0, "+0.0 %"),
        (0.99999, "+0.0 %"),
        (9.99, "+899.0 %"),
        (10.0, "10x"),
        (1234.5, "1,234x"),
        (math.exp(50), "infinite"),
        (math.exp(-50), "-100.0 %"),
        (None, ""),
    ],
)
def test_a_change_has_tenths_of_a_per_cent_or_is_a_factor(ratio: float | None, shown: str) -> None:
    assert cells.change(with_ratio(ratio, None, None)) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (1.024, 1.039, "[+2.4, +3.9]"),
        (0.99, 1.0, "[-1.0, +0.0]"),
        (1.0, math.exp(50), "[+0.0, +inf]"),
        (1.0, None, "[+0.0, -]"),
        (None, None, ""),
    ],
)
def test_an_interval_is_in_per_cent(low: float | None, high: float | None, shown: str) -> None:
    assert cells.interval(with_ratio(None, low, high)) == shown


@pytest.mark.parametrize(
    ("amount", "unit", "shown"),
    [
        (1.2e-3, "seconds", "1.20 ms"),
        (0.0, "seconds", "0 s"),
        (-1.0, "seconds", "-1 seconds"),
        (43_200_512.0, "bytes", "41.2 MiB"),
        (417.0, "items", "417 items"),
        (2.0, "", "2"),
        (None, "seconds", "-"),
        (2.0, None, "2"),
    ],
)
def test_a_median_has_its_benchmark_s_unit(
    amount: float | None, unit: str | None, shown: str
) -> None:
    assert cells.value(amount, unit) == shown


@pytest.mark.parametrize(
    ("chance", "shown"),
    [
        (0.01, "at most 1 run in 100"),
        (0.001, "at most 1 run in 1,000"),
        (0.05, "at most 1 run in 20"),
        (0.015, "at most 1.5 % of runs"),
    ],
)
def test_false_alarms_are_runs_in_so_many(chance: float, shown: str) -> None:
    assert cells.false_alarms(chance) == shown


@pytest.mark.parametrize(
    ("high", "said"),
    [
        (1.012, "it, not slower by 1.2 % or more"),
        (1.0121, "it, not slower by 1.3 % or more"),
        (1.00001, "it, not slower by 0.1 % or more"),
        (1.0, "it, not slower"),
        (0.99, "it, not slower"),
        (None, "it, not slower"),
    ],
)
def test_the_bound_of_the_same_ones_is_rounded_up(high: float | None, said: str) -> None:
    row = replace(SAME[0], ratio=0.98, low=0.97, high=high)
    assert cells.same_sentence(result(row)) == said


def test_the_largest_change_comes_first_within_a_verdict() -> None:
    names = [row.name for row in cells.listed(EVERY_ENDING)]
    assert names[:3] == ["suite.time_order", "suite.time_words", "suite.TimeParse.time_parse"]
    assert not {row.name for row in SAME} & set(names)


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        (SAME, "none of 6 is slower"),
        (SAME[:1], "it is not slower"),
        ((SLOWER, *SAME), "1 of 7 is slower"),
        ((SLOWER, replace(SLOWER, params=()), *SAME), "2 of 8 are slower"),
        ((SLOWER, BROKEN), "1 of 2 is slower, 1 is broken"),
        ((UNDECIDED,), "it is undecided"),
        ((UNDECIDED, UNREACHED), "all 2 are undecided"),
        ((UNDECIDED, *SAME), "none of 7 is shown to be slower, 1 is undecided"),
        ((LOOKING,), "it is undecided and looks slower"),
        ((LOOKING, UNDECIDED), "all 2 are undecided (1 of them looks slower)"),
        ((LOOKING, *SAME), "none of 7 is shown to be slower, 1 is undecided and looks slower"),
        ((BROKEN, UNDECIDED), "1 of 2 is broken, 1 is undecided"),
    ],
)
def test_the_answer_is_a_sentence(rows: tuple[BenchmarkResult, ...], answer: str) -> None:
    assert cells.conclusion(result(*rows)) == answer


def test_one_pair_each_is_no_answer_on_speed() -> None:
    assert cells.conclusion(QUICK) == "none of 3 is broken"
    one = replace(result(quick(SAME[0])), effort=Effort.QUICK)
    assert cells.conclusion(one) == "it is not broken"


@pytest.mark.parametrize(
    ("revision", "shown"),
    [
        ("main", "44271ed main"),
        ("44271ed", "44271ed"),
        (BASE.commit, "44271ed"),
        (".", "44271ed the working tree"),
        ("HEAD~1", "44271ed HEAD~1"),
    ],
)
def test_a_revision_is_named_where_it_says_more_than_its_hash(revision: str, shown: str) -> None:
    assert cells.contender(replace(BASE, revision=revision)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0 s"), (99.4, "99 s"), (99.6, "1 min 40 s"), (3599.0, "59 min 59 s")],
)
def test_a_long_time_is_in_minutes(seconds: float, shown: str) -> None:
    assert cells.spent(seconds) == shown


def test_a_reason_cannot_steer_the_terminal() -> None:
    row = replace(BROKEN, reason="\x1b[2J\x07 gone\nnow")
    assert cells.reason(row) == "\\x1b[2J\\x07 gone now"


def test_a_long_list_of_names_is_cut() -> None:
    many = tuple(replace(BROKEN, name=f"b{k}") for k in range(cells.MOST_NAMES + 2))
    assert cells.labels(many).endswith(", b19 and 2 more")
    assert cells.labels(many[:2]) == "b0, b1"


def test_more_time_is_the_advice_only_where_time_ran_out() -> None:
    assert not any("--budget" in line for line in cells.remarks(ALL_SAME))
    assert not any("--budget" in line for line in cells.remarks(ONE_SLOWER))
    assert any("(--budget or --thorough)" in line for line in cells.remarks(EVERY_ENDING))
    thorough = replace(EVERY_ENDING, effort=Effort.THOROUGH)
    assert any("(--budget) fewer" in line for line in cells.remarks(thorough))


def test_what_has_no_explanation_though_it_was_asked_for_is_said() -> None:
    def said(of: GateResult) -> list[str]:
        lines = cells.remarks(replace(of, explaining_seconds=1.0))
        return [line for line in lines if "explained" in line]

    assert said(result(*SAME)) == []
    assert said(result(*SAME, LOOKING)) == [
        "nothing is explained: only what is called slower or faster is"
    ]
    told = next(each for each in EXPLAINED.benchmarks if each.explanation)
    assert said(result(told, replace(SLOWER, name="suite.time_other"))) == [
        "explained: the 1 that changed most of 2"
    ]
    assert said(result(told)) == []
    assert not [line for line in cells.remarks(ONE_SLOWER) if "explained" in line]


def test_verbose_has_a_row_for_each() -> None:
    assert cells.told(MANY, cells.Detail.LIST) == cells.listed(MANY)


def test_who_is_told_together_is_nowhere_else_and_all_are_counted() -> None:
    rows = cells.told(MANY, cells.Detail.COUNT)
    (skipped,) = [row for row in rows if row.verdict is Verdict.SKIPPED]
    assert skipped == cells.Together(
        Verdict.SKIPPED, "238 of 317", "119 at head: needs 64 GiB; 119 at head: needs 1 GiB"
    )
    assert len(rows) < 10


def test_a_quick_run_that_did_not_reach_a_benchmark_says_so() -> None:
    unreached = replace(UNREACHED, name="suite.time_late")
    late = replace(QUICK, benchmarks=(*QUICK.benchmarks, unreached))
    assert cells.conclusion(late) == "none of 4 is broken, 1 is undecided"
    assert exit_code(late, Strictness.UNDECIDED_FAILS) == 3
    assert exit_code(QUICK, Strictness.UNDECIDED_FAILS) == 0


def test_what_was_measured_again_is_told_with_both_figures() -> None:
    again = replace(SLOWER, name="suite.time_fast", params=(), as_built=(math.log(1.2),) * 11)
    (line,) = [text for text in cells.remarks(result(again)) if "again" in text]
    assert line == (
        "measured again with compiled code at the same addresses on both sides: "
        "suite.time_fast +20.0 % as built, +3.1 % there"
    )
    many = [replace(again, name=f"suite.time_{number}") for number in range(5)]
    (line,) = [text for text in cells.remarks(result(*many)) if "again" in text]
    assert line.endswith("suite.time_2 +20.0 % as built, +3.1 % there, and 2 more")
    assert not any("again" in text for text in cells.remarks(ONE_SLOWER))

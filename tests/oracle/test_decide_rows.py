"""Many runs at once are decided exactly as one by one."""

import numpy as np
import pytest

from hotloop.gate.rule import decide, decide_rows
from hotloop.gate.rule.decide import Rule
from hotloop.gate.verdicts import Verdict
from hotloop.stats import signed_rank, signed_rank_rows
from tests.parameters import marked

RULES = (
    Rule(false_alarms=0.01, floor=0.005, margin=0.015, benchmarks=8),
    Rule(false_alarms=0.05, floor=0.0, margin=0.01, benchmarks=1),
    Rule(false_alarms=0.3, floor=0.01, margin=0.03, benchmarks=40),
)


def one_by_one(rule: Rule, row: list[float]) -> tuple[Verdict, int]:
    judgement = decide.judge(rule, row)
    assert judgement is not None
    return judgement.verdict, judgement.pairs


def at_once(rule: Rule, rows: signed_rank_rows.Rows) -> list[tuple[Verdict, int]]:
    walks = decide_rows.walk(rule, rows)
    same = decide_rows.end_as_same(rule, rows)
    return [
        (decide_rows.DECIDABLE[verdict], int(pairs))
        if verdict >= 0
        else (Verdict.SAME if ends_same else Verdict.UNDECIDED, rows.shape[1])
        for verdict, pairs, ends_same in zip(walks.verdicts, walks.pairs, same, strict=True)
    ]


again = pytest.mark.thorough("test_every_row_is_decided_as_judge_decides_it")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "centre",
    [*(-0.03, 0.0, 0.01), *marked(again, -0.005, 0.005, 0.03)],
)
def test_every_row_is_decided_as_judge_decides_it(rule: Rule, centre: float) -> None:
    rng = np.random.default_rng(417)
    for spread, digits in ((0.002, 9), (0.01, 3), (0.05, 9)):
        # Few different values, as resampling has them; some of them wild.
        pool = np.round(rng.normal(centre, spread, 30), digits)
        pool[:2] = np.inf, -0.2
        for pairs in (5, 11, 40):
            rows = rng.choice(pool, size=(4, pairs))
            expected = [one_by_one(rule, row.tolist()) for row in rows]
            assert at_once(rule, rows) == expected


@pytest.mark.parametrize("n", [4, 7, 12, 25, 60])
@pytest.mark.parametrize("digits", [1, 9])
def test_p_values_are_those_of_one_sample(n: int, digits: int) -> None:
    rng = np.random.default_rng(n)
    worth = 0.2
    rows = np.round(rng.normal(0.4, 1.0, size=(40, n)), digits)
    exact = np.array([signed_rank.p_value_above(row.tolist(), 0.1) for row in rows])
    quick = signed_rank_rows.p_values_above(rows, 0.1, worth)
    assert (exact <= worth).any()
    near = exact <= worth
    assert quick[near] == pytest.approx(exact[near], rel=1e-12)
    assert (quick[~near] > worth).all()


@pytest.mark.parametrize("n", [*range(1, 61), 132, 292])
def test_the_shortcut_never_passes_over_a_small_p_value(n: int) -> None:
    # All values on one side: where the normal approximation is furthest from the truth.
    row = np.arange(1.0, n + 1.0)[None, :]
    exact = 0.5**n
    assert signed_rank_rows.p_values_above(row, 0.0, exact)[0] == pytest.approx(exact)

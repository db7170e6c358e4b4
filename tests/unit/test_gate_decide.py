"""The rule that turns the log ratios of pairs into a verdict."""

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.gate.rule import decide
from hotloop.gate.rule.decide import Judgement, Rule, judge
from hotloop.gate.verdicts import Verdict

RULE = Rule(false_alarms=0.01, floor=0.005, margin=0.015, benchmarks=8)


def judged(log_ratios: list[float], rule: Rule = RULE) -> Judgement:
    judgement = judge(rule, log_ratios)
    assert judgement is not None
    return judgement


def spread(centre: float, sd: float, pairs: int, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    return [rng.gauss(centre, sd) for _ in range(pairs)]


def test_the_first_look_is_the_first_that_could_reject() -> None:
    level = 0.01 * 0.8 / 8 / 2
    assert RULE.first_look == 11
    assert 0.5**11 <= level < 0.5**10
    assert list(itertools.islice(RULE.looks(Verdict.SLOWER), 5)) == [11, 15, 20, 26, 34]


def test_a_speed_up_has_looks_of_its_own_from_the_first_that_could_reject_on() -> None:
    level = 0.01 * 0.2 / 8 / 2
    assert list(itertools.islice(RULE.looks(Verdict.FASTER), 4)) == [13, 17, 23, 30]
    assert 0.5**13 <= level < 0.5**12
    assert [RULE.look_after(pairs, Verdict.FASTER) for pairs in (11, 13, 15, 17)] == [
        *(None, 1),
        *(None, 2),
    ]


def test_a_large_speed_up_is_seen_where_it_can_first_be_seen() -> None:
    judgement = judged([-math.log(2.0)] * 20)
    assert (judgement.verdict, judgement.pairs) == (Verdict.FASTER, 13)
    assert judgement.p_value == pytest.approx(0.5**13 / (0.2 / 8 / 2))
    assert judged([-math.log(2.0)] * 12).verdict is Verdict.UNDECIDED


def test_more_benchmarks_need_more_pairs() -> None:
    firsts = [Rule(0.01, 0.005, 0.015, n).first_look for n in (1, 8, 100, 2000)]
    assert firsts == sorted(set(firsts))


def test_all_levels_of_all_looks_and_benchmarks_sum_to_at_most_the_false_alarms() -> None:
    spent = 8 * sum(
        RULE.level(look, claim)
        for look in range(1, 5000)
        for claim in (Verdict.SLOWER, Verdict.FASTER)
    )
    assert 0.0099 < spent <= 0.01


def test_full_separation_from_the_floor_is_slower_at_the_first_look() -> None:
    judgement = judged([math.log(1.03)] * 11)
    assert judgement.verdict is Verdict.SLOWER
    assert judgement.pairs == 11
    assert judgement.ratio == pytest.approx(1.03)
    assert judgement.p_value == pytest.approx(0.5**11 / (0.8 / 8 / 2))
    assert judgement.p_value <= RULE.false_alarms


def test_ten_pairs_cannot_flag_anything() -> None:
    judgement = judged([math.log(2.0)] * 10)
    assert judgement.verdict is Verdict.UNDECIDED
    assert judgement.p_value == 1.0
    assert judgement.detectable is None


def test_a_slowdown_below_the_floor_is_nobodys_business() -> None:
    assert judged([math.log(1.004)] * 200).verdict is Verdict.SAME


def test_with_no_floor_any_steady_slowdown_is_slower() -> None:
    rule = Rule(0.01, 0.0, 0.0005, 8)
    assert judged([math.log(1.001)] * 11, rule).verdict is Verdict.SLOWER


def test_what_pairs_have_shown_to_change_is_a_flag_and_nothing_else_is() -> None:
    assert [verdict for verdict in Verdict if verdict.is_flag] == [Verdict.SLOWER, Verdict.FASTER]


def test_swapping_the_sides_turns_slower_into_faster_and_inverts_the_interval() -> None:
    values = spread(0.05, 0.004, 40)
    slower, faster = judged(values), judged([-value for value in values])
    assert slower.verdict is Verdict.SLOWER
    assert faster.verdict is Verdict.FASTER
    # Faster has a smaller share of the false alarms, so it takes more pairs.
    assert faster.pairs >= slower.pairs
    mirrored = judged([-value for value in values[: slower.pairs]])
    assert mirrored.low == pytest.approx(1 / slower.high)
    assert mirrored.ratio == pytest.approx(1 / slower.ratio)


def test_quiet_equal_code_is_same_after_five_pairs() -> None:
    values = [0.001, -0.002, 0.0, 0.003, -0.001, 0.002, -0.003]
    judgement = judged(values)
    assert judgement.verdict is Verdict.SAME
    assert judgement.pairs == 5
    # SciPy's interval of the mean of the first five: 0.0002 +- 0.00238839.
    assert judgement.low == pytest.approx(math.exp(0.0002 - 0.00238839), abs=1e-7)
    assert judgement.high == pytest.approx(math.exp(0.0002 + 0.00238839), abs=1e-7)
    assert judged(values[:4]).verdict is Verdict.UNDECIDED


def test_restless_equal_code_is_same_later() -> None:
    values = [0.014, -0.014, 0.002, -0.012, 0.009, -0.003, -0.014]
    assert judged(values[:6]).verdict is Verdict.UNDECIDED
    # All seven lie within the margin, which signs and ranks count and Student's interval does not.
    judgement = judged(values)
    assert (judgement.verdict, judgement.pairs) == (Verdict.SAME, 7)


@pytest.mark.parametrize(
    ("pairs", "centre", "verdict"),
    [
        (5, 0.0047, Verdict.SAME),
        (5, 0.0056, Verdict.UNDECIDED),
        (10, 0.0047, Verdict.SAME),
        (10, 0.0056, Verdict.UNDECIDED),
    ],
)
def test_few_pairs_are_the_same_only_if_their_centre_is_below_the_floor(
    pairs: int, centre: float, verdict: Verdict
) -> None:
    judgement = judged([centre + 0.0001 * (-1) ** number for number in range(pairs)])
    assert judgement.verdict is verdict


@given(st.lists(st.floats(-0.02, 0.02), min_size=5, max_size=10))
def test_the_interval_of_what_is_the_same_lies_within_the_margin_and_holds_its_estimate(
    values: list[float],
) -> None:
    judgement = judged(values)
    assert judgement.low <= judgement.ratio <= judgement.high
    if judgement.verdict is Verdict.SAME:
        assert judgement.high < 1 + RULE.margin
        assert judgement.low > 1 / (1 + RULE.margin)


@pytest.mark.parametrize("noise", [0.0, 0.0005, 0.002])
def test_a_slowdown_between_floor_and_margin_is_not_called_the_same_before_it_is_seen(
    noise: float,
) -> None:
    values = spread(math.log(1.01), noise, 26)
    first = judged(values[: RULE.first_look - 1])
    assert (first.verdict, first.pairs) == (Verdict.UNDECIDED, RULE.first_look - 1)
    assert judged(values).verdict is Verdict.SLOWER


def test_a_speed_up_between_floor_and_margin_is_the_same() -> None:
    assert judged(spread(-math.log(1.01), 0.002, 26)).verdict is Verdict.SAME


def test_four_pairs_are_too_few_for_same() -> None:
    assert judged([0.0] * 4).verdict is Verdict.UNDECIDED


def test_one_wild_pair_decides_nothing() -> None:
    quiet = spread(0.0, 0.002, 14)
    assert judged([*quiet, 0.2]).verdict is Verdict.SAME
    slower = spread(math.log(1.03), 0.002, 19)
    assert judged([*slower[:4], -0.2, *slower[4:]]).verdict is Verdict.SLOWER


def test_wild_noise_is_undecided_and_says_what_would_have_been_seen() -> None:
    judgement = judged(spread(0.0, 0.05, 26))
    assert judgement.verdict is Verdict.UNDECIDED
    assert judgement.detectable is not None
    assert 0.02 < judgement.detectable < 0.2


def test_pairs_beyond_the_decision_are_ignored() -> None:
    assert judged([math.log(1.03)] * 11 + [0.0] * 9) == judged([math.log(1.03)] * 11)


def test_no_pairs_give_no_judgement() -> None:
    assert judge(RULE, []) is None


def test_infinite_ratios_are_as_large_as_a_ratio_can_be() -> None:
    assert judged([math.inf] * 11).verdict is Verdict.SLOWER
    assert judged([-math.inf] * 20).verdict is Verdict.FASTER


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="numbers"):
        judge(RULE, [0.0] * 10 + [math.nan])


def test_steady_values_that_do_not_differ_are_same() -> None:
    assert judged([0.0] * 7).ratio == 1.0
    assert judged([0.0] * 7).verdict is Verdict.SAME


@given(
    st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=45),
    st.sampled_from([0.001, 0.01, 0.2]),
    st.sampled_from([0.0, 0.005]),
)
def test_slower_is_said_exactly_where_the_p_value_says_so(
    values: list[float], false_alarms: float, floor: float
) -> None:
    judgement = judged(values, Rule(false_alarms, floor, 0.015, 3))
    assert (judgement.verdict is Verdict.SLOWER) == (
        judgement.p_value <= false_alarms and judgement.verdict is not Verdict.FASTER
    )
    assert judgement.low <= judgement.ratio <= judgement.high
    assert judgement.pairs <= len(values)


@given(st.lists(st.floats(-0.1, 0.1), min_size=12, max_size=40))
def test_a_stricter_false_alarm_rate_never_flags_more(values: list[float]) -> None:
    strict = judged(values, Rule(0.001, 0.005, 0.015, 8))
    if strict.verdict is Verdict.SLOWER:
        # The loose rule looks earlier and may say "same" there, but never finds less evidence.
        loose = judged(values[: strict.pairs], Rule(0.1, 0.005, 10.0, 8))
        assert loose.verdict in (Verdict.SLOWER, Verdict.FASTER, Verdict.SAME)


def test_looks_are_where_something_can_be_decided() -> None:
    looks = [pairs for pairs in range(1, 40) if decide.is_look(RULE, pairs)]
    assert looks == [5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 20, 23, 26, 30, 34, 39]
    large = Rule(0.01, 0.005, 0.015, 500)
    first = list(itertools.islice(decide.all_looks(large), 11))
    assert first == [*range(5, 11), 12, 14, 17, 19, 23]


@pytest.mark.parametrize(
    "values",
    [
        (0.0, 0.005, 0.015, 8),
        (1.0, 0.005, 0.015, 8),
        (math.nan, 0.005, 0.015, 8),
        (0.01, -0.001, 0.015, 8),
        (0.01, math.nan, 0.015, 8),
        (0.01, 0.015, 0.015, 8),
        (0.01, 0.005, math.nan, 8),
        (0.01, 0.005, math.inf, 8),
        (0.01, 0.005, 0.015, 0),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(values: tuple[float, float, float, int]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each of them names its own value
        Rule(*values)

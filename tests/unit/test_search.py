"""The search for the sustainable rate, against consumers whose capacity is known."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.measure.search import MAX_PROBES, RESOLUTION, Answer, LimitedBy, Next, Probe, proceed


def probe(offered: float, capacity: float, generator: float = math.inf) -> Probe:
    """What an ideal consumer of this capacity makes of an offered rate, in 10 s."""
    sent = min(offered, generator)
    handled = min(sent, capacity)
    return Probe(offered, sent, handled, sent - handled, int(10 * sent), int(10 * handled))


def search(respond: Callable[[float], Probe], first: float) -> tuple[Answer, list[Probe]]:
    probes: list[Probe] = []
    while isinstance(step := proceed(probes, first), Next):
        probes.append(respond(step.offered_per_s))
    return step, probes


@given(
    st.floats(min_value=50, max_value=1e6),
    st.floats(min_value=0.1, max_value=10),
)
def test_a_known_capacity_is_found_within_the_resolution(capacity: float, guess: float) -> None:
    answer, probes = search(lambda rate: probe(rate, capacity), first=capacity * guess)
    assert answer.limited_by is LimitedBy.CONSUMER
    assert answer.sustained_per_s is not None
    assert answer.failed_per_s is not None
    assert answer.sustained_per_s <= capacity * 1.011
    assert answer.failed_per_s >= capacity
    assert answer.failed_per_s <= answer.sustained_per_s * (1 + RESOLUTION)
    assert len(probes) <= MAX_PROBES


def test_a_good_first_guess_needs_few_probes() -> None:
    _, probes = search(lambda rate: probe(rate, 10_000), first=9_000)
    assert [round(p.offered_per_s) for p in probes] == [9_000, 13_500, 11_023, 9_960, 10_478]


def test_the_generator_is_named_where_it_is_the_limit() -> None:
    answer, _ = search(lambda rate: probe(rate, math.inf, generator=50_000), first=20_000)
    assert answer.limited_by is LimitedBy.GENERATOR
    assert answer.failed_per_s is None
    assert answer.sustained_per_s == pytest.approx(47_500, rel=0.06)


def test_a_generator_that_is_late_within_the_bracket_is_tried_again_and_then_named() -> None:
    low, high = probe(1_000, 1_500), probe(2_000, 1_500)
    middle = math.sqrt(1_000 * 2_000)
    late = probe(middle, 1_500, generator=1_200)
    assert proceed([low, high], 1_000) == Next(middle)
    assert proceed([low, high, late], 1_000) == Next(middle)
    assert proceed([low, high, late, late], 1_000) == Answer(1_000, 2_000, LimitedBy.GENERATOR)


def test_a_generator_that_cannot_even_send_the_first_rate_does_not_end_the_search() -> None:
    answer, _ = search(lambda rate: probe(rate, 8_000, generator=20_000), first=100_000)
    assert answer.limited_by is LimitedBy.CONSUMER
    assert answer.sustained_per_s == pytest.approx(8_000, rel=RESOLUTION)


def test_a_consumer_that_sustains_nothing_has_no_sustained_rate() -> None:
    answer, _ = search(lambda rate: probe(rate, 0.5), first=1_000)
    assert (answer.sustained_per_s, answer.limited_by) == (None, LimitedBy.CONSUMER)


def test_the_number_of_probes_is_bounded() -> None:
    answer, probes = search(lambda rate: probe(rate, math.inf), first=20)
    assert answer.limited_by is LimitedBy.PROBES
    assert len(probes) == MAX_PROBES


def test_recorded_probes_of_a_noisy_consumer_give_the_next_rate_between_them() -> None:
    recorded = [
        Probe(7_000.0, 6_999.2, 6_991.0, 12.0, 48_990, 48_990),
        Probe(10_500.0, 10_499.0, 8_800.0, 1_702.0, 73_500, 63_100),
    ]
    assert proceed(recorded, 7_000.0) == Next(math.sqrt(7_000 * 10_500))


@pytest.mark.parametrize(
    ("slope", "handled", "limited_by"),
    [
        (10.0, 1_000.0, LimitedBy.NOTHING),
        (math.nextafter(10.0, 11), 1_000.0, LimitedBy.CONSUMER),
        (-50.0, 1_000.0, LimitedBy.NOTHING),
        (0.0, 990.0, LimitedBy.NOTHING),
        (0.0, math.nextafter(990.0, 0), LimitedBy.CONSUMER),
    ],
)
def test_sustained_means_a_flat_lag_and_99_percent_handled(
    slope: float, handled: float, limited_by: LimitedBy
) -> None:
    probe = Probe(1_000.0, 1_000.0, handled, slope, 5_000, 5_000)
    assert probe.limited_by is limited_by
    # A quota on the load makes records late before the consumer can.
    blamed = LimitedBy.NOTHING if limited_by is LimitedBy.NOTHING else LimitedBy.GENERATOR
    assert replace(probe, is_throttled=True).limited_by is blamed


@pytest.mark.parametrize(
    ("sent_per_s", "limited_by"),
    [(990.0, LimitedBy.NOTHING), (989.0, LimitedBy.GENERATOR)],
)
def test_a_generator_below_99_percent_is_the_limit_whatever_the_lag(
    sent_per_s: float, limited_by: LimitedBy
) -> None:
    assert Probe(1_000.0, sent_per_s, 990.0, 0.0, 5_000, 5_000).limited_by is limited_by


@pytest.mark.parametrize(
    ("offered", "sent_per_s", "handled_per_s", "sent", "handled"),
    [
        (0.0, 0.0, 0.0, 0, 0),
        (100.0, 100.0, 100.0, 500, 501),
        (100.0, 100.0, 100.0, 500, -1),
        (100.0, 120.0, 100.0, 500, 500),
        (100.0, 100.0, -1.0, 500, 500),
    ],
)
def test_impossible_counts_are_refused(
    offered: float, sent_per_s: float, handled_per_s: float, sent: int, handled: int
) -> None:
    with pytest.raises(ValueError, match=r"cannot be|above 0|no probe has"):
        Probe(offered, sent_per_s, handled_per_s, 0.0, sent, handled)

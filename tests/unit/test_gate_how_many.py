"""How many lanes a run gets: the decision, whatever a trial has shown."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.gate.pairs.how_many import (
    ENOUGH,
    SMALL_SCATTER,
    Choice,
    Reading,
    choose,
    most_lanes,
    worth_trying,
    worths,
)

CPUS = st.integers(1, 256)
READINGS = st.builds(Reading, st.floats(1, 1e5), st.floats(0, 2))
Trials = Mapping[int, Sequence[Sequence[Reading]]]
TURNS = 5


@st.composite
def drawn_trials(draw: st.DrawFn) -> tuple[int, Trials]:
    """The CPUs, and any readings of the numbers of lanes that are worth trying on them."""
    cpus = draw(st.integers(2, 24))
    counts = worth_trying(cpus, draw(st.integers(1, cpus)))
    turns = {count: [[draw(READINGS) for _ in range(count)] for _ in range(2)] for count in counts}
    return cpus, turns


def steady(parts: Mapping[int, float], scatter: float = 0.02) -> Trials:
    """Trials in which each of ``count`` lanes keeps ``parts[count]`` of its slices."""
    return {
        count: [[Reading(1000 * part, scatter)] * count for _ in range(TURNS)]
        for count, part in parts.items()
    }


@given(CPUS)
def test_above_two_cpus_one_stays_free(cpus: int) -> None:
    assert most_lanes(cpus) == (cpus - 1 if cpus > 2 else cpus)


@given(CPUS, st.data())
def test_one_lane_and_the_most_are_tried_and_few_numbers_between(
    cpus: int, data: st.DataObject
) -> None:
    cores = data.draw(st.integers(1, cpus))
    counts = worth_trying(cpus, cores)
    assert list(counts) == sorted(set(counts))
    assert (counts[0], counts[-1]) == (1, most_lanes(cpus))
    assert min(cores, most_lanes(cpus)) in counts
    assert len(counts) <= cpus.bit_length() + 2


@given(drawn_trials())
def test_what_is_chosen_was_tried_and_fewer_are_not_nearly_as_good(
    drawn: tuple[int, Trials],
) -> None:
    cpus, trials = drawn
    choice = choose(trials, cpus)
    worth = worths(trials)
    assert choice.lanes in trials
    assert worth[choice.lanes] >= ENOUGH * max(worth.values())
    assert all(
        worth[fewer] < ENOUGH * max(worth.values()) for fewer in trials if fewer < choice.lanes
    )
    assert choice == choose(trials, cpus)


@given(drawn_trials(), st.floats(0.1, 10))
def test_a_faster_machine_gets_as_many_lanes(drawn: tuple[int, Trials], times: float) -> None:
    _, trials = drawn
    faster = {
        count: [[Reading(r.slices_per_s * times, r.scatter) for r in turn] for turn in turns]
        for count, turns in trials.items()
    }
    one, other = worths(trials), worths(faster)
    assert other == pytest.approx(one)


@given(drawn_trials())
def test_more_lanes_are_never_worth_more_than_their_number(drawn: tuple[int, Trials]) -> None:
    _, trials = drawn
    assert all(reached <= count * (1 + 1e-9) for count, reached in worths(trials).items())


@pytest.mark.parametrize(
    ("parts", "lanes"),
    [
        ({1: 1.0, 2: 1.0}, 2),
        ({1: 1.0, 2: 0.7}, 2),  # They disturb each other; both find out more than one.
        ({1: 1.0, 2: 0.5}, 1),  # They share one CPU's time.
        ({1: 1.0, 3: 1.0, 7: 0.95}, 7),
        ({1: 1.0, 3: 1.0, 4: 1.0, 7: 0.58}, 4),  # Two threads of each of four cores.
        ({1: 1.0, 3: 1.0, 4: 1.0, 7: 0.9}, 7),
        ({1: 1.0, 3: 0.33, 7: 0.14}, 1),
        ({1: 1.0, 15: 1.0, 31: 0.5, 63: 0.25}, 15),  # The memory bus is full.
    ],
)
def test_lanes_that_take_from_each_other_are_given_up(
    parts: Mapping[int, float], lanes: int
) -> None:
    assert choose(steady(parts), max(parts)).lanes == lanes


def test_lanes_that_scatter_more_together_are_given_up() -> None:
    alone, together = Reading(1000, 0.02), Reading(1000, 0.02 * 1.6)
    trials = {1: [[alone]] * TURNS, 2: [[together] * 2] * TURNS}
    assert choose(trials, 2).lanes == 1
    # But not for what no pair would notice.
    quiet = {1: [[Reading(1000, 0.0)]] * TURNS, 2: [[Reading(1000, SMALL_SCATTER)] * 2] * TURNS}
    assert choose(quiet, 2).lanes == 2


def test_another_lanes_bad_cpu_is_no_reason() -> None:
    good, bad = Reading(1000, 0.02), Reading(300, 0.2)
    assert choose({1: [[good]] * TURNS, 2: [[good, bad]] * TURNS}, 2).lanes == 2


def test_turns_that_neighbours_disturbed_decide_nothing() -> None:
    good, disturbed = Reading(1000, 0.02), Reading(200, 0.15)
    turns = [[disturbed] * 2] * (TURNS - 2) + [[good] * 2] * 2
    assert choose({1: [[good]] * TURNS, 2: turns}, 2).lanes == 2
    turns = [[disturbed] * 2] * (TURNS - 1) + [[good] * 2]
    assert choose({1: [[good]] * TURNS, 2: turns}, 2).lanes == 1


@pytest.mark.parametrize(("cpus", "lanes"), [(1, 1), (2, 2), (3, 2), (64, 2)])
def test_without_a_trial_it_is_what_was_measured_elsewhere(cpus: int, lanes: int) -> None:
    assert choose({}, cpus) == Choice(lanes, "no trial of more was possible")


def test_the_reason_has_the_gain() -> None:
    assert choose(steady({1: 1.0, 2: 0.95}), 2) == Choice(
        2, "in a trial on 2 CPUs, they found out 1.9 times as much as one at a time"
    )
    assert choose(steady({1: 1.0, 2: 0.4}), 2) == Choice(
        1, "in a trial on 2 CPUs, more at once found out no more"
    )


@pytest.mark.parametrize(
    ("slices_per_s", "scatter"),
    [(0.0, 0.1), (-1.0, 0.1), (float("nan"), 0.1), (1.0, float("inf")), (1.0, -0.1)],
)
def test_a_lane_at_work_takes_slices_that_scatter_by_some_number(
    slices_per_s: float, scatter: float
) -> None:
    with pytest.raises(ValueError, match="slices a second"):
        Reading(slices_per_s, scatter)

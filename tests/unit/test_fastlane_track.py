"""Which offsets may be committed."""

import random

import pytest

from stream.fastlane.track import Track


def track(begin: int, *stretches: tuple[int, int]) -> Track:
    made = Track()
    made.begin(begin)
    for start, end in stretches:
        made.finish(start, end)
    return made


@pytest.mark.parametrize(
    ("stretches", "position"),
    [
        ([], 10),
        ([(10, 11)], 11),
        ([(11, 12)], 10),
        ([(11, 12), (10, 11)], 12),
        ([(10, 15), (15, 20)], 20),
        ([(10, 12), (13, 14)], 12),
        ([(10, 12), (11, 14)], 14),
        ([(12, 20), (13, 14), (10, 12)], 20),
        ([(10, 12), (10, 12), (10, 11)], 12),
        ([(10, 11), (10, 14)], 14),
        ([(5, 12)], 12),
        ([(5, 8)], 10),
        ([(10, 10)], 10),
    ],
)
def test_the_position_is_after_what_is_finished_in_a_row(
    stretches: list[tuple[int, int]], position: int
) -> None:
    assert track(10, *stretches).advance() == position


def test_nothing_is_committed_before_something_was_delivered() -> None:
    empty = Track()
    empty.finish(3, 4)
    assert empty.advance() is None
    empty.begin(3)
    empty.begin(0)
    assert empty.advance() == 4


@pytest.mark.parametrize("seed", range(20))
def test_in_any_order_it_is_what_a_list_of_offsets_says(seed: int) -> None:
    rng = random.Random(seed)
    made, finished = track(0), set[int]()
    for _ in range(60):
        start = rng.randrange(80)
        end = start + rng.randrange(1, 6)
        made.finish(start, end)
        finished.update(range(start, end))
        if rng.random() < 0.3:
            assert made.advance() == next(n for n in range(90) if n not in finished)

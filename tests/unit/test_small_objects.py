"""Small objects of a measured process: each move takes other blocks, and no more memory."""

import inspect
import platform
import sys

import pytest

from hotloop.gate.worker import from_timing as of_gate
from hotloop.gate.worker.room import take_all
from hotloop.timing.small_objects import KEPT_BYTES, MAKERS, MOVED_BLOCKS, SmallObjects

# The gate's workers load the same file by its path.
again = pytest.mark.thorough("test_the_gates_are_of_the_same_file")
BOTH = pytest.mark.parametrize(
    "make",
    [
        pytest.param(SmallObjects, id="timing"),
        pytest.param(of_gate.SmallObjects, id="gate", marks=again),
    ],
)
ENOUGH_MOVES = 200


def blocks(kept: SmallObjects, size: int) -> set[int]:
    """Where the kept objects of a size lie."""
    return {id(one) for one in kept._kept[size] if one is not None}


def test_the_gates_are_of_the_same_file() -> None:
    assert inspect.getsourcefile(of_gate.SmallObjects.move) == inspect.getsourcefile(
        SmallObjects.move
    )


def test_the_objects_have_the_sizes_that_they_stand_for() -> None:
    for size, make in MAKERS.items():
        assert [-(-sys.getsizeof(one) // 16) * 16 for one in make(3)] == [size] * 3


@BOTH
def test_each_move_takes_other_blocks_and_the_oldest_are_given_back(
    make: type[SmallObjects],
) -> None:
    kept = make()
    before = {size: blocks(kept, size) for size in MAKERS}
    for _ in range(ENOUGH_MOVES):
        kept.move()
        for size, moved in MOVED_BLOCKS.items():
            now = blocks(kept, size)
            assert now != before[size]
            assert len(now - before[size]) <= moved
            assert len(now) * size <= KEPT_BYTES
            before[size] = now
    # All are in use by now.
    for size in MAKERS:
        assert len(before[size]) == KEPT_BYTES // size


@BOTH
@pytest.mark.skipif(
    platform.python_implementation() != "CPython" or sys.version_info < (3, 10),
    reason="pools of 16 KiB are CPython's from 3.10 on",
)
def test_numbers_of_a_loop_come_from_many_pools(make: type[SmallObjects]) -> None:
    # Numbers take room wherever it is: let there be none in what other tests have left.
    taken = take_all()

    def pools(moves: bool) -> int:
        kept = make()
        seen = set()
        # As many moves as fill all that is kept, and more: what is given back is used again.
        for turn in range(200):
            if moves:
                kept.move()
            seen.add(id(1_000_000 + turn) >> 14)
        return len(seen)

    assert pools(moves=False) <= 2
    assert pools(moves=True) >= 8
    assert taken

"""What must hold before the GPU may be a rung: its answers bit for bit, its manners."""

import threading
from collections.abc import Callable, Iterator
from functools import partial

from implementations import cuda, registry
from implementations.check import compare
from implementations.grid import Heights
from implementations.problems import LARGEST_COUNT, WINDOW, Window

RADIUS = 1e-13
VALLEY = (-0.743643887037151, 0.131825904205330)
# Name, sizes, steps, window: those of the tests of the CPU's kernels.
PROBLEMS: tuple[tuple[str, int, int, int, Window], ...] = (
    ("the recipe", 320, 240, 255, WINDOW),
    ("one pixel", 1, 1, 1000, WINDOW),
    ("no steps", 5, 3, 0, WINDOW),
    ("a block less one", 67, 41, 31, WINDOW),
    ("a block", 67, 41, 32, WINDOW),
    ("two blocks and one", 67, 41, 65, WINDOW),
    ("inside", 33, 29, 5000, (-0.1, 0.1, -0.1, 0.1)),
    ("outside", 33, 29, 500, (1.0, 3.0, 0.5, 2.5)),
    ("boundary", 203, 151, 1500, (-0.76, -0.74, 0.05, 0.12)),
    ("squares overflow", 61, 43, 300, (-1e150, 1e155, -1e155, 1e154)),
    ("as wide as can be", 61, 43, 300, (-8e307, 8e307, -8e307, 8e307)),
    ("tip of the antenna", 21, 21, 500, (-2.0, -2.0 + RADIUS, -1e-16, 1e-16)),
    ("near the real axis", 3, 2, 5000, (-1.7903274919993457, -1.79, 5e-324, 1e-300)),
    (
        "the seahorse valley",
        *(61, 61, 5000),
        (VALLEY[0] - RADIUS, VALLEY[0] + RADIUS, VALLEY[1] - RADIUS, VALLEY[1] + RADIUS),
    ),
    ("a large picture", 1920, 1080, 1000, WINDOW),
)


def all_checks() -> Iterator[tuple[str, str | None]]:
    """The name of each check, and why it failed; None: it passed."""
    right = registry.load("lanes")
    for name, n_x, n_y, steps, window in PROBLEMS:
        expected = right(n_x, n_y, steps, window)
        for skips in (False, True):
            call = partial(cuda.compute_mandel, n_x, n_y, steps, window, skips)
            yield f"{name}, {'skipping' if skips else 'every step'}", _said(call, expected)
    yield "in several launches", _in_parts(right)
    yield "two callers at once", _two_callers(right)
    yield "more steps than a C int are refused", _refusal()


def _said(call: Callable[[], Heights], expected: Heights) -> str | None:
    try:
        difference = compare(expected, call())
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None if difference.equal else difference.sentence()


def _in_parts(right: registry.ComputeMandel) -> str | None:
    kept = cuda.STEPS_OF_A_LAUNCH
    cuda.STEPS_OF_A_LAUNCH = 7 * 99 * 301
    try:
        return _said(lambda: cuda.compute_mandel(101, 99, 300), right(101, 99, 300))
    finally:
        cuda.STEPS_OF_A_LAUNCH = kept


def _two_callers(right: registry.ComputeMandel) -> str | None:
    expected = right(640, 480, 500)
    found: list[str | None] = []

    def call() -> None:
        found.extend(_said(lambda: cuda.compute_mandel(640, 480, 500), expected) for _ in range(20))

    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return next((said for said in found if said is not None), None)


def _refusal() -> str | None:
    try:
        cuda.compute_mandel(2, 2, LARGEST_COUNT + 1)
    except ValueError:
        return None
    return "it was accepted"

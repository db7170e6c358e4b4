"""What must hold before the GPU may be a rung: its answers bit for bit, its manners."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from implementations import cuda_mandel, registry
from implementations.check import compare
from implementations.grid import Heights, Part
from implementations.problems import LARGEST_COUNT, WINDOW, Picture, Window

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
    ("near both axes", 41, 37, 900, (-3e-120, 3e-120, -5e-120, 4e-120)),
    ("across an axis", 203, 151, 2000, (-1.4, -0.2, -1e-119, 2e-119)),
    ("rows with twins", 320, 241, 700, WINDOW),
    ("a large picture", 1920, 1080, 1000, WINDOW),
)


def all_checks() -> Iterator[tuple[str, str | None]]:
    """The name of each check, and why it failed; None: it passed."""
    right = registry.load("lanes")
    for name, n_x, n_y, steps, window in PROBLEMS:
        expected = right(n_x, n_y, steps, window)
        for skips in (False, True):
            call = partial(cuda_mandel.compute_mandel, n_x, n_y, steps, window, skips)
            yield f"{name}, {'skipping' if skips else 'every step'}", _said(call, expected)
    yield "a part of a picture", _part(right)
    yield "in several launches", _in_parts(right)
    yield "in ordinary memory", _in_ordinary_memory(right)
    yield "a card that is nearly full", _on_a_full_card(right)
    yield "a card that is full", _on_no_card()
    yield "two callers at once", _two_callers(right)
    yield "answers that are kept", _kept(right)
    yield "more steps than a C int are refused", _refusal()
    yield "Ctrl-C", _interrupted()


def _said(call: Callable[[], Heights], expected: Heights) -> str | None:
    try:
        difference = compare(expected, call())
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None if difference.equal else difference.sentence()


def _part(right: registry.ComputeMandel) -> str | None:
    part = Part(Picture(640, 480, 500), 101, 77)
    expected = right(203, 99, 500, part)
    return _said(lambda: cuda_mandel.compute_mandel(203, 99, 500, part), expected)


def _in_parts(right: registry.ComputeMandel) -> str | None:
    with _changed(MOST_STEPS_OF_A_STRETCH=7 * 99 * 301):
        return _said(lambda: cuda_mandel.compute_mandel(101, 99, 300), right(101, 99, 300))


def _in_ordinary_memory(right: registry.ComputeMandel) -> str | None:
    with _changed(MOST_LOCKED_BYTES=0, FEWEST_PIXELS_OF_STRETCHES=2**10):
        return _said(lambda: cuda_mandel.compute_mandel(640, 480, 500), right(640, 480, 500))


@contextmanager
def _changed(**constants: int) -> Iterator[None]:
    kept = {name: getattr(cuda_mandel, name) for name in constants}
    try:
        for name, value in constants.items():
            setattr(cuda_mandel, name, value)
        yield
    finally:
        for name, value in kept.items():
            setattr(cuda_mandel, name, value)


SMALLEST_PIECE = 2**20


def _on_a_full_card(right: registry.ComputeMandel) -> str | None:
    """A grid eight times as large as what is free."""
    expected = right(4096, 4096, 50)
    with _limited(expected.nbytes // 8):
        return _said(lambda: cuda_mandel.compute_mandel(4096, 4096, 50), expected)


def _on_no_card() -> str | None:
    with _limited(2**20):
        try:
            cuda_mandel.compute_mandel(3, 2**20, 10)
        except MemoryError as error:
            expected = "the GPU has no room for two columns of 1,048,576 pixels"
            return None if str(error) == expected else str(error)
    return "it was accepted"


@contextmanager
def _limited(free_bytes: int) -> Iterator[None]:
    """All of the card taken but for so many bytes."""
    cp = cuda_mandel.cupy()
    pool = cp.get_default_memory_pool()
    pool.free_all_blocks()
    # Some of what is said to be free cannot be had, so all is taken in ever smaller pieces.
    taken, size = [cp.cuda.alloc(free_bytes)], cp.cuda.runtime.memGetInfo()[0]
    while size > SMALLEST_PIECE:
        try:
            taken.append(cp.cuda.alloc(size))
        except MemoryError:
            size //= 2
    try:
        del taken[0]
        pool.free_all_blocks()
        yield
    finally:
        del taken
        pool.free_all_blocks()


def _two_callers(right: registry.ComputeMandel) -> str | None:
    expected = right(640, 480, 500)
    found: list[str | None] = []

    def call() -> None:
        for _ in range(20):
            found.append(_said(lambda: cuda_mandel.compute_mandel(640, 480, 500), expected))

    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return next((said for said in found if said is not None), None)


def _kept(right: registry.ComputeMandel) -> str | None:
    """Memory that is used again must not be that of an answer which somebody still has."""
    sizes = [(640, 480, steps) for steps in (50, 100, 200, 400)]
    answers = [cuda_mandel.compute_mandel(*size) for size in sizes]
    for size, answer in zip(sizes, answers, strict=True):
        if not (difference := compare(right(*size), answer)).equal:
            return difference.sentence()
    return None


def _refusal() -> str | None:
    try:
        cuda_mandel.compute_mandel(2, 2, LARGEST_COUNT + 1)
    except ValueError:
        return None
    return "it was accepted"


# A minute's work at least, then an answer that must be right.
INTERRUPTED = """
import time
from implementations import cuda_mandel, registry
from implementations.check import compare
size = 320, 240, 255
expected = registry.load("lanes")(*size)
for skips in (False, True):
    cuda_mandel.compute_mandel(*size, skips=skips)
print("ready", flush=True)
try:
    cuda_mandel.compute_mandel(4096, 4096, 2**31 - 1, (-0.1, 0.1, -0.1, 0.1), False)
except KeyboardInterrupt:
    interrupted_s = time.monotonic()
    answer = cuda_mandel.compute_mandel(*size)
    print(interrupted_s, compare(expected, answer).equal, flush=True)
"""
MOST_S_UNTIL_IT_STOPS = 1.0


def _interrupted() -> str | None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], cwd=root, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        if child.stdout.readline() != "ready\n":
            return "it did not start"
        time.sleep(2.0)
        sent_s = time.monotonic()
        child.send_signal(signal.SIGINT)
        said = child.stdout.read().split()
    if len(said) != 2 or said[1] != "True":
        return f"afterwards it said {' '.join(said) or 'nothing'}"
    took_s = float(said[0]) - sent_s
    return None if took_s < MOST_S_UNTIL_IT_STOPS else f"it took {took_s:.1f} s"

"""What is computed: a grid's sizes, its steps and its window, checked only here.

Imports no NumPy, so that naming a problem costs nothing.
"""

import math
import operator
import os
import sys
from dataclasses import dataclass
from numbers import Real
from reprlib import repr as shortened

Window = tuple[float, float, float, float]
"""x low, x high, y low, y high."""

WINDOW: Window = (-2.5, 0.5, -1.2, 1.2)

LARGEST_COUNT = 2**31 - 1
"""The largest C int, in which the typed variants count pixels of a side and steps."""

BYTES_PER_PIXEL = 160
"""At most, in any variant: the answer takes 8, the numpy variant's working arrays the rest."""

BYTES_PER_GB = 10**9


@dataclass(frozen=True, slots=True)
class Picture:
    """A grid of ``width`` x ``height`` points of ``window``, each followed for ``steps`` steps.

    It may be larger than memory. Integers may be of any integer type, the window any list, tuple
    or array of four real numbers; they are stored as int and float. Raises TypeError for another
    type and ValueError for a size below 1, steps below 0, and a window that is not finite with
    low < high. The message names the value.
    """

    width: int
    height: int
    steps: int
    window: Window = WINDOW

    def __post_init__(self) -> None:
        checked = {
            "width": _count(self.width, "width N_x", least=1),
            "height": _count(self.height, "height N_y", least=1),
            "steps": _count(self.steps, "steps N_iter", least=0),
            "window": _window(self.window),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def pixels(self) -> int:
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Problem(Picture):
    """A picture that one call computes; ValueError also if this machine's memory is too small."""

    def __post_init__(self) -> None:
        # By name: super() does not find a class that slots=True has created again.
        Picture.__post_init__(self)
        _check_memory(self.width, self.height)

    def scaled(self, max_pixels: int) -> "Problem":
        """The same window and steps on a grid of about the same shape and at most max_pixels."""
        if max_pixels < 1:
            raise ValueError(f"a problem has at least 1 pixel, not {max_pixels}")
        if self.pixels <= max_pixels:
            return self
        ideal_width = math.isqrt(max_pixels * self.width // self.height)
        width = min(max(ideal_width, 1), self.width, max_pixels)
        height = min(max_pixels // width, self.height)
        return Problem(width, height, self.steps, self.window)


def _count(value: object, name: str, least: int) -> int:
    # bool is an int to operator.index, but True pixels are a mistake of the caller.
    if isinstance(value, bool):
        raise TypeError(f"the {name} must be an integer, not {value}")
    try:
        count = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"the {name} must be an integer, not {shortened(value)}") from None
    if not least <= count <= LARGEST_COUNT:
        raise ValueError(f"the {name} must be from {least} to {LARGEST_COUNT}, not {count}")
    return count


def _window(value: object) -> Window:
    # An array's own scalars become Python numbers here.
    bounds = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(bounds, tuple | list):
        raise TypeError(f"the window must be four numbers, not {shortened(value)}")
    if len(bounds) != len(WINDOW):
        raise ValueError(f"the window must be four numbers, not {shortened(value)}")
    x_low, x_high, y_low, y_high = (_finite(bound, value) for bound in bounds)
    for axis, low, high in (("x", x_low, x_high), ("y", y_low, y_high)):
        if not low < high:
            raise ValueError(f"the window must have {axis} low < {axis} high, not {low}, {high}")
        if not math.isfinite(high - low):
            raise ValueError(f"the window must be of finite width, not {axis} from {low} to {high}")
    return x_low, x_high, y_low, y_high


def _finite(bound: object, window: object) -> float:
    if isinstance(bound, bool) or not isinstance(bound, Real):
        raise TypeError(f"the window must be four numbers, not {shortened(window)}")
    try:
        number = float(bound)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"the window must be finite, not {shortened(window)}")
    return number


def _check_memory(width: int, height: int) -> None:
    needed_bytes = width * height * BYTES_PER_PIXEL
    memory_bytes = _memory_bytes()
    if needed_bytes > memory_bytes:
        raise ValueError(
            f"a grid of {width} x {height} pixels needs up to {needed_bytes // BYTES_PER_GB:,} GB "
            f"of memory, and this machine has {memory_bytes // BYTES_PER_GB:,} GB"
        )


def _memory_bytes() -> int:
    """The machine's memory, or what an address can reach if the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return sys.maxsize


RECIPE = Problem(320, 240, 255, WINDOW)

PROBLEMS: dict[str, Problem] = {
    "small": Problem(80, 60, 100, WINDOW),
    "recipe": RECIPE,
}
"""The problems that are timed over the project's history; a name keeps its meaning forever."""

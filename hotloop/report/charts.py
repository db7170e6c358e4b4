"""Charts as data: what is drawn, in words and numbers; ``svg`` draws it.

A chart shows nothing that the tables beside it do not say.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from hotloop.report.layout import Style


class Scale(Enum):
    """How values are spread over an axis; a logarithmic one has none at or below 0."""

    LINEAR = "linear"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Axis:
    """``show``: how a value on it is said. Its values are in the unit that ``title`` names."""

    title: str
    scale: Scale
    show: Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Estimate:
    """One row: a value, between its bounds if they are known.

    ``said``: the value in words. ``is_marked``: it is not quite comparable, as ``note`` of the
    chart says.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    said: str
    style: Style = Style.PLAIN
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that the estimates are read against, with its name."""

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Estimates:
    """Values with their intervals, one below the other, on one axis.

    ``band``: values between these two are not told apart. ``note``: what marks mean.
    """

    title: str
    axis: Axis
    rows: Sequence[Estimate]
    marks: Sequence[Mark] = ()
    band: tuple[float, float] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Points (x, y) in the order of x; joined by a line unless ``is_scatter``."""

    name: str
    points: Sequence[tuple[float, float]]
    is_scatter: bool = False


@dataclass(frozen=True, slots=True)
class Curves:
    """Series over a common axis."""

    title: str
    x: Axis
    y: Axis
    series: Sequence[Series]
    marks: Sequence[Mark] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shades:
    """A picture of one colour: ``rows`` from the top, of hexadecimal digits, "0" the palest."""

    title: str
    rows: Sequence[str]
    marks: Sequence[Mark] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the whole, ``left`` to ``left + width`` of 1, ``depth`` rows below the top.

    ``said``: its value in words. ``change``: how much more (up to 1) or less (to -1) it is than it
    was, of what changed most.
    """

    name: str
    said: str
    depth: int
    left: float
    width: float
    change: float

    def __post_init__(self) -> None:
        if not (0 <= self.left <= 1 and 0 <= self.width <= 1 and -1 <= self.change <= 1):
            raise ValueError(f"{self.name} is no part of the whole: {self}")


@dataclass(frozen=True, slots=True)
class Icicle:
    """What takes how much, and within it what: boxes that hang from those around them."""

    title: str
    boxes: Sequence[Box]
    marks: Sequence[Mark] = ()
    note: str = ""


Chart = Estimates | Curves | Shades | Icicle

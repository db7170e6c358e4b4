"""The result of ``hotloop try``, as stored: schema ``hotloop.try/1``.

The classes mirror the JSON key by key; ``docs/your-own-loop.md`` describes it. The figures are
those of a comparison, whose contenders are the techniques. Schema history: 1, the first.
"""

from dataclasses import dataclass

from hotloop.base.machine import Machine
from hotloop.base.storage import Form
from hotloop.compare.result import Comparison

SCHEMA = "hotloop.try/1"
AS_IT_IS = "as it is"


@dataclass(frozen=True, slots=True)
class Wide:
    """An integer of the function: where it was computed, and its bits; 63 is what a word holds.

    ``divided``: it fits, but ``/`` of floats would round it first.
    """

    file: str
    line: int
    text: str
    bits: int
    divided: bool

    @property
    def sentence(self) -> str:
        """ "93 bits at line 8: h * 6364136223846793005"."""
        what = f"{self.bits} bits divided by /" if self.divided else f"{self.bits} bits"
        return f"{what} at line {self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class Part:
    """A function's own part of the time, 0 to 1; ``file`` None: it is compiled."""

    name: str
    file: str | None
    line: int
    part: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen on the examples.

    ``widest``: the widest integer of any operation, None without one. ``wide``: all that no
    machine word holds. ``unwatched``: why integers and types are not known, None if they are.
    """

    line: int
    arguments: tuple[str, ...]
    returns: str
    examples: int
    changes_arguments: bool
    printed_chars: int
    cached: tuple[str, ...]
    profile: tuple[Part, ...]
    widest: Wide | None
    wide: tuple[Wide, ...]
    unwatched: str | None


@dataclass(frozen=True, slots=True)
class LineLeft:
    """A line that still goes through the interpreter; a higher ``score``: with more calls."""

    line: int
    score: int


@dataclass(frozen=True, slots=True)
class Technique:
    """What is known of a technique beside its figures, which stand under its name.

    ``change``: what has to be changed. ``cost``: 0 for nothing, more for more. ``lines``: known of
    Cython only.
    """

    name: str
    change: str
    cost: int
    compile_seconds: float | None
    lines: tuple[LineLeft, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run: a function, what was seen of it, and what each technique gains."""

    function: str
    seen: Seen
    techniques: tuple[Technique, ...]
    hints: tuple[str, ...]
    advice: tuple[str, ...]
    comparison: Comparison

    def __post_init__(self) -> None:
        names = [row.name for row in self.comparison.contenders]
        if names != [technique.name for technique in self.techniques]:
            raise ValueError(f"techniques and contenders differ: {', '.join(names)}")

    @property
    def machine(self) -> Machine:
        """Where it was measured."""
        return self.comparison.machine


FORM = Form(Attempt, SCHEMA)
to_json, from_json, load = FORM.to_json, FORM.from_json, FORM.load

"""Why a benchmark changed, as it is stored with the gate's result: the key ``explanation``."""

import math
import re
from dataclasses import dataclass
from enum import Enum


class Ground(Enum):
    """What the growth was shown to come from; the words are those in a stored result.

    FUNCTION: parts of the code that were each shown to cost. SPREAD: several together, none of
    them alone. NOTHING: it could not be attributed.
    """

    FUNCTION = "function"
    SPREAD = "spread"
    NOTHING = "not attributable"


# Names of what is no function: what an import executes, and a compiled file.
TOP_LEVEL = "<module>"
EXTENSION = "<extension>"
# Ratios from here on are shown without decimals.
_WHOLE_FROM = 10
# How cProfile calls what is written in C.
_METHOD = re.compile(r"<method '(.+)' of '(.+)' objects>")
# How the worker tells functions of one name apart: a property's getter and setter.
_SECOND = re.compile(r"~(\d+)")
_BUILT_IN = re.compile(r"<built-in method (?:builtins\.)?(.+)>")


def in_c(name: str) -> str:
    """ "<built-in method builtins.len>" -> "len"; of a method, "str.join"."""
    method, built_in = _METHOD.fullmatch(name), _BUILT_IN.fullmatch(name)
    if method:
        return f"{method[2]}.{method[1]}"
    return built_in[1] if built_in else name


def place(name: str, file: str | None) -> str:
    """ "parser.py:split_line", "the top level of parser.py", "the extension fast.so", "len".

    "parser.py:Line.text (no. 2 of its name)" is a property's setter.
    """
    if file is None:
        return in_c(name)
    if name == EXTENSION:
        return f"the extension {file}"
    if name == TOP_LEVEL:
        return f"the top level of {file}"
    told = _SECOND.sub(r" (no. \1 of its name)", name)
    return f"{file}:{told}"


def how_run(is_resumed: bool) -> str:
    """What a count is of: a generator or coroutine is entered each time that it goes on."""
    return "entered" if is_resumed else "called"


def times(base: float, head: float) -> str:
    """ "2.0 times as often (40,000 -> 80,000)"; "200 times, at base never"."""
    if not base:
        return f"{_often(head)}, at base never"
    if not head:
        return f"{_often(base)} at base, at head never"
    ratio = head / base
    digits = 0 if ratio >= _WHOLE_FROM else 1 if ratio >= 1 else 2
    return f"{ratio:,.{digits}f} times as often ({calls(base)} -> {calls(head)})"


def calls(number: float) -> str:
    """ "40,000"; "0.25" of what is called in every fourth call of the benchmark."""
    return f"{number:,.0f}" if number == round(number) else f"{number:,.3g}"


def _often(number: float) -> str:
    return "once" if number == 1 else f"{calls(number)} times"


def gives_back(share: float, low: float, high: float) -> str:
    """ "+6.1 % [+5.7, +6.5]"."""
    return f"{share * 100:+.1f} % [{low * 100:+.1f}, {high * 100:+.1f}]"


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A function, or what a file does when it is imported: ``name`` is its path in ``file``.

    Or a compiled file as a whole.

    ``file`` None: it is written in C. The calls are those of one call of the benchmark, None where
    they vary or were not seen. ``share`` is what base's version of it gives back, a fraction of
    base's time like the benchmark's change (0.061 for 6.1 %), ``low`` and ``high`` its interval;
    None: not tried. ``change``: what became of its code; None: nothing. ``commit`` is the last one
    that changed its lines, of ``commits``. ``is_named``: it was shown to cost. ``rejected``: why
    trying it proved nothing. ``profiled`` is its own part of the growth in the profiles: a hint, no
    measure. ``is_resumed``: it is a generator or a coroutine, and its calls are entries, one for
    each time that it goes on.
    """

    name: str
    file: str | None
    base_calls: float | None
    head_calls: float | None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    commit: str | None = None
    commits: int = 0
    change: str | None = None
    is_named: bool = False
    rejected: str | None = None
    profiled: float | None = None
    is_resumed: bool = False

    def __post_init__(self) -> None:
        known = [v for v in (self.low, self.share, self.high) if v is not None]
        if not all(map(math.isfinite, known)) or known != sorted(known):
            raise ValueError(f"the bounds of {self.name} are out of order: {known}")
        if self.is_named and self.share is None:
            raise ValueError(f"{self.name} is named without a share")
        counts = [n for n in (self.base_calls, self.head_calls) if n is not None]
        if not all(0 <= count < math.inf for count in counts):
            raise ValueError(f"{self.name} is called {counts} times")


@dataclass(frozen=True, slots=True)
class Stack:
    """A chain of calls, the outermost first, and seconds of one call that its last function takes.

    Put together from who calls whom, as cProfile counts it: where a function has several callers,
    each gets the part that its calls took.
    """

    frames: tuple[str, ...]
    base_seconds: float
    head_seconds: float

    def __post_init__(self) -> None:
        if not self.frames or not all(map(math.isfinite, (self.base_seconds, self.head_seconds))):
            raise ValueError(f"{len(self.frames)} frames take no seconds")


@dataclass(frozen=True, slots=True)
class Explanation:
    """``attributed`` is the part of the change that is shown to come from ``functions``.

    With its interval; None: nothing is. ``spread_over``: how many functions it was together.
    ``reason``: in words, what is known besides, or why nothing is attributed. ``differences``: what
    else differs between the sides. ``seconds``: what it took to find out.
    """

    ground: Ground
    functions: tuple[FunctionFacts, ...]
    attributed: float | None
    low: float | None
    high: float | None
    spread_over: int | None
    reason: str | None
    differences: tuple[str, ...]
    seconds: float
    stacks: tuple[Stack, ...] = ()

    def __post_init__(self) -> None:
        if (self.ground is Ground.NOTHING) != (self.attributed is None):
            raise ValueError(f"{self.attributed} is attributed: {self.ground.value}")
        bounds = [v for v in (self.low, self.attributed, self.high) if v is not None]
        is_whole = len(bounds) == (0 if self.ground is Ground.NOTHING else 3)
        if not is_whole or not all(map(math.isfinite, bounds)) or bounds != sorted(bounds):
            raise ValueError(f"the bounds of what is attributed are out of order: {bounds}")
        if (self.ground is Ground.FUNCTION) != bool(self.named):
            raise ValueError(f"{len(self.named)} functions are named: {self.ground.value}")
        if (self.ground is Ground.SPREAD) != (self.spread_over is not None):
            raise ValueError(f"it is spread over {self.spread_over}: {self.ground.value}")
        if self.ground is Ground.NOTHING and not self.reason:
            raise ValueError("nothing is attributed without a reason")
        if not 0 <= self.seconds < math.inf:
            raise ValueError(f"it took {self.seconds} s")

    @property
    def named(self) -> tuple[FunctionFacts, ...]:
        """The functions that were each shown to cost."""
        return tuple(each for each in self.functions if each.is_named)

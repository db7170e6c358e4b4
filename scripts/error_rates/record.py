"""One run of one tool on the known project."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Tool(Enum):
    """The tool that judged; the two of asv are one run of asv, judged with two factors."""

    GATE = "hotloop gate"
    ASV_105 = "asv continuous -f 1.05"
    ASV_102 = "asv continuous -f 1.02"


class Load(Enum):
    """What else the machine did meanwhile."""

    QUIET = "quiet"
    LOADED = "loaded"


@dataclass(frozen=True, slots=True)
class Run:
    """What a tool said about ``base`` and the branch that is slower by ``slowdown_percent``.

    ``started`` is seconds since 1970. ``seconds`` is the whole run, of which the tool
    spent ``building_seconds`` on builds (None: it does not say). ``ratios`` are head/base
    of each benchmark that has one; ``pairs`` are log(head/base) of each of its process pairs,
    in order of time (asv has none). ``options`` is what the tool was told besides.
    """

    tool: Tool
    load: Load
    slowdown_percent: int
    slower: tuple[str, ...]
    faster: tuple[str, ...]
    undecided: tuple[str, ...]
    ratios: Mapping[str, float]
    exit_code: int
    seconds: float
    building_seconds: float | None
    started: float
    pairs: Mapping[str, tuple[float, ...]]
    options: str = ""

    @property
    def name(self) -> str:
        """The tool as it was called."""
        return f"{self.tool.value} {self.options}".strip()

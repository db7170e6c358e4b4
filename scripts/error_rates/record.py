"""One run of one tool on the known project."""

from dataclasses import dataclass
from enum import Enum

from scripts.gate_and_asv import Answer


class Tool(Enum):
    """The tool that judged; the two of asv are one run of asv, judged with two factors."""

    GATE = "hotloop gate"
    ASV_105 = "asv continuous -f 1.05"
    ASV_102 = "asv continuous -f 1.02"


class Load(Enum):
    """What else the machine did meanwhile."""

    QUIET = "quiet"
    LOADED = "loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Answer):
    """What a tool said about ``base`` and the branch that is slower by ``slowdown_percent``.

    ``options`` is what the tool was told besides.
    """

    tool: Tool
    load: Load
    slowdown_percent: int
    options: str = ""

    @property
    def name(self) -> str:
        """The tool as it was called."""
        return f"{self.tool.value} {self.options}".strip()

"""One run of one tool on the known project."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from hotloop.base.errors import UsageError
from hotloop.gate.model import SHORT_HASH
from scripts.gate_and_asv import Answer

# Of lines that are older than the key.
UNKNOWN = "unknown"


class Tool(Enum):
    """The tool that judged; the two of asv are one run, judged with two factors.

    So are the two of pytest-benchmark, judged by two fields.
    """

    GATE = "hotloop gate"
    PYTEST = "hotloop gate --pytest"
    ASV_105 = "asv continuous -f 1.05"
    ASV_102 = "asv continuous -f 1.02"
    BENCHMARK_MEAN = "pytest --benchmark-compare-fail=mean:5%"
    BENCHMARK_MIN = "pytest --benchmark-compare-fail=min:5%"


class Load(Enum):
    """What else the machine did meanwhile; SHARED: what others happened to run."""

    QUIET = "quiet"
    SHARED = "shared"
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

    @property
    def version(self) -> str:
        """Of hotloop, where it matters: others' figures do not depend on it."""
        if self.tool not in (Tool.GATE, Tool.PYTEST):
            return ""
        changed = "+" if self.commit.endswith("+") else ""
        return f"{self.commit[:SHORT_HASH]}{changed}" or UNKNOWN


def of_version(runs: Sequence[Run], version: str | None) -> list[Run]:
    """The gate's runs of this version, and other tools'; None: all. Raises UsageError if unknown.

    A version is named by the beginning of its commit.
    """
    if version is None:
        return list(runs)
    chosen = {v for v in versions(runs) if v.startswith(version[:SHORT_HASH])}
    if not version or not chosen:
        raise UsageError(f"--of {version}: there are runs of {told(runs)}")
    return [run for run in runs if run.version in chosen or not run.version]


def refuse_mixed(runs: Sequence[Run]) -> None:
    """UsageError if the gate's runs are of several versions, whose pairs are not alike."""
    if len(versions(runs)) > 1:
        raise UsageError(f"there are runs of {told(runs)}: choose one, as in --of VERSION")


def versions(runs: Sequence[Run]) -> dict[str, int]:
    """How many runs of the gate there are of each."""
    return Counter(run.version for run in runs if run.version)


def told(runs: Sequence[Run]) -> str:
    """The versions in words."""
    found = versions(runs)
    return ", ".join(f"{version} ({number})" for version, number in found.items()) or "none"

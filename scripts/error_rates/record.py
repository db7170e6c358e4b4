"""One run of one tool on the known project, and the file that keeps one line for each."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from hotloop.base.decoding import decode, encode
from hotloop.base.errors import MeasurementError


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


def append(file: Path, run: Run) -> None:
    """Add a line at the end, at once and whole. Raises MeasurementError if that fails."""
    line = json.dumps(encode(run), allow_nan=False) + "\n"
    try:
        with file.open("ab+") as lines:
            # If an earlier run was cut off in the middle of a line, that must not swallow this one.
            if lines.tell():
                lines.seek(-1, os.SEEK_END)
                line = line if lines.read(1) == b"\n" else f"\n{line}"
            lines.write(line.encode())
            lines.flush()
            os.fsync(lines.fileno())
    except OSError as error:
        raise MeasurementError(f"cannot write {file}: {error.strerror or error}") from error


def read(file: Path) -> list[Run]:
    """All runs of a file; a damaged line is named on stderr and left out.

    Raises MeasurementError if the file cannot be read.
    """
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise MeasurementError(f"cannot read {file}: {error.strerror or error}") from error
    runs = []
    for number, line in enumerate(lines, 1):
        try:
            runs.append(decode(Run, json.loads(line)))
        except ValueError as error:
            print(f"! {file}, line {number} is left out: {error}", file=sys.stderr)
    return runs

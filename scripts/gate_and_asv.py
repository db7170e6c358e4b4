"""The gate and asv on two branches: started as a user starts them, their answers read."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.gate.result import GateResult, load
from hotloop.gate.source.git import Git, GitFailed
from hotloop.gate.verdicts import Verdict

ROOT = Path(__file__).parents[1]
_ASV = (sys.executable, "-m", "asv")
# Either takes a minute or two; a run that hangs must not take the night.
LIMIT_S = 1800.0
# What a tool gets to end by itself after Ctrl-C, which reaches it too.
PARTING_S = 30.0
# Of the pairs that are kept: noise begins four digits earlier.
LOG_RATIO_DIGITS = 6
# `| +        | 245±0.1us  | 359±100us  |    1.46 | extension.time_extension |`
_ROW = re.compile(r"\| ([-+ !x]) +\|[^|]*\|[^|]*\| *~?([0-9.]+|n/a) *\| (\S+) *\|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a tool said about two branches.

    ``started`` is seconds since 1970. ``seconds`` is the whole run, of which the tool
    spent ``building_seconds`` on builds (None: it does not say). ``ratios`` are head/base
    of each benchmark that has one; ``pairs`` are log(head/base) of each of its process pairs,
    in order of time (asv has none). ``commit`` is hotloop's, as ``commit_of`` tells it; empty in
    files that are older than this key.
    """

    slower: tuple[str, ...]
    faster: tuple[str, ...]
    undecided: tuple[str, ...]
    ratios: Mapping[str, float]
    exit_code: int
    seconds: float
    building_seconds: float | None
    started: float
    pairs: Mapping[str, tuple[float, ...]]
    commit: str = ""

    @property
    def flagged(self) -> tuple[str, ...]:
        """Everything that it took for a change."""
        return (*self.slower, *self.faster)

    @property
    def flags(self) -> list[str]:
        """The same with signs: ``+slower`` and ``-faster``."""
        return [f"+{name}" for name in self.slower] + [f"-{name}" for name in self.faster]


@dataclass(frozen=True, slots=True)
class Gated:
    """A run of the gate of ``commit``: its result, and how it ended after how long."""

    result: GateResult
    exit_code: int
    seconds: float
    started: float
    commit: str

    @property
    def answer(self) -> Answer:
        """What is kept of it."""
        by_verdict = {v: tuple(b.label for b in self.result.having(v)) for v in Verdict}
        rows = self.result.benchmarks
        return Answer(
            slower=by_verdict[Verdict.SLOWER],
            faster=by_verdict[Verdict.FASTER],
            undecided=by_verdict[Verdict.UNDECIDED],
            ratios={b.label: b.ratio for b in rows if b.ratio is not None},
            exit_code=self.exit_code,
            seconds=self.seconds,
            building_seconds=self.result.building_seconds,
            started=self.started,
            pairs={b.label: rounded(b.log_ratios) for b in rows},
            commit=self.commit,
        )


def ask_gate(
    folder: Path,
    base: str,
    head: str,
    options: Sequence[str],
    checkout: Path = ROOT,
    limit_s: float = LIMIT_S,
) -> Gated:
    """One ``hotloop gate``, that of ``checkout``.

    Raises MeasurementError if it leaves no result, with its last words.
    """
    with tempfile.TemporaryDirectory() as scratch:
        stored = Path(scratch) / "gate.json"
        command = [sys.executable, "-m", "hotloop", "gate", base, head, "--quiet"]
        started, commit = time.time(), commit_of(checkout)
        code, output, seconds = call(
            [*command, "--json", str(stored), *options], folder, checkout, limit_s
        )
        if not stored.exists():
            raise MeasurementError(f"the gate ended with code {code}: {last_words(output)}")
        return Gated(load(stored), code, seconds, started, commit)


def ask_asv(
    folder: Path, base: str, head: str, options: Sequence[str], factors: Sequence[str]
) -> list[Answer]:
    """One ``asv continuous``, judged by asv with each of the ``factors``.

    ``continuous`` is asv's measuring followed by its ``compare``, which is asked once more for
    each factor. Raises MeasurementError if asv measured nothing.
    """
    started = time.time()
    code, seconds = _continuous(folder, "-f", factors[0], *options, base, head)
    answers = []
    for factor in factors:
        _, compared, _ = call([*_ASV, "compare", "-f", factor, base, head], folder)
        rows = rows_of(compared)
        slower = tuple(name for mark, _, name in rows if mark == "+")
        answers.append(
            Answer(
                slower=slower,
                faster=tuple(name for mark, _, name in rows if mark == "-"),
                undecided=(),
                ratios={name: ratio for _, ratio, name in rows if ratio is not None},
                exit_code=code if factor == factors[0] else int(bool(slower)),
                seconds=seconds,
                building_seconds=None,
                started=started,
                pairs={},
                commit=commit_of(ROOT),
            )
        )
    return answers


def commit_of(checkout: Path) -> str:
    """The hash of its commit; with a + if files of it are changed. Empty: it is no repository."""
    git = Git(checkout)
    try:
        changed = git.run("status", "--porcelain", "--untracked-files=no")
        return git.run("rev-parse", "HEAD") + ("+" if changed else "")
    except GitFailed:
        return ""


def let_asv_know_the_machine(folder: Path) -> None:
    """What asv would ask about in its first run."""
    if not (Path.home() / ".asv-machine.json").exists():
        call([*_ASV, "machine", "--yes"], folder)


def prepare_asv(folder: Path, base: str, head: str) -> None:
    """Let asv build the branches, so that no timed run builds them."""
    let_asv_know_the_machine(folder)
    _continuous(folder, "--quick", base, head)


def rows_of(compared: str) -> list[tuple[str, float | None, str]]:
    """Mark, ratio (None: asv has none) and name of each row of ``asv compare``'s table."""
    return [
        (mark.strip(), None if ratio == "n/a" else float(ratio), name)
        for mark, ratio, name in _ROW.findall(compared)
    ]


def rounded(log_ratios: Sequence[float]) -> tuple[float, ...]:
    """As short as they may be without a loss: a file of runs is kept for years."""
    return tuple(round(value, LOG_RATIO_DIGITS) for value in log_ratios)


def _continuous(folder: Path, *arguments: str) -> tuple[int, float]:
    """Exit code and seconds. Raises MeasurementError if asv measured nothing."""
    code, output, seconds = call([*_ASV, "continuous", *arguments], folder)
    if "BENCHMARKS" not in output:
        raise MeasurementError(f"asv ended with code {code}: {last_words(output)}")
    return code, seconds


def call(
    command: Sequence[str], folder: Path, checkout: Path = ROOT, limit_s: float = LIMIT_S
) -> tuple[int, str, float]:
    """Exit code, output and seconds of a command in ``folder``."""
    # asv looks for a python3.X on the search path, where a version manager's may not run.
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    python_path = os.pathsep.join(filter(None, [str(checkout), os.environ.get("PYTHONPATH")]))
    start_s = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"PATH": search, "PYTHONPATH": python_path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            output, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise MeasurementError(f"no end after {limit_s:.0f} s: {' '.join(command)}") from error
        except KeyboardInterrupt:
            # It got the signal as well: let it clean up, then make sure.
            try:
                process.wait(PARTING_S)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    return process.returncode, output, time.perf_counter() - start_s


def last_words(output: str) -> str:
    """The last line of what a command said."""
    lines = [line for line in output.splitlines() if line.strip()]
    return " ".join(lines[-1].split()) if lines else "it said nothing"

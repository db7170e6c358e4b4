"""Whole commands in turns: an executor of its own, because each run is a fresh process anyway.

What is timed is from the start of the process to its end, as hyperfine does. A set of the timing
core is a few runs of each command in random order.
"""

import contextlib
import hashlib
import os
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Self

from hotloop.base.ending import how_it_ended, last_words
from hotloop.timing.executor import Closing, FirstCall, Taken, WorkerLost, rounds_of
from hotloop.timing.record import Contender, Failure, Stage
from hotloop.timing.schedule import Slot

# What a shell ends with if there is no such program, or it is none.
NOT_RUN = (126, 127)
# What a shell understands and a program does not.
SHELL_SIGNS = frozenset("|&;<>()$`\\\"'*?[]#~=%{}!\n")


@dataclass(frozen=True, slots=True)
class Output:
    """What a run left: its exit code and a digest of what it printed."""

    code: int
    digest: str
    printed: str


@dataclass(slots=True)
class CommandExecutor:
    """Runs commands; ``prepare``: a shell command before each run, outside of its time.

    ``warm_up``: runs of each command before the first that counts.
    """

    limit_s: float
    prepare: str | None = None
    warm_up: int = 0
    ignore_failure: bool = False
    cpu: int | None = None

    def open(self, contenders: Sequence[Contender]) -> "CommandSet":
        return CommandSet(self, {c.name: str(c.arguments["command"]) for c in contenders})


class CommandSet:
    """Some runs of each command; nothing is left running when it ends."""

    def __init__(self, executor: CommandExecutor, commands: Mapping[str, str]) -> None:
        self._executor = executor
        self._commands = commands
        self._folder = tempfile.TemporaryDirectory(prefix="hotloop-")
        self._inside_s = dict.fromkeys(commands, 0.0)
        self._outputs: dict[str, Output] = {}
        self._failures: dict[str, Failure] = {}

    @property
    def failures(self) -> Mapping[str, Failure]:
        return self._failures

    def first_call(self, name: str) -> FirstCall | Failure:
        try:
            for _ in range(self._executor.warm_up):
                self._run(name, Stage.FIRST_CALL)
            seconds = self._run(name, Stage.FIRST_CALL)
        except WorkerLost as lost:
            return lost.failure
        return FirstCall(seconds, self._outputs[name])

    def warm_up(self, full_calls: Mapping[str, int]) -> None:
        """A command is a fresh process: the first set has warmed up what can be."""

    def run(self, names: Sequence[str], slots: Sequence[Slot]) -> list[Taken]:
        taken: list[list[float]] = [[] for _ in names]
        for slot in slots:
            for _ in range(slot.samples):
                runs = [self._run(names[slot.contender], Stage.TIMING) for _ in range(slot.calls)]
                taken[slot.contender].append(sum(runs) / len(runs))
        return [Taken(s, (), rounds_of(place, slots)) for place, s in enumerate(taken)]

    def finish(self, name: str) -> Closing:
        return Closing(self._inside_s[name], self._outputs[name])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def _run(self, name: str, stage: Stage) -> float:
        """Seconds from the start of the process to its end. Raises WorkerLost."""
        if self._executor.prepare is not None:
            code, _, log = self._spawn(["/bin/sh", "-c", self._executor.prepare])
            if code != 0:
                self._lose(name, stage, f"--prepare failed ({_ended(code, log)})")
        code, seconds, log = self._spawn(words_of(self._commands[name]))
        self._inside_s[name] += seconds
        if code is None:
            self._lose(name, stage, f"no end after {self._executor.limit_s:g} s: it hangs")
        if code != 0 and not self._executor.ignore_failure:
            advice = "" if code in NOT_RUN else "; --ignore-failure times it all the same"
            self._lose(name, stage, f"{_ended(code, log)}{advice}")
        content = Path(self._folder.name, "out").read_bytes()
        printed = content.decode(errors="replace")
        self._outputs[name] = Output(code, hashlib.sha256(content).hexdigest(), printed)
        return seconds

    def _spawn(self, words: Sequence[str]) -> tuple[int | None, float, Path]:
        out, log = Path(self._folder.name, "out"), Path(self._folder.name, "err")
        with out.open("wb") as to, log.open("wb") as errors:
            start = time.perf_counter()
            try:
                process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=to,
                    stderr=errors,
                    start_new_session=True,
                )
            except OSError as error:
                log.write_text(f"{words[0]}: {error.strerror}")
                return 127, 0.0, log
            try:
                has_ended = self._wait(process)
                took_s = time.perf_counter() - start
                return (process.wait() if has_ended else None), took_s, log
            finally:
                # What it left running would take time from the next one.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _wait(self, process: "subprocess.Popen[bytes]") -> bool:
        """Sleep until it ends; False after the limit. Popen's own time-out would poll."""
        if not hasattr(os, "pidfd_open"):
            process.wait()
            return True
        handle = os.pidfd_open(process.pid)
        try:
            return bool(select.select([handle], [], [], self._executor.limit_s)[0])
        finally:
            os.close(handle)

    def _lose(self, name: str, stage: Stage, message: str) -> NoReturn:
        raise WorkerLost(name, Failure(stage, "NotComparable", message))


def _ended(code: int | None, log: Path) -> str:
    words = last_words(log)
    how = "no end" if code is None else how_it_ended(code)
    return f"{how}{': ' + words if words else ''}"


def words_of(command: str) -> list[str]:
    """The program and its arguments; a shell's, if the command has signs that only it knows."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    plain = not (set(command) & (SHELL_SIGNS - set("\"'")))
    if words and plain and shutil.which(words[0]):
        return words
    return ["/bin/sh", "-c", command]


def judge_outputs(check: str, answers: Mapping[str, object]) -> dict[str, str]:
    """Why the wrong ones are wrong: what a command prints, if that is to be equal."""
    if check == "none" or not answers:
        return {}
    reference, expected = next(iter(answers.items()))
    assert isinstance(expected, Output)
    wrong = {}
    for name, found in answers.items():
        assert isinstance(found, Output)
        if found.digest != expected.digest:
            wrong[name] = f"it does not print what {reference} prints: {_line(expected, found)}"
    return wrong


def _line(expected: Output, found: Output) -> str:
    ours, theirs = expected.printed.splitlines(), found.printed.splitlines()
    pairs = zip(ours, theirs, strict=False)
    for number, (one, other) in enumerate(pairs, 1):
        if one != other:
            return f"line {number} is {other[:60]!r} instead of {one[:60]!r}"
    return f"{len(theirs)} lines instead of {len(ours)}"

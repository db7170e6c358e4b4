"""What the words on the command line name: functions of files and modules, or statements."""

import functools
import keyword
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hotloop.base.errors import UsageError
from hotloop.timing.record import Contender, Failure, Stage, Threads

TARGET = "hotloop.compare.inside.workload:prepare"
FILE = re.compile(r"(?P<path>.+\.pyx?)(?::(?P<function>[^\W\d][\w.]*))?")
MODULE = re.compile(r"(?P<module>[^\W\d][\w.]*):(?P<function>[^\W\d][\w.]*)")
# An answer that is larger would take longer to compare than most calls to time.
ANSWER_BYTES = 500_000_000
STARTS_WITHIN_S = 10


@dataclass(frozen=True, slots=True)
class Source:
    """Where a contender comes from; of ``path``, ``module`` and ``statement`` one is there.

    ``function`` None: all of the file that can take the input. ``extension``: the compiled file.
    """

    path: Path | None = None
    module: str | None = None
    function: str | None = None
    statement: str | None = None
    python: str | None = None
    extension: Path | None = None
    pickled: Path | None = None
    command: str | None = None

    def described(self) -> dict[str, object]:
        """As the contender's process gets it."""
        facts: dict[str, object | None] = {
            "path": self.path and str(self.path),
            "module": self.module,
            "function": self.function,
            "statement": self.statement,
            "extension": self.extension and str(self.extension),
            "pickled": self.pickled and str(self.pickled),
        }
        return {key: value for key, value in facts.items() if value is not None}

    @property
    def code(self) -> str:
        """As a reader knows it: FILE:FUNCTION, MODULE:FUNCTION or the statement."""
        if self.statement is not None or self.command is not None:
            return self.statement or self.command or ""
        where = self.module if self.path is None else _near(self.path)
        return f"{where}:{self.function}" if self.function else f"{where}"

    @property
    def whole(self) -> "Source":
        """The file or module, whatever function of it is meant."""
        return replace(self, function=None)

    @property
    def home(self) -> str:
        """The file or module, to tell two functions of one name apart."""
        return str(self.module if self.path is None else self.path.name.removesuffix(".py"))


@dataclass(frozen=True, slots=True)
class Entrant:
    """A contender with its name; ``failure``: why there is nothing to time.

    ``target`` builds it in its process, and gets the settings of all with ``settings`` added.
    """

    name: str
    source: Source
    failure: Failure | None = None
    target: str = TARGET
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Input:
    """What all contenders get: see ``inside.problem.maker``."""

    setup: str
    args: str | None
    home: Source | None
    size_name: str | None = None
    size: float | None = None
    pickled: Path | None = None

    def described(self) -> dict[str, object]:
        """As a process gets it."""
        return {
            "args": self.args,
            "from": self.home and self.home.described(),
            "size_name": self.size_name,
            "size": self.size,
            "pickled": self.pickled and str(self.pickled),
        }


def parse_word(word: str) -> Source:
    """The source that a word names. Raises UsageError for a file that is not there."""
    of_python, python = _python_of(word)
    file = FILE.fullmatch(of_python)
    if file is not None:
        path = Path(file["path"])
        if not path.is_file():
            raise UsageError(f"{of_python}: there is no file {path}")
        return Source(path=path.resolve(), function=file["function"], python=python)
    module = MODULE.fullmatch(of_python)
    if module is not None and not keyword.iskeyword(module["module"]):
        return Source(module=module["module"], function=module["function"], python=python)
    if word.isidentifier() and Path(f"{word}.py").is_file():
        raise UsageError(f"{word} is a statement here; the file is {word}.py")
    return parse_statement(word)


def parse_statement(text: str) -> Source:
    """A statement. Raises UsageError with the place of a syntax error."""
    if not text.strip():
        raise UsageError("a contender is an empty statement")
    complaint = _why_no_code(text, "statement", "exec")
    if complaint is not None:
        raise UsageError(
            f"{text!r} is neither FILE.py:FUNCTION nor MODULE:FUNCTION nor a statement: {complaint}"
        )
    return Source(statement=text)


def check_code(setup: str, args: str | None) -> None:
    """Raise UsageError for a --setup or --args that is no code."""
    for option, code, how in (("--setup", setup, "exec"), ("--args", args, "eval")):
        complaint = _why_no_code(code or "None", option, how)
        if complaint is not None:
            raise UsageError(f"{option} {code!r}: {complaint}")


def _why_no_code(text: str, name: str, how: str) -> str | None:
    """What the compiler says against it, ``name`` and ``how`` as in compile(); None: nothing."""
    try:
        compile(text, name, how, dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return getattr(error, "msg", None) or str(error)
    return None


def find_python(name: str) -> str:
    """The whole path of an interpreter. Raises UsageError."""
    found = shutil.which(name)
    if found is None:
        raise UsageError(f"--python {name}: there is no such program on the PATH")
    return os.path.abspath(found)  # noqa: PTH100 - a link to an interpreter is a venv


def named(sources: Sequence[Source]) -> list[Entrant]:
    """Each source with the shortest name that tells it apart."""
    short = [
        source.statement or source.command or source.function or source.code for source in sources
    ]
    longer = [
        name
        if short.count(name) == 1 or source.statement or source.command
        else f"{source.home}:{name}"
        for name, source in zip(short, sources, strict=True)
    ]
    whole = [
        name if longer.count(name) == 1 or not source.python else f"{name}@{source.python}"
        for name, source in zip(longer, sources, strict=True)
    ]
    for name in whole:
        if whole.count(name) > 1:
            raise UsageError(f"{name} is named {whole.count(name)} times; name each once")
    return [Entrant(name, source) for name, source in zip(whole, sources, strict=True)]


@functools.cache
def running_python(name: str) -> str:
    """As ``find_python``, if it runs."""
    found = find_python(name)
    if told_by(found, "import sys") is None:
        raise UsageError(f"--python {name}: it is not a Python that runs")
    return found


def told_by(python: str, code: str) -> str | None:
    """What an interpreter prints; None if it does not run: a version manager's may be a name."""
    try:
        done = subprocess.run(
            [python, "-c", code],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=STARTS_WITHIN_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def with_pythons(sources: Sequence[Source], pythons: Sequence[str]) -> list[Source]:
    """Each source in each of these interpreters, unless it names its own."""
    if not pythons:
        return list(sources)
    return [
        source if source.python else replace(source, python=python)
        for source in sources
        for python in (pythons if not source.python else pythons[:1])
    ]


def contender(
    entrant: Entrant, given: Input, seed: int, fresh: bool, is_checked: bool
) -> Contender:
    """As the timing core gets it."""
    settings: Mapping[str, Any] = {
        "source": entrant.source.described(),
        "problem": given.described(),
        "setup": given.setup,
        "seed": seed,
        "fresh": fresh,
        "check": is_checked,
        "answer_bytes": ANSWER_BYTES,
        **entrant.settings,
    }
    return Contender(entrant.name, entrant.target, settings, Threads.AUTO, entrant.source.python)


def not_loaded(error: str, message: str) -> Failure:
    """Why there is nothing to time."""
    return Failure(Stage.SET_UP, error, message)


def _python_of(word: str) -> tuple[str, str | None]:
    """A function and the interpreter after its "@", if that is one."""
    before, at, python = word.rpartition("@")
    if at and (FILE.fullmatch(before) or MODULE.fullmatch(before)):
        return before, running_python(python)
    return word, None


def _near(path: Path) -> str:
    """The path from here, if it is below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)

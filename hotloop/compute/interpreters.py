"""Other interpreters as rows of the table: the file of ``floats`` in each, named with --python."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.base.errors import UsageError
from hotloop.compare.contenders import find_python
from hotloop.timing.record import Contender, Threads
from implementations.problems import Problem

if TYPE_CHECKING:
    import numpy as np

TARGET = "hotloop.compute.inside.floats:prepare"
FACTS = """
import platform, sys
kind = platform.python_implementation()
words = [kind if kind != "CPython" else "Python", platform.python_version()]
pypy = getattr(sys, "pypy_version_info", None)
if pypy:
    words.append("(%d.%d.%d)" % pypy[:3])
if not getattr(sys, "_is_gil_enabled", lambda: True)():
    words.append("without the GIL")
jit = getattr(sys, "_jit", None)
if jit and jit.is_enabled():
    words.append("with its JIT")
print(sys.version_info >= (3, 8), *words)
"""
START_LIMIT_S = 60


@dataclass(frozen=True, slots=True)
class Interpreter:
    """name: that of its row. path: the program. idea: what it is, in a few words."""

    name: str
    path: str
    idea: str
    has_gil: bool


def parse(programs: list[str]) -> tuple[Interpreter, ...]:
    """What --python names. Raises UsageError for what is named twice or is no Python >= 3.8."""
    for program in programs:
        if programs.count(program) > 1:
            raise UsageError(
                f"--python {program} is named {programs.count(program)} times; name each once"
            )
    short = [Path(program).name for program in programs]
    return tuple(
        _asked(program, name if short.count(name) == 1 else program)
        for program, name in zip(programs, short, strict=True)
    )


def _asked(program: str, name: str) -> Interpreter:
    path = find_python(program)
    try:
        told = subprocess.run(
            [path, "-c", FACTS],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=START_LIMIT_S,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise UsageError(f"--python {program}: it does not start: {error}") from None
    new_enough, _, words = told.stdout.strip().partition(" ")
    if told.returncode or new_enough not in ("True", "False"):
        raise UsageError(f"--python {program}: that is no Python from 3.8 on")
    if new_enough == "False":
        raise UsageError(f"--python {program}: that is {words}, and 3.8 is the oldest that will do")
    idea = f"the file of floats, in {words}"
    return Interpreter(f"floats@{name}", path, idea, "without the GIL" not in words)


def contender(interpreter: Interpreter, problem: Problem) -> Contender:
    """The file in that interpreter, with the coordinates that all variants have."""
    from implementations import floats_mandel
    from implementations.grid import grid

    x_vals, y_vals, _ = grid(problem.width, problem.height, problem.steps, problem.window)
    return Contender(
        name=interpreter.name,
        target=TARGET,
        arguments={
            "file": str(Path(floats_mandel.__file__)),
            "x": x_vals.tolist(),
            "y": y_vals.tolist(),
            "steps": problem.steps,
        },
        threads=Threads.ONE if interpreter.has_gil else Threads.ALL,
        python=interpreter.path,
    )


def as_heights(answers: Mapping[str, object], problem: Problem) -> dict[str, object]:
    """The answers with those of other interpreters, which come as bytes, as arrays."""
    return {
        name: _heights(answer, problem) if isinstance(answer, bytes) else answer
        for name, answer in answers.items()
    }


def _heights(answer: bytes, problem: Problem) -> "np.ndarray[tuple[int, int], np.dtype[np.int64]]":
    import numpy as np

    return np.frombuffer(answer, np.int64).reshape(problem.width, problem.height)

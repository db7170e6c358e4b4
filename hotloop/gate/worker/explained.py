"""What a worker can also do to explain a verdict: profile, and compare code."""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any, Callable, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from . import exchange
from .calls import Call
from .fingerprints import MODULE
from .own import os
from .parts import instructions_of, lines_of, parts_of, prints_of
from .profiling import Watch
from .texts import texts_of

# Nobody waits for the text of a gigabyte; two that differ do so early.
LARGEST_ANSWER = 1 << 20
COMPILED = tuple(EXTENSION_SUFFIXES)
# CO_OPTIMIZED (inspect): the code of a function, not of a class or a module.
OPTIMIZED = 1

exchange.begin()


class Explained:
    """More commands for a worker of any kind, which says how it takes one sample (``take``)."""

    _watch: Watch | None = None

    def handlers(self) -> dict[str, Callable[..., object]]:
        own: dict[str, Callable[..., object]] = {
            "profile": self.profile,
            "answer": self.answer,
            "loaded": self.loaded,
            "code": self.code,
            "instructions": self.instructions,
        }
        return {**super().handlers(), **own}  # type: ignore[misc]

    def take(self, calls: int, clock: Callable[[], float], firsts: bool) -> None:
        """One sample of so many calls."""
        raise NotImplementedError

    def made(self) -> Call | None:
        """What is called, if it can be called once more."""
        raise NotImplementedError

    def profile(
        self, own: Sequence[str], calls: int, firsts: bool, cpus: Sequence[int] | None
    ) -> dict[str, Any]:
        """Profile so many calls; see ``Watch.report``."""
        if cpus is not None:
            os.sched_setaffinity(0, cpus)
        if self._watch is None:
            self._watch = Watch(tuple(own))
        self.take(calls, self._watch, firsts)
        return self._watch.report()

    def answer(self) -> dict[str, Any]:
        """A text of what a call returns, the same in every process; None: there is none."""
        call = self.made()
        if call is None:
            return {"text": None}
        text, alike = texts_of([call.answer()], os.getcwd())[0]
        return {"text": text if alike == 1 and len(text) <= LARGEST_ANSWER else None}

    def loaded(self, own: Sequence[str]) -> dict[str, Any]:
        """The project's files that were loaded, and which Python this is."""
        beginnings = tuple(own)
        modules = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        files = sorted({f for f in modules if isinstance(f, str) and f.startswith(beginnings)})
        return {
            "files": [file for file in files if file.endswith(".py")],
            "extensions": [file for file in files if file.endswith(COMPILED)],
            "python": sys.version,
        }

    def code(self, files: Sequence[str]) -> dict[str, Any]:
        """File -> path -> [what it does, first line, last line, whether it is a function]."""
        found: dict[str, Any] = {}
        for file in files:
            source = Path(file).read_bytes()
            parts = parts_of(compile(source, file, "exec", dont_inherit=True))
            prints = prints_of(source, file)
            found[file] = {
                path: [prints.get(path, ""), *lines_of(part), bool(part.co_flags & OPTIMIZED)]
                for path, part in parts.items()
            }
            found[file][MODULE][1:3] = [1, source.count(b"\n") + 1]
        return found

    def instructions(self, file: str, paths: Sequence[str]) -> dict[str, list[str]]:
        """Path -> what it does step by step."""
        parts = parts_of(exchange.compiled_as(file, file))
        return {path: instructions_of(parts[path]) for path in paths if path in parts}

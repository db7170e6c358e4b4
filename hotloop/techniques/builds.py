"""Copies of the user's file, compiled: two at once, each in a process, each content once.

The folder of a compiled copy is named after all that decides what comes out, as ``compare`` does
it with ``.pyx`` files. Whole or not at all: an interrupted compiler leaves nothing there.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from hotloop.base.files import remove
from hotloop.base.machine import version_of
from hotloop.compare.extension import DIGEST_CHARS, cache_folder, extension_in
from hotloop.techniques.helper import Helper
from hotloop.timing.children import Lost

MODULE = "hotloop.techniques.inside.builder"
AT_ONCE = 2
LIMIT_S = 180.0
PACKAGES = ("cython", "mypy", "pythran", "numpy", "setuptools", "hotloop")
FACTS = "built.json"
KEPT = (".so", ".py", ".pxd", ".pyi", ".json")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One build: ``command`` of the builder with its ``arguments``, of a copy of ``source``."""

    name: str
    command: str
    source: Path
    module: str
    arguments: Mapping[str, object]

    def digest(self, content: bytes) -> str:
        """Of all that decides what comes out; ``content``: that of the file."""
        facts = [
            self.command,
            self.module,
            sys.version,
            sysconfig.get_config_var("EXT_SUFFIX"),
            os.environ.get("CFLAGS"),
            os.environ.get("CC"),
            [version_of(package) for package in PACKAGES],
            self.arguments,
        ]
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        digest.update(content)
        for file in sorted(Path(__file__).with_name("inside").glob("*.py")):
            digest.update(file.read_bytes())
        return digest.hexdigest()[:DIGEST_CHARS]


@dataclass(frozen=True, slots=True)
class Built:
    """A compiled copy; ``facts``: what the builder says of it."""

    extension: Path
    folder: Path
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Job:
    """A recipe with the file as it was when it was asked for, which may be edited meanwhile."""

    recipe: Recipe
    content: bytes
    folder: Path


@dataclass(frozen=True, slots=True)
class _Running:
    job: _Job
    helper: Helper
    unfinished: Path
    started_s: float


@dataclass(slots=True)
class Builds:
    """Builds that go on while others are tried; use as a context, whose end ends them."""

    folder: Path
    waiting: list[_Job] = field(default_factory=list)
    running: list[_Running] = field(default_factory=list)
    done: dict[str, Built | Lost] = field(default_factory=dict)

    def add(self, recipe: Recipe) -> None:
        """Build it as soon as there is room."""
        content = recipe.source.read_bytes()
        folder = _home(self.folder) / recipe.digest(content)
        found = _kept(folder, recipe.module)
        if found is not None:
            self.done[recipe.name] = found
            return
        self.waiting.append(_Job(recipe, content, folder))
        self._start()

    def finish(self, name: str) -> Built | Lost:
        """What came out; waits for it."""
        self.look()
        while name not in self.done:
            named = [one for one in self.running if one.job.recipe.name == name]
            self._take((named or self.running)[0])
        return self.done[name]

    def look(self) -> None:
        """Take what is ready, and start what waits."""
        for one in list(self.running):
            if one.helper.has_answer:
                self._take(one)

    def _start(self) -> None:
        while self.waiting and len(self.running) < AT_ONCE:
            job = self.waiting.pop(0)
            recipe = job.recipe
            unfinished = Path(tempfile.mkdtemp(dir=job.folder.parent, prefix=".unfinished-"))
            (unfinished / f"{recipe.module}.py").write_bytes(job.content)
            helper = Helper(MODULE, self.folder / f"{job.folder.name}.log")
            self.running.append(_Running(job, helper, unfinished, time.monotonic()))
            helper.ask(
                recipe.command, folder=str(unfinished), name=recipe.module, **recipe.arguments
            )

    def _take(self, one: _Running) -> None:
        left_s = LIMIT_S - (time.monotonic() - one.started_s)
        reply = one.helper.answer(max(1.0, left_s))
        one.helper.end()
        self.running.remove(one)
        self.done[one.job.recipe.name] = self._place(one, reply)
        self._start()

    def _place(self, one: _Running, reply: Any | Lost) -> Built | Lost:
        try:
            if isinstance(reply, Lost):
                return reply
            (one.unfinished / FACTS).write_text(json.dumps(reply))
            # Objects and pages are of no use any more.
            for part in list(one.unfinished.iterdir()):
                if part.suffix not in KEPT:
                    remove(part)
            folder = one.job.folder
            with contextlib.suppress(OSError):  # another run was quicker
                one.unfinished.rename(folder)
            found = _kept(folder, one.job.recipe.module)
            return found or Lost("Unavailable", "the compiler left nothing")
        finally:
            shutil.rmtree(one.unfinished, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.running:
            one.helper.end()
            shutil.rmtree(one.unfinished, ignore_errors=True)
        self.running.clear()
        self.waiting.clear()


def module_name(path: Path) -> str:
    """A name for the compiled module: the file's, made one that Python and C accept."""
    name = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in path.stem)
    if not name[:1].isalpha():
        name = f"file_{name}"
    # A file that is called like a module of Python's, such as random.py.
    return f"{name}_" if name in sys.stdlib_module_names else name


def _kept(folder: Path, module: str) -> Built | None:
    try:
        facts = json.loads((folder / FACTS).read_text())
    except (OSError, ValueError):
        return None
    extension = extension_in(folder, module)
    return None if extension is None else Built(extension, folder, facts)


def _home(fallback: Path) -> Path:
    """Where built copies are kept: the cache, or ``fallback`` if nothing can be written there."""
    home = cache_folder().with_name("try")
    try:
        home.mkdir(parents=True, exist_ok=True)
        if os.access(home, os.W_OK):
            return home
    except OSError:
        pass
    return fallback

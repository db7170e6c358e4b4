"""A project with commits that can be built and others that cannot, and its real builds."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from hotloop.gate.build import builds
from hotloop.gate.build.process import Builder
from hotloop.gate.model import Contender, Request
from hotloop.gate.preparation import Prepared
from hotloop.gate.prepare_asv import prepare
from hotloop.gate.source import project
from hotloop.gate.source.git import clean_environment
from tests import environments, tiny_project
from tests.tiny_project import git

# Where no git sees it.
OTHER = ".asv/other.json"
# Where the commits of a site are: HEAD~2 has no suite, HEAD answers 2, `broken` cannot be built.
BEFORE, BASE, HEAD, BROKEN, ENDLESS = "HEAD~2", "HEAD~1", "HEAD", "broken", "endless"
# One with another project in a folder of it.
NESTED = "nested"


@dataclass(slots=True)
class Site:
    """The project, and what preparing it said."""

    folder: Path
    said: list[str] = field(default_factory=list)

    def prepare(
        self,
        base: str,
        head: str,
        config: str = "asv.conf.json",
        environments: tuple[str | None, str | None] = (None, None),
    ) -> Prepared:
        self.said.clear()
        request = Request(base, head, environments=environments)
        loaded = project.load(self.folder / config)
        with prepare(loaded, request, self.said.append) as prepared:
            return prepared

    def configure(self, **changes: object) -> str:
        """Another configuration of the same project with the same slots; its name."""
        (self.folder / ".asv").mkdir(exist_ok=True)
        same = {"repo": "..", "benchmark_dir": "../benchmarks", "env_dir": "env"}
        tiny_project.configure(self.folder, OTHER, **(same | changes))
        return OTHER

    def new_commit(self) -> str:
        """A commit like HEAD that was never built."""
        head = git(self.folder, "rev-parse", "HEAD")
        message = f"like {head}, {time.time_ns()}"
        return git(self.folder, "commit-tree", f"{head}^{{tree}}", "-p", head, "-m", message)

    @property
    def gate(self) -> Path:
        return self.folder / ".asv" / "env" / "gate"

    def stamps(self) -> list[int]:
        found = sorted(self.gate.glob("[ab]/*/asv-install-status.json"))
        return [path.stat().st_mtime_ns for path in found]


def made_in(folder: Path) -> Site:
    """The project as a dirty checkout, and builds as quick as they can be."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    rest = {"pyproject.toml": tiny_project.PYPROJECT, ".gitignore": ".asv\n"}
    tiny_project.configure(folder)
    tiny_project.commit(folder, "before the suite", rest | tiny_project.answering(0))
    tiny_project.commit(folder, "answer 1", tiny_project.SUITE | tiny_project.answering(1))
    git(folder, "checkout", "--quiet", "-b", BROKEN)
    tiny_project.commit(folder, "cannot be built", {"setup.py": "raise ValueError('sorry')\n"})
    git(folder, "checkout", "--quiet", "-b", ENDLESS, "main")
    tiny_project.commit(folder, "builds for ever", {"setup.py": "import time; time.sleep(600)\n"})
    git(folder, "checkout", "--quiet", "-b", NESTED, "main")
    inner = {"pyproject.toml": tiny_project.PYPROJECT} | tiny_project.answering(9)
    tiny_project.commit(folder, "another", {f"inner/{name}": text for name, text in inner.items()})
    git(folder, "checkout", "--quiet", "main")
    tiny_project.commit(folder, "answer 2", tiny_project.answering(2))
    tiny_project.write(folder, tiny_project.answering(3))
    tiny_project.write(folder, {"tiny/extra.py": "VALUE = 4\n"})
    return Site(folder)


@contextlib.contextmanager
def lent(factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One in a folder of its own, with environments that are made, and one builder."""
    made = made_in(factory.mktemp("site") / "tiny")
    environments.lend(made.folder, factory)
    with _one_builder():
        yield made


@contextlib.contextmanager
def _one_builder() -> Iterator[None]:
    """Let builds in one folder, with equal variables and paths, share the process that loads asv.

    It does each in a fork, as always; loading asv takes longer than most of them.
    """
    kept: dict[tuple[Path, str], Builder] = {}

    class Kept(Builder):
        """Ends its process where a build failed: another may still be at work."""

        def __enter__(self) -> Self:
            variables = clean_environment()
            self._key = (self._project.folder, json.dumps([variables, sys.path], sort_keys=True))
            before = kept.get(self._key)
            if before is None:
                kept[self._key] = self
                return super().__enter__()
            self._process, self._replies = before._process, before._replies
            self._variables = variables
            return self

        def __exit__(self, *error: object) -> None:
            if any(error):
                del kept[self._key]
                super().__exit__(*error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builds, "Builder", Kept)
        try:
            yield
        finally:
            for builder in kept.values():
                Builder.__exit__(builder)


def says(contender: Contender, code: str = "import tiny; print(tiny.answer())") -> str:
    return subprocess.run(
        [contender.python, "-c", code],
        env=os.environ | dict(contender.variables),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()

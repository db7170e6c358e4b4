"""One name for a file on both sides, and where the repository has it."""

import copy
import os
import re
from collections.abc import Mapping
from pathlib import Path

from hotloop.gate.build.differences import Differences
from hotloop.gate.model import Contender
from hotloop.gate.source.git import GitFailed, hash_of

# Folders in which the gate lays out a side's checkout.
CHECKOUT = re.compile(r"^.*/(?:suite|tests)-of-(?:base|head)/")
LIBRARIES = re.compile(r"^.*/(?:site|dist)-packages/")
STANDARD = re.compile(r"^.*/lib/python3\.\d+t?/")


class Places:
    """The files of one side, by names that the other side's have too."""

    def __init__(self, contender: Contender) -> None:
        roots = dict.fromkeys((*contender.proof.roots, *contender.origin.roots))
        names = contender.origin.names or contender.proof.names
        self._moved: Mapping[str, str] = {}
        self._roots = [os.path.join(os.path.realpath(root), "") for root in roots]  # noqa: PTH118
        self._roots += [os.path.join(root, "") for root in roots]  # noqa: PTH118
        self.own = tuple(
            f"{root}{name.replace('.', '/')}{end}"
            for root in self._roots
            for name in names
            for end in ("/", ".")
        )

    def after(self, moved: Mapping[str, str]) -> "Places":
        """The same places, but that files which were ``moved`` have the names that these got."""
        places = copy.copy(self)
        places._moved = moved
        return places

    def name(self, file: str) -> str:
        """``tiny/core.py``; a file that is not the project's is called as Python finds it."""
        for root in self._roots:
            if file.startswith(root):
                name = file.removeprefix(root)
                return self._moved.get(name, name)
        for pattern in (CHECKOUT, LIBRARIES, STANDARD):
            if pattern.match(file):
                return pattern.sub("", file)
        return file


def commits_of(
    differences: Differences | None, head_file: Path, lines: tuple[int, int] | None
) -> tuple[str, ...]:
    """The commits between base and head that changed these lines of head, the last one first.

    ``lines`` None: any of the file's. Empty if it is not known: git does not have the file as it is
    installed.
    """
    if differences is None or differences.commits[0] == differences.commits[1]:
        return ()
    path = _in_the_repository(differences, head_file)
    if path is None:
        return ()
    base, head = differences.commits
    which = ["--", path] if lines is None else [f"-L{lines[0]},{lines[1]}:{path}"]
    words = ["log", "--no-patch", "--format=%H", f"{base}..{head}"]
    try:
        return tuple(differences.source.mirror.run(*words, *which).split())
    except GitFailed:
        return ()


def _in_the_repository(differences: Differences, file: Path) -> str | None:
    """Where head's commit has a file of this content and name."""
    try:
        wanted = hash_of(file.read_bytes(), differences.commits[1])
    except OSError:
        return None
    _, tree = differences.trees
    named = [path for path in tree if Path(path).name == file.name]
    return next((path for path in named if tree[path] == wanted), None)

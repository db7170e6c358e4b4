"""``--environment here``: both sides in the interpreter that runs hotloop, nothing built."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from hotloop.gate.build import only_installed, own_version
from hotloop.gate.model import PYTESTS, Contender, Origin, Revision, Side
from hotloop.gate.source.git import Git
from hotloop.gate.source.project import Project
from hotloop.gate.suites.pytests.names import Importable, compiled_source, importable

HERE = "here"
# Byte code, if there is any, is what is read.
FIND = """
import importlib.util, json, os, sys
found = []
for name in sys.argv[1:]:
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.has_location:
        has_code = spec.cached is not None and os.path.exists(spec.cached)
        found.append(spec.cached if has_code else spec.origin)
print(json.dumps(found))
"""
FIND_LIMIT_S = 30.0
# What builds write into a package and git ignores: `_version.py` of setuptools-scm and others.
OF_VERSION = re.compile(r"(?i)version\w*\.py$")


def contenders(
    project: Project, commits: Mapping[Side, Revision], folders: Mapping[Side, Path]
) -> tuple[dict[Side, Contender], list[str]]:
    """Each side's own checkout first on its path, and doubts about what that proves.

    ``folders`` are the project's, in each side's checkout.
    """
    found = {side: importable(project, folder) for side, folder in folders.items()}
    names = tuple(sorted(frozenset().union(*(each.names for each in found.values()))))
    installed = _installed(names)
    checkouts = tuple(str(folder) for folder in (project.gate_folder, project.folder))
    made = {}
    doubts = []
    for side, folder in folders.items():
        roots = [os.path.normpath(folder / each) for each in found[side].folders]
        made[side] = Contender(
            side,
            commits[side],
            f"{HERE} (Python {platform.python_version()})",
            Path(sys.executable),
            folder,
            (("ASV_PYTHONPATH", os.pathsep.join(roots)),),
            origin=Origin(names, tuple(roots), checkouts, installed=installed),
            runner=PYTESTS,
        )
        source = compiled_source(folder, found[side])
        if source is not None:
            doubts.append(
                f"{side.value} runs without its compiled parts ({source}): leave out "
                f"--environment {HERE}, and they are built"
            )
    doubts += [
        f"it is not shown that each side ran its commit's code: {what} differs between the "
        f"commits, which only an installation brings into effect: leave out --environment {HERE}"
        for what in only_installed.differing(folders[Side.BASE], folders[Side.HEAD])
    ]
    doubts += _of_version(project, folders, found)
    places = sorted({place for each in found.values() for place in each.places})
    _bring_versions(project, folders.values(), places)
    return made, doubts


def _of_version(
    project: Project, folders: Mapping[Side, Path], found: Mapping[Side, Importable]
) -> list[str]:
    """A doubt if the project's code asks for its version, and that is another at base."""
    base, head = ((folders[side], found[side]) for side in (Side.BASE, Side.HEAD))
    if not own_version.differs(base, head):
        return []
    askers = (own_version.asking(*side, (project.name,)) for side in (head, base))
    asker = next(filter(None, askers), None)
    if asker is None:
        return []
    return [
        f"it is not shown that each side ran its commit's code: {asker} asks for the project's "
        "version, which differs between the commits, and both sides are told the one that is "
        f"installed in this Python: leave out --environment {HERE}"
    ]


def with_names(side: Contender, names: Iterable[str], top: Path) -> Contender:
    """``side`` if its own modules are called so, which the layout of its folder did not tell.

    They may lie anywhere in its checkout ``top``.
    """
    roots = (*side.origin.roots, str(top))
    return replace(side, origin=replace(side.origin, names=tuple(sorted(names)), roots=roots))


def _installed(names: tuple[str, ...]) -> tuple[str, ...]:
    """The files that this Python imports for ``names``, wherever it does not know of a side.

    Such as in a process that a benchmark starts without PYTHONPATH.
    """
    command = (sys.executable, "-I", "-c", FIND, *names)
    try:
        found = subprocess.run(command, capture_output=True, check=True, timeout=FIND_LIMIT_S)
        files: list[str] = json.loads(found.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return ()
    return tuple(files)


def _bring_versions(project: Project, folders: Iterable[Path], places: list[str]) -> None:
    """Copy modules with a version that a build has left in the project's packages.

    A package that imports its own cannot be imported from a checkout. Both sides get the same one.
    """
    ignored = ("ls-files", "--others", "--ignored", "--exclude-standard", "-z", "--")
    listed = Git(project.folder).run(*ignored, *places) if places else ""
    for path in listed.split("\0"):
        for folder in folders if OF_VERSION.search(path) else ():
            target = folder / path
            if target.parent.is_dir() and not target.exists():
                shutil.copy2(project.folder / path, target)

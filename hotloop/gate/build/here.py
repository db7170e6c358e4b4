"""``--environment here``: both sides in the interpreter that runs hotloop, nothing built."""

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

from hotloop.gate.model import PYTESTS, Contender, Origin, Revision, Side
from hotloop.gate.source.project import Project
from hotloop.gate.suites.pytests.names import compiled_source, importable

HERE = "here"


def contenders(
    project: Project, commits: Mapping[Side, Revision], folders: Mapping[Side, Path]
) -> tuple[dict[Side, Contender], list[str]]:
    """Each side's own checkout first on its path, and doubts about what that proves.

    ``folders`` are the project's, in each side's checkout.
    """
    found = {side: importable(project, folder) for side, folder in folders.items()}
    names = tuple(sorted(frozenset().union(*(each.names for each in found.values()))))
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
            origin=Origin(names, tuple(roots), checkouts),
            runner=PYTESTS,
        )
        source = compiled_source(folder, found[side])
        if source is not None:
            doubts.append(
                f"{side.value} runs without its compiled parts ({source}): leave out "
                f"--environment {HERE}, and they are built"
            )
        if not found[side].names:
            doubts.append(
                f"it is not shown that {side.value} ran its commit's code: there is no package in "
                f"{folder}, nor in src/ there"
            )
    return made, doubts

"""Files of data that each side has as its own commit has them.

A suite of pytest runs in each side's own checkout. What its benchmarks read there, or in what is
installed, is a part of the commit as its code is; who sees a slowdown should know of it.
"""

import filecmp
from collections.abc import Mapping
from pathlib import Path

from hotloop.gate.build.differences import OF_PYTEST, PYTHON, SETTINGS, Differences
from hotloop.gate.model import Contender, Side


def of_each(
    differences: Differences, sides: Mapping[Side, Contender], tops: Mapping[Side, Path]
) -> dict[Side, tuple[tuple[str, str], ...]]:
    """The files of each side that the other has not, or not so, with their paths in the repository.

    ``tops`` are the checkouts, in which head's tests lie over base's already. Settings are left
    out: pytest itself looks into them.
    """
    found: dict[Side, dict[str, str]] = {side: {} for side in sides}
    for path in differences.differing():
        if path.endswith(PYTHON) or SETTINGS.search(path) or OF_PYTEST.search(path):
            continue
        there = {side: _there(differences, path, each, tops[side]) for side, each in sides.items()}
        for side, files in there.items():
            others = there[Side.HEAD if side is Side.BASE else Side.BASE]
            for file in files:
                if not any(filecmp.cmp(file, other, shallow=False) for other in others):
                    found[side][str(file)] = path
    return {side: tuple(files.items()) for side, files in found.items()}


def _there(differences: Differences, path: str, side: Contender, top: Path) -> list[Path]:
    """A file of the repository, in the checkout and where it is installed."""
    places = [top / path]
    if differences.is_in_a_package(path, side.origin.names):
        inside = differences.installed_as(path)
        places += [Path(root) / place for root in side.origin.roots for place in inside]
    return [file for file in dict.fromkeys(places) if file.is_file() and not file.is_symlink()]

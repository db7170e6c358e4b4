"""What both sides may have of the user's own folder, such as another project of the repository."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hotloop.gate.build.differences import PYTHON, Differences
from hotloop.gate.build.direct_urls import installed_from_paths
from hotloop.gate.build.proof import SOURCES
from hotloop.gate.model import Contender


def files(differences: Differences, sides: Sequence[Contender]) -> tuple[str, ...]:
    """Python files that differ between the commits, as the user's folder has them.

    And their copies in the environments of ``sides``, of what was installed from that folder.
    """
    top = differences.source.tree
    if top is None or differences.commits[0] == differences.commits[1]:
        return ()
    paths = [path for path in differences.differing() if path.endswith(PYTHON)]
    there = [top / path for path in paths]
    libraries = dict.fromkeys(library for side in sides for library in _libraries(side.python))
    return tuple(map(str, (*there, *_copies(libraries, differences, there))))


def _libraries(python: Path) -> list[str]:
    """Where this interpreter has what is installed."""
    found = [str(folder) for folder in python.parent.parent.glob("lib/python*/site-packages")]
    if python == Path(sys.executable):
        found += [entry for entry in sys.path if entry.endswith("-packages")]
    return found


def _copies(
    libraries: Iterable[str], differences: Differences, there: Sequence[Path]
) -> Iterator[Path]:
    for one, folder, _ in installed_from_paths(libraries):
        if not differences.is_the_users(folder.resolve()):
            continue
        for source in (folder / source for source in SOURCES):
            inside = [file for file in there if file.is_relative_to(source)]
            copies = [Path(str(one.locate_file(file.relative_to(source)))) for file in inside]
            yield from (copy for copy in copies if copy.is_file())

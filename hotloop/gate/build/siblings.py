"""What both sides may have of the user's own folder, such as another project of the repository."""

import importlib.metadata
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hotloop.gate.build import wheels
from hotloop.gate.build.differences import BUILT_BY, COMPILED_SOURCE, PYTHON, Differences
from hotloop.gate.build.direct_urls import installed_from_paths
from hotloop.gate.build.proof import SOURCES
from hotloop.gate.model import Contender


def files(differences: Differences, sides: Sequence[Contender]) -> tuple[str, ...]:
    """Python files that differ between the commits, as the user's folder has them.

    And their copies in the environments of ``sides``, of what was installed from that folder; and
    what was compiled there from sources that differ.
    """
    top = differences.source.tree
    if top is None or differences.commits[0] == differences.commits[1]:
        return ()
    paths = differences.differing()
    there = [top / path for path in paths if path.endswith(PYTHON)]
    sources = [top / path for path in paths if COMPILED_SOURCE.search(path)]
    found = [
        *there,
        *(file for source in sources for file in _compiled_in(source.parent.glob("*"))),
    ]
    libraries = dict.fromkeys(library for side in sides for library in _libraries(side.python))
    for one, path, editable in installed_from_paths(libraries):
        if not differences.is_the_users(path.resolve()):
            continue
        folder = _project_of(path)
        found += _copies(one, folder, there)
        if any(source.is_relative_to(folder) for source in sources):
            found += _compiled_in(Path(str(one.locate_file(file))) for file in one.files or ())
            found += _compiled_in(folder.rglob("*") if editable else ())
    return tuple(dict.fromkeys(map(str, found)))


def _libraries(python: Path) -> list[str]:
    """Where this interpreter has what is installed."""
    found = [str(folder) for folder in python.parent.parent.glob("lib/python*/site-packages")]
    if python == Path(sys.executable):
        found += [entry for entry in sys.path if entry.endswith("-packages")]
    return found


def _project_of(path: Path) -> Path:
    """The folder of the project that was installed from ``path``: its folder, or a wheel there."""
    if path.suffix != ".whl":
        return path
    around = (each for each in path.parents if any((each / name).exists() for name in BUILT_BY))
    return next(around, path)


def _copies(
    one: importlib.metadata.Distribution, folder: Path, there: Sequence[Path]
) -> Iterator[Path]:
    for source in (folder / source for source in SOURCES):
        inside = [file for file in there if file.is_relative_to(source)]
        copies = [Path(str(one.locate_file(file.relative_to(source)))) for file in inside]
        yield from (copy for copy in copies if copy.is_file())


def _compiled_in(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if path.suffix in wheels.COMPILED and path.is_file())

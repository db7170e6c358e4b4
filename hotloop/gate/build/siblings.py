"""What both sides may have of the user's own folder, such as another project of the repository."""

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hotloop.gate.build.differences import PYTHON, Differences
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
    copies = [copy for library in libraries for copy in _copies(library, differences, there)]
    return tuple(map(str, (*there, *copies)))


def _libraries(python: Path) -> list[Path]:
    """Where this interpreter has what is installed."""
    found = [*python.parent.parent.glob("lib/python*/site-packages")]
    if python == Path(sys.executable):
        found += [Path(entry) for entry in sys.path if entry.endswith("-packages")]
    return found


def _copies(library: Path, differences: Differences, there: Sequence[Path]) -> Iterator[Path]:
    for note in library.glob("*.dist-info/direct_url.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            url = urlsplit(json.loads(note.read_text(encoding="utf-8"))["url"])
            folder = Path(unquote(url.path))
            if url.scheme != "file" or not differences.is_the_users(folder.resolve()):
                continue
            for source in dict.fromkeys(folder / source for source in SOURCES):
                inside = [file for file in there if file.is_relative_to(source)]
                copies = [library / file.relative_to(source) for file in inside]
                yield from (copy for copy in copies if copy.is_file())

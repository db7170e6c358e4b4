"""What a build made, brought to a checkout of tests that has only what was committed."""

import shutil
from pathlib import Path

from hotloop.gate.build import wheels
from hotloop.gate.model import Contender
from hotloop.gate.suites.pytests.names import SOURCES


def fill(folder: Path, contender: Contender) -> None:
    """Bring the built files that a checkout lacks to its packages.

    pytest may put the checkout on ``sys.path``, before what is installed: then an import has to
    find the same there, extensions included.
    """
    for library in contender.origin.roots:
        for name in contender.proof.names:
            package = Path(library, *name.split("."))
            if not package.is_dir() or package.is_relative_to(folder):
                continue
            for source in SOURCES:
                there = folder / source / package.relative_to(library)
                if there.is_dir():
                    _copy_missing(package, there)


def _copy_missing(package: Path, there: Path) -> None:
    for path in package.rglob("*"):
        target = there / path.relative_to(package)
        if path.is_file() and wheels.BYTE_CODE not in path.parts and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)

"""git-lfs: what it keeps for the user's clone is there for the gate's checkouts too.

A clone of the gate's mirror would look for the files in the mirror, and fail. Without git-lfs, and
where the user's clone lacks them, its pointers stay, a few lines of text in place of each file.
"""

import shutil
from pathlib import Path

from hotloop.base.units import first_few
from hotloop.gate.model import SHORT_HASH
from hotloop.gate.source.git import Git

FOLDER = "lfs"
FILTER = r"filter\.lfs\."
POINTER = b"version https://git-lfs.github.com/spec/"
PROGRAM = "git-lfs"
SHOWN_FILES = 2


def settings(user: Git | None) -> dict[str, str]:
    """git's configuration for checkouts of the gate; ``user`` is the user's clone.

    `git lfs install --local` has configured the filter in that alone.
    """
    found = {"lfs.skipdownloaderrors": "true"}
    if user is None:
        return found
    found |= user.settings(FILTER)
    kept = user.common / FOLDER
    if kept.is_dir():
        found["lfs.storage"] = str(kept)
    return found


def missing(place: Path, commit: str) -> list[str]:
    """A sentence if files of the checkout in ``place`` are pointers still.

    What is no checkout has none: a suite outside of the repository is copied.
    """
    if not (place / ".git").exists():
        return []
    listed = Git(place).run("ls-files", "-z", "--", ":(attr:filter=lfs)").split("\0")
    left = [path for path in listed if path and _is_pointer(place / path)]
    if not left:
        return []
    program = "" if shutil.which(PROGRAM) else f"install {PROGRAM}, "
    short = commit[:SHORT_HASH]
    return [
        f"{first_few(left, SHOWN_FILES)} of {short}: only a pointer of {PROGRAM} is there, "
        f"and who reads it gets that; {program}run git lfs install and git lfs fetch origin "
        f"{short}"
    ]


def _is_pointer(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as content:
        return content.read(len(POINTER)) == POINTER

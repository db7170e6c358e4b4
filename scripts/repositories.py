"""Git repositories that are made on purpose: the same commits everywhere."""

import os
import subprocess
from pathlib import Path

from hotloop.base.errors import MeasurementError

# Fixed, so that the same project has the same commits everywhere and caches can be used again.
_DATE = "2026-01-01T00:00:00 +0000"
_IDENTITY = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")


def check_empty(folder: Path) -> None:
    """Raises MeasurementError if something is in the folder."""
    if folder.exists() and any(folder.iterdir()):
        raise MeasurementError(f"{folder} holds something else; give a new or empty folder")


def commit(folder: Path, message: str) -> None:
    """Commit all there is, at a fixed date, as nobody in particular."""
    git(folder, "add", ".")
    git(folder, *_IDENTITY, "commit", "--quiet", "--no-gpg-sign", f"--message={message}")


def git(folder: Path, *arguments: str) -> None:
    """Run git there. Raises MeasurementError if it refuses."""
    # A hook that starts us has GIT_DIR set, which would lead to its own repository.
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    dates = {"GIT_AUTHOR_DATE": _DATE, "GIT_COMMITTER_DATE": _DATE}
    try:
        subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=surroundings | dates,
            capture_output=True,
            text=True,
            check=True,
        )
    except OSError as error:
        raise MeasurementError(f"cannot run git: {error.strerror or error}") from error
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.split()) or f"code {error.returncode}"
        raise MeasurementError(f"git {arguments[0]} failed in {folder}: {said}") from error

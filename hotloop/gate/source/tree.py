"""A project without asv's configuration: the folder that it lies in says the rest."""

import tomllib
from pathlib import Path
from typing import Any

from hotloop.base.errors import UsageError
from hotloop.gate.source.git import Git, GitFailed
from hotloop.gate.source.project import Project

# Where the gate keeps its checkouts and environments; git never sees it.
OWN_FOLDER = ".hotloop"
PYPROJECT = "pyproject.toml"
# asv's own limit for one benchmark, and for building a commit.
TEST_TIMEOUT_S = 60.0
BUILD_TIMEOUT_S = 600.0


def load(folder: Path) -> Project:
    """The project in ``folder``, somewhere in a git repository.

    Raises UsageError if there is no repository, or if its pyproject.toml cannot be read.
    """
    folder = folder.absolute()
    try:
        inside = Git(folder).run("rev-parse", "--show-prefix")
    except GitFailed as error:
        raise UsageError(f"{folder} is in no git repository's files ({error.words})") from error
    own = folder / OWN_FOLDER
    table = pyproject(folder).get("project", {})
    name = table.get("name") if isinstance(table, dict) else None
    return Project(
        config=folder / PYPROJECT,
        name=name if isinstance(name, str) and name else folder.name,
        repo=".",
        repo_subdir=inside.rstrip("/"),
        suite=folder,
        env_dir=own,
        own_folders=(own,),
        benchmark_timeout_s=TEST_TIMEOUT_S,
        build_timeout_s=BUILD_TIMEOUT_S,
        may_fork=True,
        warnings=(),
    )


def pyproject(folder: Path) -> dict[str, Any]:
    """What pyproject.toml says; empty without one. Raises UsageError if it is damaged."""
    file = folder / PYPROJECT
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"cannot read {file}: {reason}") from error

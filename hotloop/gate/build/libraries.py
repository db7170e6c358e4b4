"""Which libraries a commit asks for, as far as what is installed and its files say so.

An installer keeps a library that satisfies the requirements, and one that nothing requires any
more. So an environment that was used for another commit may have libraries that a new one would not
have.
"""

import contextlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.gate.build.direct_urls import installed_from_paths
from hotloop.gate.source.git import Git
from hotloop.gate.source.tree import pyproject

# Lists of libraries that a command may read, by their paths in the repository.
LISTS = re.compile(
    r"(^|/)([\w.-]*(requirements|constraints|environment)[\w.-]*\.(txt|in|ya?ml)|"
    r"requirements/[^/]+|[\w.-]+\.lock|pylock[\w.-]*\.toml|Pipfile)$"
)


def required(libraries: Iterable[str]) -> list[str]:
    """What those distributions require that were installed from a path of this machine, sorted."""
    found = installed_from_paths(libraries)
    # An uninstallation that was killed leaves folders without metadata.
    mine = [one for one, _, _ in found if one.read_text("METADATA")]
    return sorted({each for one in mine for each in one.requires or ()})


def listed(checkout: Path, project: Path) -> list[str]:
    """The lists of libraries in a ``checkout`` of the commit, with their hashes.

    And the dependency groups of the ``project``, a folder in it.
    """
    entries = Git(checkout).run("ls-files", "--stage", "-z").split("\0")
    parted = [entry.partition("\t") for entry in entries if entry]
    found = sorted(f"{path} {facts}" for facts, _, path in parted if LISTS.search(path))
    with contextlib.suppress(UsageError):
        found.append(json.dumps(pyproject(project).get("dependency-groups")))
    return found

"""Submodules: where they are cloned from, and how they get into a checkout.

A relative URL in .gitmodules (``../lib.git``) means a neighbour of the project's remote;
in a clone of the gate's mirror it would be a neighbour of the mirror. git is told the
right addresses by variables, so that no configuration is written anywhere.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.gate.source.git import Git, GitFailed

MODE = "160000"
# asv allows it too: a submodule may be a repository on this machine.
LOCAL_TOO = ("-c", "protocol.file.allow=always")
REMOTE = "origin"
HERE, UP = "./", "../"


def home(user: Git) -> str:
    """What relative URLs of the user's submodules are relative to: the remote, or the clone."""
    try:
        remote = user.run("remote", "get-url", REMOTE)
    except GitFailed:
        return str((user.folder / user.run("rev-parse", "--git-common-dir")).resolve().parent)
    # A path is relative to the clone it stands in.
    local = user.folder / remote
    return str(local.resolve()) if local.exists() else remote


def settings(mirror: Git, commit: str, home: str) -> dict[str, str]:
    """Variables that give the commit's submodules with relative URLs their addresses."""
    try:
        listed = mirror.run(
            "config", f"--blob={commit}:.gitmodules", "--get-regexp", r"^submodule\..*\.url$"
        )
    except GitFailed:
        return {}
    urls = (line.partition(" ") for line in listed.splitlines())
    pairs = [(key, resolved(home, url)) for key, _, url in urls if url.startswith((HERE, UP))]
    # Whoever runs us may have settings of this kind already.
    first = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    variables = {"GIT_CONFIG_COUNT": str(first + len(pairs))}
    for number, (key, url) in enumerate(pairs, first):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": url}
    return variables


def resolved(home: str, url: str) -> str:
    """The relative ``url`` as seen from ``home``, as git-submodule(1) has it.

    ``../lib.git`` from ``https://h/o/p.git`` is ``https://h/o/lib.git``.
    """
    home = home.rstrip("/")
    while url.startswith((HERE, UP)):
        if url.startswith(UP):
            above, slash, _ = home.rpartition("/")
            # scp's way to write an address has a colon before the first folder.
            home = above if slash else home.rpartition(":")[0]
        url = url.removeprefix(HERE if url.startswith(HERE) else UP)
    separator = "/" if "/" in home or ":" not in home else ":"
    return f"{home}{separator}{url}"


def lay_out(
    place: Path, mirror: Git, commit: str, inside: str, variables: Mapping[str, str]
) -> None:
    """Make ``place`` (empty) a checkout of ``commit``, with the submodule that ``inside`` lies in.

    Others may be hundreds of megabytes, which asv fetches for the builds, and a suite does
    not look at. Raises MeasurementError where the submodule cannot be had.
    """
    git = Git(place, variables)
    git.run("clone", "--quiet", "--shared", "--no-checkout", str(mirror.folder), ".")
    git.run("checkout", "--quiet", "--force", "--detach", commit)
    around = [path for path in _paths(mirror, commit) if f"{inside}/".startswith(f"{path}/")]
    if not around:
        return
    update = ("submodule", "--quiet", "update", "--init", "--recursive", "--")
    try:
        git.run(*LOCAL_TOO, *update, *around)
    except GitFailed as error:
        raise MeasurementError(
            f"{inside} lies in a submodule of {commit[:8]} that cannot be checked out: "
            f"{error.words}"
        ) from error


def is_changed(place: Path) -> bool:
    """Whether a file of the checkout is not as it was laid out; what others made there aside."""
    try:
        changed = Git(place).run(
            "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"
        )
    except GitFailed:
        return True
    return bool(changed)


def _paths(mirror: Git, commit: str) -> list[str]:
    """Where the commit has submodules."""
    entries = mirror.run("ls-tree", "-r", "-z", commit).split("\0")
    return [entry.partition("\t")[2] for entry in entries if entry.startswith(MODE)]

"""Submodules: where they are cloned from, and how they get into a checkout.

A relative URL in .gitmodules (``../lib.git``) means a neighbour of the project's remote.
In a clone of the gate's mirror it would be a neighbour of the mirror. Environment variables
give git the right addresses, so that no configuration is written anywhere.
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
# Of the gate's mirror, without the user's template: hooks that would not run, or their samples.
CLONE = ("clone", "--quiet", "--shared", "--no-checkout", "--template=")


def home(user: Git) -> str:
    """The base of the relative URLs of the user's submodules: the remote, or the clone."""
    if not user.settings(rf"remote\.{REMOTE}\.url$"):
        return str(user.common.parent)
    # As git rewrites it (url.*.insteadOf).
    remote = user.run("remote", "get-url", REMOTE)
    # A path is relative to the clone that configures it.
    local = user.folder / remote
    return str(local.resolve()) if local.exists() else remote


def addresses(mirror: Git, commit: str, home: str, user: Git | None = None) -> dict[str, str]:
    """git's configuration with the addresses of the commit's submodules with relative URLs.

    And of those that ``user``, a clone of the repository, has as the commit wants them: there.
    """
    found = {
        f"submodule.{name}.url": resolved(home, url)
        for name, url in _configured(mirror, commit, "url").items()
        if url.startswith((HERE, UP))
    }
    if user is not None:
        found |= _already_there(mirror, commit, user)
    return found


def _configured(mirror: Git, commit: str, key: str) -> dict[str, str]:
    """What .gitmodules says about each submodule's ``key``, by their names."""
    if not _wanted(mirror, commit):
        return {}
    pattern = rf"^submodule\..*\.{key}$"
    try:
        listed = mirror.ask("config", "-z", f"--blob={commit}:.gitmodules", "--get-regexp", pattern)
    except GitFailed:
        return {}
    lines = (entry.partition("\n") for entry in listed.split("\0") if entry)
    return {name.removeprefix("submodule.").removesuffix(f".{key}"): it for name, _, it in lines}


def _already_there(mirror: Git, commit: str, user: Git) -> dict[str, str]:
    """Where the user's clone keeps submodules that have what the commit wants of them."""
    found = {}
    for name, (_, wanted) in _committed(mirror, commit).items():
        place = user.place(f"modules/{name}")
        if place.is_dir():
            own = Git(place, {"GIT_DIR": str(place)})
            try:
                own.run("cat-file", "-e", f"{wanted}^{{tree}}")
            except GitFailed:
                continue
            found[f"submodule.{name}.url"] = str(place)
    return found


def variables(configured: Mapping[str, str]) -> dict[str, str]:
    """Environment variables that configure git."""
    pairs = list(configured.items())
    # There may be settings of this kind already.
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
            # An address as scp writes it has a colon before the first folder.
            home = above if slash else home.rpartition(":")[0]
        url = url.removeprefix(HERE if url.startswith(HERE) else UP)
    separator = "/" if "/" in home or ":" not in home else ":"
    return f"{home}{separator}{url}"


def lay_out(
    place: Path, mirror: Git, commit: str, inside: str, variables: Mapping[str, str]
) -> None:
    """Check ``commit`` out into ``place`` (empty), with the submodule that contains ``inside``.

    Other submodules may have hundreds of megabytes; asv fetches them for the builds, and a
    suite does not read them. Raises MeasurementError if the submodule cannot be fetched.
    """
    git = Git(place, variables)
    git.run(*CLONE, str(mirror.folder), ".")
    git.run("checkout", "--quiet", "--force", "--detach", commit)
    around = [path for path in paths(mirror, commit) if f"{inside}/".startswith(f"{path}/")]
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


def fetch_all(place: Path, mirror: Git, commit: str, variables: Mapping[str, str]) -> list[str]:
    """Bring the commit's submodules to its checkout in ``place``, as they were committed.

    Returns a sentence for each that cannot be fetched.
    """
    git = Git(place, variables)
    update = ("submodule", "--quiet", "update", "--init", "--recursive", "--force", "--")
    said = []
    for path, _ in _committed(mirror, commit).values():
        try:
            git.run(*LOCAL_TOO, *update, path)
            Git(place / path).run("clean", "-ffdxq")
        except GitFailed as error:
            said.append(f"the submodule {path} of {commit[:8]} is not there: {error.words}")
    return said


def is_changed(place: Path) -> bool:
    """Whether a file has changed since it was checked out; new files do not count."""
    try:
        changed = Git(place).run(
            "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"
        )
    except GitFailed:
        return True
    return bool(changed)


def paths(mirror: Git, commit: str) -> list[str]:
    """Where the commit has submodules."""
    return list(_wanted(mirror, commit))


def _committed(mirror: Git, commit: str) -> dict[str, tuple[str, str]]:
    """The path and the commit of each submodule that .gitmodules has, by its name.

    Another one may be a repository that was committed by mistake.
    """
    configured, wanted = _configured(mirror, commit, "path"), _wanted(mirror, commit)
    return {name: (path, wanted[path]) for name, path in configured.items() if path in wanted}


def _wanted(mirror: Git, commit: str) -> dict[str, str]:
    """The commit of each submodule, by its path."""
    entries = mirror.ask("ls-tree", "-r", "-z", commit).split("\0")
    split = (entry.partition("\t") for entry in entries if entry.startswith(MODE))
    return {path: facts.split()[2] for facts, _, path in split}

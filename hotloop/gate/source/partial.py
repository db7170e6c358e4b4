"""Partial clones (``git clone --filter``): fetching what the user's clone left out.

What is missing is fetched into the mirror, with the user's own remote and credentials.
For this, the user's repository borrows the mirror's object folder; it is not changed.
"""

from hotloop.base.errors import MeasurementError
from hotloop.gate.source.git import Git, GitFailed

# In front of each missing object in the output of `git rev-list --missing=print`.
MISSING = "?"
# As git-config(1) spells true.
YES = ("true", "yes", "on", "1")
# As git itself fetches such objects (promisor-remote.c), without a clean-up afterwards.
SETTINGS = ("-c", "fetch.negotiationAlgorithm=noop", "-c", "maintenance.auto=false")
OPTIONS = (
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--recurse-submodules=no",
    "--filter=blob:none",
    "--stdin",
)


def promisor(user: Git) -> str | None:
    """The remote that has promised what this clone lacks; None: it is not a partial clone."""
    found = user.settings(r"remote\..*\.promisor$").items()
    remotes = [name for name, value in found if value.lower() in YES]
    return remotes[0].removeprefix("remote.").removesuffix(".promisor") if remotes else None


def allow_missing(mirror: Git, user: Git) -> None:
    """Let the mirror of a partial clone work with objects that are not there."""
    if promisor(user) is not None:
        mirror.run("config", "remote.user.url", str(user.folder))
        mirror.run("config", "remote.user.promisor", "true")


def complete(mirror: Git, user: Git, commit: str, objects: str) -> None:
    """Fetch into the mirror what ``commit`` lacks; ``objects`` is the user's object folder.

    Does nothing for a complete clone. Raises MeasurementError if the remote does not
    deliver them.
    """
    remote = promisor(user)
    if remote is None:
        return
    git = Git(
        user.folder,
        {
            "GIT_OBJECT_DIRECTORY": str(mirror.folder / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
        },
    )
    try:
        # A tree that was missing may name other objects, so this takes a few rounds.
        while missing := _missing(git, commit):
            git.run(*SETTINGS, "fetch", remote, *OPTIONS, given="\n".join(missing).encode())
    except GitFailed as error:
        raise MeasurementError(
            f"this partial clone lacks files of {commit[:8]}, and {remote} does not give them "
            f"({error.words}); clone without --filter, or see that {remote} can be reached"
        ) from error


def _missing(git: Git, commit: str) -> list[str]:
    listed = git.run("rev-list", "--objects", "--missing=print", "--max-count=1", commit)
    return [line.removeprefix(MISSING) for line in listed.splitlines() if line.startswith(MISSING)]

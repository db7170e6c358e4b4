"""What is ready to be measured, whatever kind of suite it is, and the lock around it."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hotloop.base.errors import MeasurementError
from hotloop.gate.build import builds
from hotloop.gate.build.differences import Differences
from hotloop.gate.build.layouts import LayOut
from hotloop.gate.model import Contender, Request, Revision, Side
from hotloop.gate.source import revisions
from hotloop.gate.source.git import GitFailed
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Source
from hotloop.gate.suites.suite import Suite

LaidOut = TypeVar("LaidOut")

READ_ONLY = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
# A file where a folder should be, or the reverse.
IN_THE_WAY = frozenset({errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP})


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that measuring needs; ``other_environments`` are those that nobody chose.

    ``unproved`` are warnings too: why a side could not be shown to be its commit's code.
    ``may_fork``: unless the configuration wants a new process each time. ``differences`` of the
    two commits. ``layouts`` is None where the gate builds nothing.
    """

    base: Contender
    head: Contender
    suite: Suite
    other_environments: tuple[str, ...]
    warnings: tuple[str, ...]
    unproved: tuple[str, ...] = ()
    may_fork: bool = True
    differences: Differences | None = None
    layouts: LayOut | None = None


@contextlib.contextmanager
def preparing(project: Project, prepare: Callable[[], Prepared]) -> Iterator[Prepared]:
    """What ``prepare`` gives; the project is locked against a second gate while it is used."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(builds.locked(project))
            prepared = prepare()
        except OSError as error:
            raise MeasurementError(_obstacle(project.gate_folder, error)) from error
        yield prepared


def resolved(
    project: Project,
    request: Request,
    lay_out: Callable[[Source, Mapping[Side, Revision]], LaidOut],
) -> tuple[Source, dict[Side, Revision], LaidOut]:
    """Both commits in the gate's mirror, and what ``lay_out`` makes of them.

    A mirror that is no longer usable is created again. Raises UsageError for a name that no
    commit has, MeasurementError if git fails with a new mirror too.
    """
    try:
        return _resolved(project, request, lay_out)
    except GitFailed:
        if not revisions.discard_mirror(project):
            raise
    try:
        return _resolved(project, request, lay_out)
    except GitFailed as error:
        raise MeasurementError(
            f"{error}; a new mirror of the repository did not help: see what `git fsck` says of "
            f"{project.repo}, and delete {project.gate_folder}"
        ) from error


def _resolved(
    project: Project,
    request: Request,
    lay_out: Callable[[Source, Mapping[Side, Revision]], LaidOut],
) -> tuple[Source, dict[Side, Revision], LaidOut]:
    source = revisions.open_source(project)
    base, head = source.resolve(request.base), source.resolve(request.head)
    if request.from_merge_base:
        base = source.merge_base(base, head)
    source.keep(base, head)
    commits = {Side.BASE: base, Side.HEAD: head}
    return source, commits, lay_out(source, commits)


def unique(texts: Sequence[str]) -> tuple[str, ...]:
    """Each of them once, in their order."""
    return tuple(dict.fromkeys(texts))


def _obstacle(folder: Path, error: OSError) -> str:
    """Why nothing can be built in ``folder``: a full disk, a file where a folder should be."""
    what = f"cannot build in {folder}: {error.strerror or error}"
    if error.errno in READ_ONLY:
        return (
            f"{what}; the gate keeps its checkouts and builds there: run it in a clone of the "
            "repository that you may write to"
        )
    if error.errno not in IN_THE_WAY or not isinstance(error.filename, (str, bytes)):
        return what
    path = Path(os.fsdecode(error.filename))
    there = next((p for p in (path, *path.parents) if os.path.lexists(p)), path)
    # Above the gate's folder, the file in the way may be somebody else's.
    remedy = "delete" if there.is_relative_to(folder) else "move"
    return f"{what}: {there} is in the way; {remedy} it"

"""asv: from two names of revisions to two contenders and the benchmarks to run on them."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.gate.build import builds, compiled, siblings
from hotloop.gate.build.builds import Builds
from hotloop.gate.build.differences import Differences
from hotloop.gate.build.process import Say
from hotloop.gate.model import Contender, Origin, Request, Revision, Side
from hotloop.gate.preparation import Prepared, preparing, resolved, unique
from hotloop.gate.source import lfs
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Source
from hotloop.gate.suites.asv import check_out, discover


@contextlib.contextmanager
def prepare(project: Project, request: Request, progress: Say) -> Iterator[Prepared]:
    """Resolve, build and discover; the project is locked against a second gate meanwhile.

    Leave the context after measuring: until then nobody else may use the builds.
    """
    patterns = tuple(map(re.compile, request.benches))
    with preparing(project, lambda: _prepare(project, request, patterns, progress)) as prepared:
        yield prepared


def _prepare(
    project: Project, request: Request, patterns: Sequence[re.Pattern[str]], progress: Say
) -> Prepared:
    source, base, head, folder = lay_out(project, request)
    if folder is None:
        raise MeasurementError(
            f"{head.text} has no benchmarks: there is no folder {project.suite.name} in it"
        )
    if not (folder / "__init__.py").is_file():
        raise MeasurementError(f"{project.suite} at {head.text} is no suite: it lacks __init__.py")
    made = builds.build(
        project,
        source,
        {Side.BASE: base, Side.HEAD: head},
        dict(zip(Side, request.environments, strict=True)),
        folder,
        progress,
    )
    differences = Differences.of(project, source, base, head)
    differences.refuse_one_source(made)
    differences.refuse_the_package_as_suite(folder, made)
    sides = [
        replace(side, origin=_origin(project, source, side, made))
        for side in (made.base, made.head)
    ]
    earlier = check_out(project, source, base, Side.BASE)
    past = replace(sides[0], suite=earlier) if earlier is not None else None
    progress("looking for benchmarks")
    found = discover(project, sides[1], sides[0], past, patterns)
    unproved = (
        *made.unproved,
        *compiled.doubts(differences, made.base, made.head),
        *_hidden(project, made),
    )
    # Both sides' are the same.
    names = sides[1].origin.names
    helpers = tuple(differences.loaded_by_both(names, found.executed))
    readable = differences.readable_by_both(folder, names, found.executed)
    users = siblings.files(differences, sides)
    contenders = [
        replace(side, origin=replace(side.origin, **readable._asdict(), users=users))
        for side in sides
    ]
    pointers = lfs.missing(differences.checkout(), head.commit)
    warnings = unique(
        (*unproved, *made.warnings, *project.warnings, *found.warnings, *helpers, *pointers)
    )
    return Prepared(
        contenders[0],
        contenders[1],
        found,
        made.others,
        warnings,
        unproved,
        project.may_fork,
        differences,
        made.layouts,
    )


def lay_out(project: Project, request: Request) -> tuple[Source, Revision, Revision, Path | None]:
    """Both commits in the gate's mirror, and the folder of head's suite (None: head has none)."""
    source, commits, folder = resolved(
        project,
        request,
        lambda source, commits: check_out(project, source, commits[Side.HEAD], Side.HEAD),
    )
    return source, commits[Side.BASE], commits[Side.HEAD], folder


def _origin(project: Project, source: Source, side: Contender, made: Builds) -> Origin:
    """Where the modules of one side must come from.

    The names are those of both sides, because base may find a module elsewhere that only head
    has. Even if the suite is a part of what is installed, it is imported from its checkout.
    """
    names = {*made.base.proof.names, *made.head.proof.names} - {project.suite.name}
    # An existing environment may have the user's own working tree installed.
    tree = [source.tree] if source.tree is not None and side.proof.roots else []
    checkouts = tuple(str(folder) for folder in (project.gate_folder, *tree))
    return Origin(tuple(sorted(names)), side.proof.roots, checkouts, side.proof.doubt)


def _hidden(project: Project, made: Builds) -> Iterator[str]:
    """Doubts if asv imports the suite by the only name that the project has."""
    for each in (made.base, made.head):
        if each.proof.names == (project.suite.name,):
            yield (
                f"it is not shown that {each.side.value} ran its commit's code: the "
                f"suite's folder is called {project.suite.name}, as the project is, and stands "
                "before it"
            )

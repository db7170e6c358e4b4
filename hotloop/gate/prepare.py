"""From two names of revisions to two contenders and the benchmarks to run on them."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotloop.errors import MeasurementError
from hotloop.gate import builds, revisions, suite
from hotloop.gate.builds import Build, Builds, Progress, Wanted
from hotloop.gate.model import Contender, Origin, Side
from hotloop.gate.project import Project
from hotloop.gate.revisions import Source
from hotloop.gate.suite import Suite


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks for: two revisions, and for each side an environment of asv's.

    An environment is asv's specifier or a name of the matrix; None: the first one.
    ``merge_base`` replaces base by where head left it; ``benchmarks`` are regular
    expressions, searched in asv's labels.
    """

    base: str
    head: str
    merge_base: bool = False
    base_environment: str | None = None
    head_environment: str | None = None
    benchmarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that measuring needs; ``other_environments`` are those that nobody chose.

    ``unproved`` are warnings too: why it is not shown that a side is its commit's code.
    ``may_fork``: unless the configuration wants each process started anew.
    """

    base: Contender
    head: Contender
    suite: Suite
    other_environments: tuple[str, ...]
    warnings: tuple[str, ...]
    unproved: tuple[str, ...] = ()
    may_fork: bool = True


@contextlib.contextmanager
def prepare(project: Project, wish: Wish, progress: Progress) -> Iterator[Prepared]:
    """Resolve, build and discover; the project is locked against a second gate meanwhile.

    Leave it when the measuring is over: until then no one else may use the builds.
    """
    patterns = suite.compile_all(wish.benchmarks)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(builds.locked(project))
            prepared = _prepare(project, wish, patterns, progress)
        except OSError as error:
            # A full disk, a folder that cannot be written to.
            raise MeasurementError(
                f"cannot build in {project.gate_folder}: {error.strerror or error}"
            ) from error
        yield prepared


def _prepare(
    project: Project, wish: Wish, patterns: Sequence[re.Pattern[str]], progress: Progress
) -> Prepared:
    source = revisions.open_source(project)
    base, head = source.resolve(wish.base), source.resolve(wish.head)
    if wish.merge_base:
        base = source.merge_base(base, head)
    source.keep(base, head)
    folder = suite.check_out(project, source, head, Side.HEAD)
    if folder is None:
        raise MeasurementError(
            f"{head.text} has no benchmarks: there is no folder {project.suite.name} in it"
        )
    if not (folder / "__init__.py").is_file():
        raise MeasurementError(f"{project.suite} at {head.text} is no suite: it lacks __init__.py")
    made = builds.build(
        project,
        source,
        Wanted(Side.BASE, base, wish.base_environment),
        Wanted(Side.HEAD, head, wish.head_environment),
        progress,
    )
    contenders = [
        _contender(build, folder, _origin(project, source, build, made))
        for build in (made.base, made.head)
    ]
    earlier = suite.check_out(project, source, base, Side.BASE)
    past = replace(contenders[0], suite=earlier) if earlier is not None else None
    progress("looking for benchmarks")
    found = suite.discover(project, contenders[1], contenders[0], past, patterns)
    warnings = _unique((*made.unproved, *made.warnings, *project.warnings, *found.warnings))
    return Prepared(
        contenders[0],
        contenders[1],
        found,
        made.others,
        warnings,
        made.unproved,
        project.may_fork,
    )


def _origin(project: Project, source: Source, build: Build, made: Builds) -> Origin:
    """Where the modules of one side have to come from.

    What either side's project is imported as: a module that only head has, base may find
    elsewhere. The suite itself may be a part of what is installed; it is imported from its
    checkout all the same.
    """
    names = {*made.base.proof.names, *made.head.proof.names} - {project.suite.name}
    # An existing environment may have the user's own working tree installed.
    tree = [source.tree] if source.tree is not None and build.proof.roots else []
    checkouts = tuple(str(folder) for folder in (project.gate_folder, *tree))
    return Origin(tuple(sorted(names)), build.proof.roots, checkouts, build.proof.doubt)


def _contender(build: Build, folder: Path, origin: Origin) -> Contender:
    revision = build.wanted.revision
    return Contender(
        side=build.wanted.side,
        commit=revision.commit,
        revision=revision.name,
        subject=revision.subject,
        environment=build.environment,
        python=build.python,
        suite=folder,
        variables=build.variables,
        origin=origin,
    )


def _unique(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))

"""pytest: from two names of revisions to two contenders and the tests to run on them."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.gate.build import compiled, filling, here, own_data, siblings, venvs
from hotloop.gate.build.differences import Differences
from hotloop.gate.build.process import Say
from hotloop.gate.model import Contender, PytestRequest, Request, Revision, Side
from hotloop.gate.pairs.origins import refuse
from hotloop.gate.preparation import Prepared, preparing, resolved, unique
from hotloop.gate.source import tree
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Source
from hotloop.gate.suites.pytests import discovery
from hotloop.gate.suites.pytests.checkouts import (
    CHECKOUTS,
    check_out,
    lay_over,
    lay_over_around,
    lay_over_beside,
)
from hotloop.gate.suites.pytests.discovery import Asked, Listing
from hotloop.gate.suites.pytests.names import importable, imported
from hotloop.gate.suites.suite import some


@contextlib.contextmanager
def prepare(request: Request, asked: PytestRequest, progress: Say) -> Iterator[Prepared]:
    """Resolve, build and collect; the project is locked against a second gate meanwhile."""
    project = tree.load(asked.folder)
    patterns = tuple(map(re.compile, request.benches))
    with preparing(
        project, lambda: _prepare(project, request, asked, patterns, progress)
    ) as prepared:
        yield prepared


def _prepare(
    project: Project,
    request: Request,
    asked: PytestRequest,
    patterns: Sequence[re.Pattern[str]],
    progress: Say,
) -> Prepared:
    source, commits, (folders, missing) = resolved(
        project, request, lambda source, commits: _check_out(project, source, commits)
    )
    differences = Differences.of(project, source, commits[Side.BASE], commits[Side.HEAD])
    names = _environments(request, asked)
    if here.HERE in names.values():
        environments = None
        made, doubts = here.contenders(project, commits, folders)
        said: Sequence[str] = ()
    else:
        environments = venvs.install(
            project, source, commits, names, asked, folders[Side.HEAD], progress
        )
        made, doubts = _built(project, environments.contenders, folders, differences)
        said = environments.said
    progress("collecting the tests")
    tests = Asked(asked.paths, asked.arguments)
    head = discovery.describe(project, made[Side.HEAD], folders[Side.HEAD], tests)
    own = discovery.without_missing(tests, folders[Side.BASE])
    past = None
    if own is not None:
        past = discovery.describe(project, made[Side.BASE], folders[Side.BASE], own)
    listed, before = discovery.collect(project, head, past)
    try:
        suite = discovery.suite_of(project, head, listed, before, patterns)
    except MeasurementError as error:
        # Such as an extension that nobody has built here, which may be all that is wrong.
        raise MeasurementError("; ".join([str(error), *doubts])) from error
    tops = {side: project.gate_folder / CHECKOUTS[side] for side in Side}
    if not head.origin.names:
        found = imported(tops[Side.HEAD], listed["loaded"])
        made = {side: here.with_names(each, found, tops[side]) for side, each in made.items()}
        head = here.with_names(head, found, tops[Side.HEAD])
        doubts += _unknown(folders) if not found else []
    refuse(made, {Side.HEAD: _strays(head, listed)})
    changed = _bring_heads_tests(project, folders, listed)
    base = discovery.describe(project, made[Side.BASE], folders[Side.BASE], tests)
    data = own_data.of_each(differences, {Side.BASE: base, Side.HEAD: head}, tops)
    users = siblings.files(differences, (base, head))
    base, head = (
        replace(each, origin=replace(each.origin, own_data=data[each.side], users=users))
        for each in (base, head)
    )
    warnings = unique((*doubts, *said, *missing, *_shared_code(changed), *suite.warnings))
    return Prepared(
        base,
        head,
        suite,
        (),
        warnings,
        tuple(doubts),
        differences=differences,
        layouts=None if environments is None else partial(environments.layouts, base, head),
    )


def _environments(request: Request, asked: PytestRequest) -> dict[Side, str | None]:
    """The name of each side's environment, or of a Python to make one with."""
    both = asked.python or asked.environment
    names = {side: name or both for side, name in zip(Side, request.environments, strict=True)}
    if here.HERE in names.values() and set(names.values()) != {here.HERE}:
        raise UsageError(f"--environment {here.HERE} is for both sides, or for none")
    return names


def _built(
    project: Project,
    contenders: Mapping[Side, Contender],
    folders: Mapping[Side, Path],
    differences: Differences,
) -> tuple[dict[Side, Contender], list[str]]:
    """Both sides with their checkouts of tests, and doubts about what they run."""
    doubts = [
        f"it is not shown that {side.value} ran its commit's code: {each.proof.doubt}"
        for side, each in contenders.items()
        if each.proof.doubt is not None
    ]
    doubts += compiled.doubts(differences, contenders[Side.BASE], contenders[Side.HEAD])
    made = {}
    for side, folder in folders.items():
        filling.fill(folder, contenders[side])
        found = importable(project, folder)
        own = [str(folder / each) for each in found.folders]
        origin = contenders[side].origin
        made[side] = replace(contenders[side], origin=replace(origin, roots=(*origin.roots, *own)))
    return made, doubts


def _unknown(folders: Mapping[Side, Path]) -> list[str]:
    return [
        f"it is not shown that {side.value} ran its commit's code: there is no package in "
        f"{folder}, nor in src/ there, and the tests import nothing else from there"
        for side, folder in folders.items()
    ]


def _shared_code(changed: Sequence[str]) -> list[str]:
    """A warning if head's tests brought modules along that differ, for both sides to import."""
    if not changed:
        return []
    return [
        f"both sides have head's {some(changed)}, from among the tests; base has others: where "
        "tests run them, what they cost is not judged"
    ]


def _check_out(
    project: Project, source: Source, commits: Mapping[Side, Revision]
) -> tuple[dict[Side, Path], list[str]]:
    """Each side's folder, and what is missing in them."""
    made = {side: check_out(project, source, commits[side], side) for side in Side}
    missing = [each for _, said in made.values() for each in said]
    return {side: folder for side, (folder, _) in made.items()}, missing


def _strays(side: Contender, listed: Listing) -> list[tuple[str, str]]:
    """The project's modules that were imported from elsewhere when tests were collected."""
    roots = tuple(root + os.sep for root in side.origin.roots)
    return [
        (name, file)
        for name, file in sorted(listed["loaded"].items())
        if name.partition(".")[0] in side.origin.names and not file.startswith(roots)
    ]


def _bring_heads_tests(
    project: Project, folders: Mapping[Side, Path], listed: Listing
) -> list[str]:
    """The modules of head's tests that both sides run and that differ at base."""
    tests = {entry["file"] for entry in listed["benchmarks"]}
    files = {*tests, *filter(None, [listed["configuration"]])}
    inside = [file for file in files if not file.startswith("..")]
    head, base = folders[Side.HEAD], folders[Side.BASE]
    top = project.gate_folder / CHECKOUTS[Side.HEAD]
    lay_over_around(base, head, top, listed["configuration"])
    changed = lay_over_beside(base, head, top, tests)
    return changed + lay_over(base, head, inside, importable(project, head).places)

"""Which benchmarks there are: head's suite, as asv_runner finds it in each side's python.

Both sides run head's suite, from a checkout of head's commit in the gate's folder. Base's
own suite is only listed, to find out what is gone.
"""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.base.files import remove
from hotloop.gate.model import Contender, Revision, Side
from hotloop.gate.source import settings, submodules
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Source
from hotloop.gate.suites.expansion import (
    Axis,
    Found,
    ListedBenchmark,
    differing,
    dotted,
    expand,
    named,
)
from hotloop.gate.suites.search import Listing, Search
from hotloop.gate.suites.suite import Suite, matches, none_matches, some

# Where in the gate's folder; base's is only listed.
CHECKOUTS = {Side.BASE: "suite-of-base", Side.HEAD: "suite-of-head"}


def check_out(project: Project, source: Source, revision: Revision, side: Side) -> Path | None:
    """The suite's folder as of ``revision``, below the gate's; None: no suite at that commit.

    The whole commit is checked out, so that a suite finds files that it names relative to
    itself; asv_runner keeps the folder above it off sys.path. A suite outside the project's
    repository has no commits: it is copied as it is now.
    """
    place = project.gate_folder / CHECKOUTS[side]
    inside = _inside(project, source)
    if inside is None:
        if not project.suite.is_dir():
            return None
        _empty(place)
        copied = place / project.suite.name
        shutil.copytree(project.suite, copied, ignore=shutil.ignore_patterns("__pycache__"))
        return copied
    stamp = project.gate_folder / f"{CHECKOUTS[side]}.commit"
    laid_out = place.is_dir() and stamp.is_file()
    if (
        not (laid_out and stamp.read_bytes() == revision.commit.encode())
        # Benchmarks of an earlier run may have written to it.
        or submodules.is_changed(place)
    ):
        remove(stamp)
        _empty(place)
        variables = source.settings(revision)
        submodules.lay_out(place, source.mirror, revision.commit, inside, variables)
        stamp.write_bytes(revision.commit.encode())
    suite = place / inside
    return suite if suite.is_dir() else None


def discover(
    project: Project,
    head: Contender,
    base: Contender | None,
    past: Contender | None,
    patterns: Sequence[re.Pattern[str]],
) -> Suite:
    """Import head's suite in both sides' pythons, and base's own (``past``, None: it has none).

    ``base`` runs head's suite, as it will in the pairs. Parameters that differ between the two,
    and between two processes of head, have no usable text. Raises MeasurementError if head's
    suite cannot be imported, has no benchmark, or none that matches one of ``patterns``
    (searched in names, asv's included).
    """
    warnings: list[str] = []
    earlier: Listing | None = None
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotloop-")))

        def search(contender: Contender, what: str) -> Search:
            return stack.enter_context(Search(project, contender, what, folder))

        at_head = search(head, "head")
        at_base = None if base is None else search(base, "head-in-base")
        before = None if past is None else search(past, "base")
        listed = at_head.found()
        entries = listed["benchmarks"]
        changing = _differing(entries, at_base)
        if changing:
            # Does head differ from base, or does every process differ from every other?
            changing &= _differing(entries, search(head, "head-again"))
        # If base's own suite cannot even be imported, nothing can be gone.
        if before is not None:
            try:
                earlier = before.found()
            except MeasurementError as error:
                warnings.append(f"what head's suite dropped is not known: {error}")
    found, unknown = expand(entries, project.benchmark_timeout_s, changing)
    if not found:
        what = f"no benchmark in {project.suite} at head, {head.revision.text}"
        raise MeasurementError("; ".join([what, *_not_judged(listed, unknown, ())]))
    chosen = [each for each in found if each.matches(patterns)]
    if not chosen:
        raise none_matches(patterns, [each.benchmark.label for each in found])
    before_it = [] if earlier is None else earlier["benchmarks"]
    then, _ = expand(before_it, project.benchmark_timeout_s, changing)
    return Suite(
        tuple(each.benchmark for each in chosen),
        gone=_missing([each for each in then if each.matches(patterns)], found),
        warnings=(
            *warnings,
            *_not_judged(listed, unknown, patterns),
            *_shared_names(entries),
            *settings.of_suite(entries),
            *settings.of_rates(each.benchmark for each in chosen),
        ),
        executed=tuple(listed["executed"]),
    )


def _differing(entries: Sequence[ListedBenchmark], other: Search | None) -> set[Axis]:
    """Parameters whose texts the other process does not have; all, if it lists nothing."""
    others: Sequence[ListedBenchmark] = ()
    if other is not None:
        # What fails here also fails in the pairs, and is reported there.
        with contextlib.suppress(MeasurementError):
            others = other.found()["benchmarks"]
    return differing(entries, others)


def _missing(some: Sequence[Found], others: Sequence[Found]) -> tuple[str, ...]:
    """Labels of those that are not among the others under any name."""
    known = frozenset(key for each in others for key in each.keys)
    return tuple(each.benchmark.label for each in some if not each.keys & known)


def _not_judged(
    listed: Listing,
    unknown: Sequence[tuple[str, str]],
    patterns: Sequence[re.Pattern[str]],
) -> list[str]:
    """A sentence for each reason why something in the suite is not a benchmark here."""
    overlooked = [(dotted(place), why) for place, why in listed["overlooked"]]
    names: dict[str, list[str]] = {}
    for name, why in (*unknown, *overlooked):
        if matches(name, patterns):
            names.setdefault(why, []).append(name)
    return [
        f"{some(labels)} {'is' if len(labels) == 1 else 'are'} not judged: {why}"
        for why, labels in names.items()
    ]


def _shared_names(entries: Sequence[ListedBenchmark]) -> list[str]:
    """A sentence for each of asv's names that several benchmarks share."""
    names = named(entries)
    by_name: dict[str, list[str]] = {}
    for entry in entries:
        by_name.setdefault(entry["name"], []).append(names[entry["place"]])
    return [
        f"asv has one name, {name}, for {len(labels)} benchmarks; here they are {some(labels)}"
        for name, labels in by_name.items()
        if len(labels) > 1
    ]


def _inside(project: Project, source: Source) -> str | None:
    """The suite's path inside the repository; None if it is elsewhere."""
    if source.tree is None:
        return None
    tree = source.tree.resolve()
    if not project.suite.is_relative_to(tree):
        return None
    inside = project.suite.relative_to(tree).as_posix()
    return "" if inside == "." else inside


def _empty(place: Path) -> None:
    remove(place)
    place.mkdir(parents=True)

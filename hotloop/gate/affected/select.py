"""What is prepared ──> what of it is measured, and what is untouched by the change."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotloop.gate.affected import changes
from hotloop.gate.affected.decide import Change, Shared, Sight, touched_by
from hotloop.gate.affected.tracing import Sights, Tracer, trace
from hotloop.gate.build.differences import PYTHON, Differences
from hotloop.gate.model import Benchmark, Side
from hotloop.gate.pairs.leftovers import scratch_folder
from hotloop.gate.pairs.watch import Watch
from hotloop.gate.preparation import Prepared
from hotloop.gate.suites.asv import CHECKOUTS


@dataclass(frozen=True, slots=True)
class Selection:
    """``touched``: each benchmark to measure, and by what of the change; ``untouched``: the rest.

    ``seconds``: what it took to find out. ``remarks`` say what was taken as no change.
    """

    touched: Mapping[Benchmark, str]
    untouched: tuple[Benchmark, ...]
    seconds: float
    remarks: tuple[str, ...] = ()


def select(prepared: Prepared, progress: Callable[[str, float], None]) -> Selection:
    """Trace what is prepared, unless the change touches everything anyway."""
    start_s = time.monotonic()
    benchmarks = prepared.suite.benchmarks
    base, head, differences = prepared.base, prepared.head, prepared.differences
    assert differences is not None
    change = Change(
        everything=changes.everything(differences, base, head),
        written=changes.written(differences, base, head),
    )
    sights: Mapping[Side, Sights] = {side: dict.fromkeys(benchmarks, "") for side in Side}
    if change.everything is None:
        files = _readable(differences)
        watch = Watch(files)
        sights = trace(
            {Side.BASE: base, Side.HEAD: head},
            benchmarks,
            prepared.may_fork,
            lambda part: progress("looking for what the change touches", part),
        )
        change = replace(
            change,
            everything=_read_by_some(differences, [*map(str, watch.read())]),
            shared=_shared(prepared, differences, sights),
            sources=changes.compiled_sources(differences, base, head),
            own=tuple(
                f"{name.replace('.', '/')}{end}" for name in head.origin.names for end in "/."
            ),
            modules=changes.new_modules(differences),
        )
    reasons = {
        benchmark: touched_by(sights[Side.BASE][benchmark], sights[Side.HEAD][benchmark], change)
        for benchmark in benchmarks
    }
    return Selection(
        {benchmark: why for benchmark, why in reasons.items() if why is not None},
        tuple(benchmark for benchmark, why in reasons.items() if why is None),
        time.monotonic() - start_s,
        tuple(
            f"{path} is written by the build, with its version: it does not count as changed"
            for path in sorted(change.written)
        ),
    )


def _readable(differences: Differences) -> list[str]:
    """Files of head's checkout that differ at base and are no code: who reads them, and how?"""
    checkout = differences.checkout()
    return [
        str(checkout / path)
        for path in differences.differing()
        if not path.endswith(PYTHON) and path in differences.trees[1]
    ]


def _read_by_some(differences: Differences, read: Sequence[str]) -> str | None:
    """Why the change touches every benchmark if files were ``read``: by whom is not known."""
    if not read:
        return None
    path = os.path.relpath(read[0], differences.checkout())
    return f"{path} differs, and a benchmark reads it"


def _shared(
    prepared: Prepared, differences: Differences, sights: Mapping[Side, Sights]
) -> dict[str, Shared]:
    """Files of head's checkout, or of the user's own, that were used and differ at base."""
    used = {
        file
        for of_side in sights.values()
        for sight in of_side.values()
        if isinstance(sight, Sight)
        for file in (*sight.code, *sight.files)
    }
    differing = set(differences.differing())
    folders = [differences.checkout().resolve()]
    if differences.source.tree is not None:
        folders.append(differences.source.tree.resolve())
    places: dict[str, str] = {}
    for file in used:
        # The suite may have found it by way of a link.
        real = Path(file).resolve()
        for folder in folders:
            if real.is_relative_to(folder):
                path = real.relative_to(folder).as_posix()
                if path in differing:
                    places.setdefault(file, path)
    before = differences.project.gate_folder / CHECKOUTS[Side.BASE]
    at_base = {f: before / path for f, path in places.items() if (before / path).is_file()}
    found = {file: Shared(path) for file, path in places.items()}
    if at_base:
        with scratch_folder() as scratch:
            code = Tracer(prepared.base, scratch, prepared.may_fork).code_of([*at_base.values()])
        found |= {f: Shared(places[f], names) for f, names in zip(at_base, code, strict=True)}
    return found

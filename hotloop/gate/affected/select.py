"""What is prepared ──> what of it is measured, and what is untouched by the change."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotloop.gate.affected import changes
from hotloop.gate.affected.decide import Change, touched_by
from hotloop.gate.affected.shared import checkouts, shared
from hotloop.gate.affected.tracing import Sights, trace
from hotloop.gate.build.differences import PYTHON, Differences
from hotloop.gate.model import Benchmark, Side
from hotloop.gate.pairs.watch import Watch
from hotloop.gate.preparation import Prepared


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
    written = changes.written(differences, base, head)
    change = Change(
        everything=changes.everything(differences, base, head),
        written=frozenset(changes.shown_places(differences, written)),
    )
    sights: Mapping[Side, Sights] = {side: dict.fromkeys(benchmarks, "") for side in Side}
    if change.everything is None:
        folders = checkouts(prepared, differences)
        watch = Watch(_readable(differences, folders))
        sights = trace(
            {Side.BASE: base, Side.HEAD: head},
            benchmarks,
            prepared.may_fork,
            lambda part: progress("looking for what the change touches", part),
        )
        change = replace(
            change,
            everything=_read_by_some(folders, watch.read()),
            shared=shared(prepared, differences, sights),
            sources=changes.compiled_sources(differences, base, head),
            own=tuple(
                f"{name}{end}"
                for name in changes.shown_places(
                    differences, (name.replace(".", "/") for name in head.origin.names)
                )
                for end in "/."
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
            for path in sorted(written)
        ),
    )


def _readable(differences: Differences, folders: Sequence[Path]) -> list[str]:
    """Files that differ between the commits and are no code: who reads them, and how?"""
    return [
        str(folder / path)
        for path in differences.differing()
        if not path.endswith(PYTHON)
        for folder in folders
    ]


def _read_by_some(folders: Sequence[Path], read: Sequence[Path]) -> str | None:
    """Why the change touches every benchmark if files were ``read``: by whom is not known."""
    if not read:
        return None
    (folder,) = (folder for folder in folders if read[0].is_relative_to(folder))
    return f"{read[0].relative_to(folder)} differs, and a benchmark reads it"

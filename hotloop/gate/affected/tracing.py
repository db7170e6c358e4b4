"""What each benchmark runs, on both sides at once: each in a worker of its own that watches itself.

    first worker ──fork──> imports module a ──fork──> one benchmark: set up, call, tear down
                                            ──fork──> another
                 ──fork──> imports module b ...

What was imported before a fork belongs to all that come after it; asv_runner or pytest, which all
need, is imported once. If a module starts threads, which a fork would lack, each of its benchmarks
gets a worker of its own. Whatever fails, hangs or takes long is not traced, and so is measured.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hotloop.base import interrupts
from hotloop.gate.affected import changes
from hotloop.gate.affected.decide import Sight
from hotloop.gate.model import Benchmark, Contender, Kind, Side
from hotloop.gate.pairs.caches import bring, class_of
from hotloop.gate.pairs.forks import Fork
from hotloop.gate.pairs.leftovers import TEMPORARY, orphans_ended, scratch_folder
from hotloop.gate.pairs.spawn import start_worker, variables_of
from hotloop.timing.children import HANGS, Child, Lost

# A benchmark that takes longer is measured: tracing is to cost less than it saves.
LIMIT_S = 10.0
# After this, there is no further set-up, and no further call but the two that each benchmark gets.
ENOUGH_S = 0.5
# After so many benchmarks of a module that take longer, the rest of it is measured.
MOST_SLOW = 6
LOAD_LIMIT_S = 60.0
CODE_LIMIT_S = 10.0
# How the modules of workers that watch themselves begin; the rest is the kind of the suite.
WATCHED = "watched_"
ENV = "{env}"
TIMED = frozenset({Kind.TIME, Kind.TIMERAW})

Sights = Mapping[Benchmark, Sight | str]
"""What was seen of each benchmark, or why nothing was."""


def trace(
    contenders: Mapping[Side, Contender],
    benchmarks: Sequence[Benchmark],
    may_fork: bool,
    progress: Callable[[float], None],
) -> dict[Side, Sights]:
    """Trace every benchmark on both sides; ``progress`` gets the part that is done."""
    progress(0.0)
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(scratch_folder())
        stack.enter_context(orphans_ended())
        count = _Count(progress, len(benchmarks) * len(contenders))
        tracers = {
            side: Tracer(contender, scratch / side.value, may_fork)
            for side, contender in contenders.items()
        }
        pool = stack.enter_context(ThreadPoolExecutor(len(tracers), "trace"))
        try:
            sights = interrupts.at_once(
                pool, lambda tracer: tracer.sights(benchmarks, count), tracers.values()
            )
            return dict(zip(tracers, sights, strict=True))
        finally:
            # Before the threads are waited for: after Ctrl-C they have nothing left to do.
            for tracer in tracers.values():
                tracer.stop()


@dataclass(slots=True)
class _Count:
    progress: Callable[[float], None]
    total: int
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, number: int = 1) -> None:
        with self.lock:
            self.done += number
            self.progress(self.done / max(1, self.total))


@dataclass(frozen=True, slots=True)
class First:
    """The worker that has imported what all modules need; ``sight``: what was seen of that.

    ``sight`` None: it failed. ``stack`` ends it.
    """

    child: Child
    sight: Sight | None
    stack: contextlib.ExitStack


class Tracer:
    """The workers of one side, one at a time; ``stop`` ends them from another thread."""

    def __init__(self, contender: Contender, folder: Path, may_fork: bool) -> None:
        self._contender = replace(contender, runner=f"{WATCHED}{contender.runner}")
        self._folder = folder
        self._own = os.path.join(os.path.realpath(folder), "")  # noqa: PTH118
        self._may_fork = may_fork
        self._has_first = may_fork
        self._first: First | None = None
        environment = os.fspath(contender.python.parent.parent)
        places = {environment: ENV, **dict(contender.places)}
        # One may lie in another.
        self._places = [
            (os.path.join(place, ""), f"{places[place]}/")  # noqa: PTH118
            for place in sorted(places, key=len, reverse=True)
        ]
        self._suite = os.fspath(contender.suite)
        self._caches: dict[tuple[str, str], tuple[Path, Sight] | str] = {}
        self._digests: dict[str, str] = {}
        self._folders = 0
        self._children: list[Child] = []
        self._stopped = False

    def sights(self, benchmarks: Sequence[Benchmark], count: _Count) -> Sights:
        """What was seen of each."""
        found: dict[Benchmark, Sight | str] = {}
        by_module: dict[str, list[Benchmark]] = {}
        for benchmark in benchmarks:
            if benchmark.kind is Kind.TIMERAW:
                found[benchmark] = "its script runs in another interpreter"
                count.add()
            else:
                by_module.setdefault(_module_of(benchmark), []).append(benchmark)
        try:
            for members in by_module.values():
                for benchmark, sight in self._of_module(members):
                    found[benchmark] = sight
                    count.add()
        finally:
            self._end_first()
        return found

    def stop(self) -> None:
        self._stopped = True
        for child in list(self._children):
            child.kill()

    def code_of(
        self, files: Sequence[Path], whole: Sequence[bool]
    ) -> list[dict[str, frozenset[str]]]:
        """The code in each of these Python files; empty for what cannot be compiled.

        ``whole``: as in ``fingerprints_of_source``.
        """
        found = []
        with self._worker() as (child, _):
            for file in files:
                child.send("code_of", file=os.fspath(file), whole=list(whole))
                reply = child.receive(CODE_LIMIT_S)
                names = reply if isinstance(reply, dict) else {}
                found.append({name: frozenset(prints) for name, prints in names.items()})
        return found

    def _of_module(self, members: Sequence[Benchmark]) -> Iterator[tuple[Benchmark, Sight | str]]:
        """One worker for all of them, as long as it lives; then another for the rest."""
        left = list(members)
        slow = 0
        while left and not self._stopped:
            with self._importer() as (child, importer, before):
                imported = self._loaded(importer, left[0], before)
                if isinstance(imported, str):
                    yield from ((benchmark, imported) for benchmark in left)
                    return
                while left:
                    benchmark = left[0]
                    if self._may_fork:
                        sight, is_usable = self._forked(child, benchmark, imported)
                    else:
                        sight, is_usable = None, True
                    if sight is None:
                        # Its module has threads by now, or forks are not wanted.
                        sight = self._fresh(benchmark)
                    left.pop(0)
                    yield benchmark, sight
                    slow += isinstance(sight, str) and sight.endswith(HANGS)
                    if slow == MOST_SLOW:
                        # As those that share a set-up which takes long.
                        yield from ((each, "others of its file took too long") for each in left)
                        return
                    if not is_usable:
                        break

    def _forked(
        self, child: Child, benchmark: Benchmark, imported: Sight
    ) -> tuple[Sight | str | None, bool]:
        """What was seen in a fork of the process that answers to ``child``.

        And whether that can be used again. None if it cannot be forked.
        """
        cache = self._cache(benchmark)
        if isinstance(cache, str):
            return cache, True
        folder = self._new_folder(cache)
        fork = Fork(child, folder.with_suffix(".log"))
        fork.begin(self._suite, benchmark.asv_id, folder)
        if not fork.has_begun(LIMIT_S):
            return None, True
        try:
            sight = self._traced(fork, benchmark)
            is_usable = fork.leave()
        finally:
            fork.kill()
        if isinstance(sight, Sight):
            sight = sight | imported
            if cache is not None:
                sight = sight | cache[1]
        return sight, is_usable

    def _fresh(self, benchmark: Benchmark) -> Sight | str:
        """What was seen in a worker of its own."""
        cache = self._cache(benchmark)
        if isinstance(cache, str):
            return cache
        with self._worker(cache) as (child, _):
            imported = self._loaded(child, benchmark)
            if isinstance(imported, str):
                return imported
            sight = self._traced(child, benchmark)
        if isinstance(sight, str):
            return sight
        return sight | imported | cache[1] if cache is not None else sight | imported

    def _loaded(
        self, worker: Child | Fork, benchmark: Benchmark, before: Sight | None = None
    ) -> Sight | str:
        """What was seen of its import; ``before``: of what had been imported already."""
        worker.send("load", suite=self._suite, name=benchmark.asv_id)
        sight = self._sight(worker.receive(LOAD_LIMIT_S))
        return sight if isinstance(sight, str) or before is None else sight | before

    def _traced(self, worker: Child | Fork, benchmark: Benchmark) -> Sight | str:
        worker.send(
            "trace",
            suite=self._suite,
            name=benchmark.asv_id,
            timed=benchmark.kind in TIMED,
            enough_s=ENOUGH_S,
        )
        return self._sight(worker.receive(min(LIMIT_S, benchmark.timeout_s)))

    def _cache(self, benchmark: Benchmark) -> tuple[Path, Sight] | str | None:
        """The folder that its cached set-up left, and what was seen of that."""
        if benchmark.setup_cache_key is None:
            return None
        key = (benchmark.setup_cache_key, class_of(benchmark))
        if key not in self._caches:
            with self._worker() as (child, folder):
                child.send("set_up_cache", suite=self._suite, name=benchmark.asv_id)
                limit_s = min(LOAD_LIMIT_S, benchmark.setup_cache_timeout_s)
                reply = child.receive(limit_s)
                if isinstance(reply, Lost):
                    self._caches[key] = f"setup_cache: {reply.message}"
                else:
                    child.send("seen")
                    sight = self._sight(child.receive(LIMIT_S))
                    self._caches[key] = sight if isinstance(sight, str) else (folder, sight)
        return self._caches[key]

    @contextlib.contextmanager
    def _importer(self) -> Iterator[tuple[Child, Child | Fork, Sight | None]]:
        """Who imports a module: a fork of the first worker, or else a new one.

        With the process whose pipes it answers on, and what was seen before it.
        """
        fork = self._fork_of_first()
        if fork is None or self._first is None:
            with self._worker() as (child, _):
                yield child, child, None
            return
        try:
            yield self._first.child, fork, self._first.sight
        finally:
            if not fork.leave():
                self._end_first()

    def _fork_of_first(self) -> Fork | None:
        """A fork of the first worker, which is started if there is none; None if it cannot be."""
        if not self._has_first:
            return None
        if self._first is None:
            stack = contextlib.ExitStack()
            child, _ = stack.enter_context(self._worker())
            child.send("begin", suite=self._suite)
            sight = self._sight(child.receive(LOAD_LIMIT_S))
            self._first = First(child, sight if isinstance(sight, Sight) else None, stack)
        folder = self._new_folder(None)
        fork = Fork(self._first.child, folder.with_suffix(".log"))
        if self._first.sight is not None:
            fork.begin(self._suite, "", folder)
            if fork.has_begun(LOAD_LIMIT_S):
                return fork
        # It failed, or has threads.
        self._has_first = False
        self._end_first()
        return None

    def _end_first(self) -> None:
        first, self._first = self._first, None
        if first is not None:
            first.stack.close()

    @contextlib.contextmanager
    def _worker(self, cache: tuple[Path, Sight] | None = None) -> Iterator[tuple[Child, Path]]:
        """A worker that watches itself, and its folder; ended with the context."""
        folder = self._new_folder(cache)
        child = start_worker(
            self._contender,
            # What it writes and reads again has another name each time, and need not be compared.
            {**variables_of(self._contender), TEMPORARY: os.fspath(self._folder)},
            folder.with_suffix(".log"),
            folder,
        )
        self._children.append(child)
        try:
            if self._stopped:
                child.kill()
            yield child, folder
        finally:
            child.kill()
            self._children.remove(child)
            child.reap()

    def _new_folder(self, cache: tuple[Path, Sight] | None) -> Path:
        self._folders += 1
        folder = self._folder / f"{self._folders:06d}"
        folder.mkdir(parents=True)
        if cache is not None:
            bring(cache[0], folder)
        return folder

    def _sight(self, reply: object) -> Sight | str:
        """A worker's report with the contents of what it names."""
        if isinstance(reply, Lost):
            return reply.message
        if not isinstance(reply, dict) or "code" not in reply:
            return "it gave no report"
        report: dict[str, Any] = reply
        files = {
            self._plain(f): self._digest(f)
            for f in self._not_its_own(report["files"])
            # With a version, which need not be the commit's doing; ``changes`` reads the rest.
            if not changes.NOTES.search(f)
        }
        listings = {
            f"{self._plain(f)}/": changes.listing(Path(f))
            for f in self._not_its_own(report["folders"])
        }
        return Sight(
            code={
                file: {name: frozenset(prints) for name, prints in names.items()}
                for file, names in report["code"].items()
            },
            files=files | listings,
            compiled={self._plain(f): self._digest(f) for f in report["mapped"]},
            unseen=tuple(report["unseen"]),
            seeks=bool(report["seeks"]),
            python=str(report["python"]),
        )

    def _not_its_own(self, files: Sequence[str]) -> Iterator[str]:
        """Without those that a traced process has made: what made them is seen. Links count."""
        for file in files:
            if not file.startswith(self._own):
                yield file
            elif not (real := os.path.realpath(file)).startswith(self._own):
                yield real

    def _plain(self, file: str) -> str:
        for place, name in self._places:
            if file.startswith(place):
                return name + file.removeprefix(place)
        return file

    def _digest(self, file: str) -> str:
        """Files outside of the side's own places are the same on both, and have no digest."""
        if not file.startswith(tuple(place for place, _ in self._places)):
            return ""
        if file not in self._digests:
            self._digests[file] = changes.digest(Path(file))
        return self._digests[file]


def _module_of(benchmark: Benchmark) -> str:
    """The module of the suite, or the file, that has it."""
    if benchmark.file is not None:
        return benchmark.file
    owner = class_of(benchmark)
    return owner.partition(":")[0] if ":" in owner else benchmark.module

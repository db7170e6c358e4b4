"""One benchmark of an asv suite in this process, from import to teardown."""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from .calls import Call, call_of, is_raw, median, parameters
from .copies import folder_like_this
from .find import find, write_list
from .origin import strays_of_a_child
from .own import time
from .process import goes_on_in_forks
from .serve import Worker
from .skips import Skipped, last_line
from .undone import look_at_hooks, looked_at, refuse, refuse_function, refuse_functions
from .values import own_peak_bytes
from .warm_up import try_first_calls, warm_up

# asv_runner measures objects with this and can do without it if none is measured. It imports
# NumPy if there is one, which takes half of a pair's start-up time.
SIZER = "pympler"
# How asv_runner introduces the traceback of a timeraw benchmark's script.
RAW_FAILURE = "Subprocess failed: "
# asv_runner's methods that call the suite's hooks.
HOOKS = {"do_setup": "setup", "do_teardown": "teardown"}

__all__ = ["WORKER", "write_list"]


class AsvWorker(Worker):
    """One benchmark of an asv suite in this process."""

    def __init__(self, replies: int, inbox: int, outbox: int) -> None:
        super().__init__(replies, inbox, outbox)
        self._benchmark: Any = None
        self._is_set_up = False
        self._call: Call | None = None
        self._copies = itertools.count()

    def handlers(self) -> dict[str, Callable[..., object]]:
        """What answers each command."""
        return {
            **super().handlers(),
            "set_up_cache": self.set_up_cache,
            "value": self.value,
        }

    def set_up_cache(self, suite: str, name: str) -> dict[str, object]:
        """Leave ``cache.pickle``, and whatever else the suite makes, in this folder."""
        self._stage = "setup_cache"
        benchmark = find(suite, name, with_parameters=False)
        refuse_function("setup_cache", benchmark._setup_cache)
        self._thrown_away.forget()
        cache = benchmark.do_setup_cache()
        refuse("setup_cache", cache, lazy=False)
        self._thrown_away.refuse("setup_cache")
        with Path("cache.pickle").open("wb") as file:
            pickle.dump(cache, file)
        return {"of_a_class": inspect.ismethod(benchmark._setup_cache)}

    def load_for_forks(self, suite: str, name: str) -> None:
        """Import what ``name`` needs, also for later forks."""
        with not_importable(SIZER):
            # Only the fork itself needs the parameters.
            find(suite, name, with_parameters=False)

    def prepare(
        self,
        suite: str,
        name: str,
        timed: bool,
        known_block_s: float,
        starts_warm: bool,
        firsts: bool,
    ) -> object:
        """Import, set up and, if it is timed, warm up; returns the costs of a block."""
        self._load(suite, name, timed)
        alone = goes_on_in_forks()
        if timed and firsts:
            return {}
        start_s = time.perf_counter()
        self._set_up()
        if not timed:
            return {}
        set_up_s = time.perf_counter() - start_s
        self._stage = "the call"
        self._call = call = call_of(self._benchmark)
        if call.firsts():
            costs = {"set_up_s": set_up_s, **try_first_calls(call, can_be_copied=alone)}
        else:
            costs = {} if starts_warm else warm_up(call, known_block_s)
            if costs:
                costs["set_up_s"] = set_up_s
        self._thrown_away.refuse()
        return costs

    def value(self) -> object:
        """What the benchmark returns, if it is not timed; then tear down."""
        self._stage = "the call"
        benchmark = self._benchmark
        # The object that a mem benchmark measures may be an iterator.
        benchmark.func = looked_at("it", benchmark.func, lazy=benchmark.type != "memory")
        value = benchmark.do_run()
        self._thrown_away.refuse()
        if benchmark.type == "peakmemory":
            value = own_peak_bytes(value)
        if value is None or isinstance(value, (str, dict, list, tuple)):
            raise TypeError(f"it returned {value!r}, which is no number"[:200])
        value = float(value)
        self._tear_down()
        return {"number": value}

    def finish(self) -> dict[str, object]:
        """Tear down what was timed."""
        self._tear_down()
        return {}

    def sampler(self, calls: int, blocks: int, clock: str, firsts: bool) -> Callable[[], float]:
        """What takes one sample, in seconds of all its calls."""
        take = self._first_sample if firsts else self._sample
        return functools.partial(take, calls, blocks, clock)

    def for_a_copy(
        self, take: Callable[[], list[float]], sample: Callable[[], float], firsts: bool
    ) -> tuple[Callable[[], list[float]], Path | None]:
        """``take`` as a copy of this process has to do it, and the folder it has to do it in."""
        if not firsts:
            return functools.partial(self._warmed_up, sample, take), None
        # If importing the suite changed the folder, it is not ours to copy.
        ours = Path.cwd() == self._folder
        return take, folder_like_this(self._folder, next(self._copies)) if ours else None

    def begin_copies(self) -> None:
        """Tear down, because each copy sets up for itself.

        What is outside a process, such as its files, is not copied with it.
        """
        self._tear_down()

    def strays_of_children(
        self, names: Sequence[str], roots: Sequence[str], own: Sequence[str]
    ) -> list[list[str]]:
        """Modules from outside ``roots`` in a timeraw benchmark's interpreter."""
        if self._benchmark is None or not is_raw(self._benchmark):
            return []
        return strays_of_a_child(self._benchmark, parameters(self._benchmark), names, roots, own)

    def _sample(self, calls: int, blocks: int, clock: str) -> float:
        assert self._call is not None, "the first command must be prepare"
        return self._call.sample(calls, blocks, self._call.clock(clock))

    def _first_sample(self, calls: int, blocks: int, clock: str) -> float:
        """The median of what asv would time in a process that has called nothing yet."""
        self._set_up()
        self._stage = "the call"
        call = call_of(self._benchmark)
        samples = call.first_samples(calls, blocks, call.clock(clock))
        self._thrown_away.refuse()
        self._tear_down()
        return median(samples)

    def _warmed_up(
        self, warm_up: Callable[[], float], take: Callable[[], list[float]]
    ) -> list[float]:
        """The result of ``take`` in a copy of this process, between a set-up and a teardown."""
        assert self._call is not None
        self._call.pid = self._pid
        self._set_up()
        self._stage = "the call"
        warm_up()
        samples = take()
        self._thrown_away.refuse()
        self._tear_down()
        return samples

    def _load(self, suite: str, name: str, timed: bool) -> None:
        self._stage = "import"
        self._folder = Path.cwd()
        with not_importable(SIZER) if timed else contextlib.nullcontext():
            import asv_runner.discovery  # noqa: F401  (what it can do without, it never has)

        benchmark = find(suite, name)
        refuse_functions(benchmark)
        look_at_hooks(benchmark)
        self._thrown_away.forget()
        self._benchmark = benchmark
        if benchmark.setup_cache_key is not None:
            self._stage = "reading the cache"
            with Path("cache.pickle").open("rb") as file:
                give_cache(benchmark, pickle.load(file))

    def _set_up(self) -> None:
        """Run the suite's set-ups, so that the first block needs none, or raise Skipped."""
        self._stage = "setup"
        self._is_set_up = True
        skipped = self._benchmark.do_setup()
        self._benchmark._redo_setup_next = False
        if skipped:
            raise Skipped

    def _tear_down(self) -> None:
        """Run the suite's teardowns, once for each set-up."""
        if self._is_set_up:
            self._is_set_up = False
            self._stage = "teardown"
            self._benchmark.do_teardown()

    def clean_up(self) -> None:
        """Tear down after an error that has already been reported."""
        with contextlib.suppress(BaseException):
            self._tear_down()

    def told(self, error: BaseException) -> str:
        """One line on an error: which of the suite's functions raised what."""
        first_line = (str(error).strip().splitlines() or [""])[0]
        if first_line.startswith(RAW_FAILURE):
            first_line = last_line(error)
        stage = hook_that_raised(error) or self._stage
        what = f"{stage} raised {type(error).__name__}"
        if isinstance(error, FileNotFoundError) and not self._folder.exists():
            return f"{what}: its current folder was removed"
        return f"{what}: {first_line}" if first_line else what


def give_cache(benchmark: Any, cache: object) -> None:
    """Let the benchmark's functions get what ``setup_cache`` has returned."""
    if hasattr(benchmark, "set_cache"):
        benchmark.set_cache(cache)
    elif cache is not None:
        # Before 0.3 of asv_runner the cache was the first parameter.
        benchmark.insert_param(cache)


@contextlib.contextmanager
def not_importable(module: str) -> Iterator[None]:
    """Make imports of a module fail as if it were not installed, unless it is already imported."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


def hook_that_raised(error: BaseException) -> str | None:
    """Which of the suite's hooks raised, if asv_runner was calling one."""
    frames = traceback.walk_tb(error.__traceback__)
    hooks = [HOOKS[frame.f_code.co_name] for frame, _ in frames if frame.f_code.co_name in HOOKS]
    return hooks[-1] if hooks else None


WORKER = AsvWorker

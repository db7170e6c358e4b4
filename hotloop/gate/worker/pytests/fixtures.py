"""``benchmark``: each plugin's own fixture, which waits for its turns, or one of ours.

pytest-benchmark's and pytest-codspeed's classes are changed where they would begin to measure, so
that their options, marks, subclasses and errors stay their own.
"""

from __future__ import annotations

import importlib
import itertools
import statistics
import sys
from typing import Any, Callable, Mapping, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from .calls import PedanticCall, TestCall

Measure = Callable[[TestCall], "list[float]"]
"""Samples a call as often as the driver wants; returns seconds a call."""


def patch(measure: Measure) -> None:
    """Let the fixtures of the plugins that are loaded call ``measure``."""
    of_benchmark = sys.modules.get("pytest_benchmark.fixture")
    if of_benchmark is not None:
        _patch_benchmark(of_benchmark.BenchmarkFixture, measure)
    of_codspeed = sys.modules.get("pytest_codspeed.plugin")
    if of_codspeed is not None:
        _patch_codspeed(of_codspeed.BenchmarkFixture, measure)


def _patch_benchmark(fixture: Any, measure: Measure) -> None:
    # What is called may have arguments of any name.
    def raw(self: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        call = TestCall(function, args, kwargs, self._timer)
        stats = self._make_stats(1)
        for seconds in as_rounds(measure(call), call, self._min_rounds):
            stats.update(seconds)
        return call.result()

    def raw_pedantic(self: Any, target: Any, **options: Any) -> Any:
        call = pedantic(target, timer=self._timer, **options)
        stats = self._make_stats(call.number)
        for seconds in as_rounds(measure(call), call):
            # It wants to know a round's.
            stats.update(seconds * call.number)
        return call.result()

    fixture._raw = raw
    fixture._raw_pedantic = raw_pedantic


def _patch_codspeed(fixture: Any, measure: Measure) -> None:
    def called(self: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
        call = TestCall(target, args, kwargs)
        measure(call)
        return call.result()

    def called_pedantic(self: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
        call = pedantic(target, *args, **{**kwargs, "of_codspeed": True})
        measure(call)
        return call.result()

    fixture.__call__ = called
    fixture.pedantic = called_pedantic


def pedantic(
    target: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    setup: Callable[..., Any] | None = None,
    teardown: Callable[..., Any] | None = None,
    rounds: int = 1,
    warmup_rounds: int = 0,
    iterations: int = 1,
    timer: Any = None,
    of_codspeed: bool = False,
) -> PedanticCall:
    """What ``benchmark.pedantic`` means; ``of_codspeed``: set-ups get the arguments.

    Raises ValueError for counts that make no sense, as both plugins do.
    """
    for name, value, least in (
        ("iterations", iterations, 1),
        ("rounds", rounds, 1),
        ("warmup_rounds", warmup_rounds, 0),
    ):
        if value < least:
            raise ValueError(f"Must have positive int for `{name}`.")
    if iterations > 1 and setup is not None:
        raise ValueError("Can't use more than 1 `iterations` with a `setup` function.")
    given = {} if kwargs is None else kwargs

    def arguments() -> tuple[Sequence[Any], Mapping[str, Any]]:
        made = None
        if setup is not None:
            made = setup(*args, **given) if of_codspeed else setup()
        if not made:
            return args, given
        if args or given:
            raise TypeError("Can't use `args` or `kwargs` if `setup` returns the arguments.")
        its_args, its_kwargs = made
        return its_args, its_kwargs

    shared = None if setup is not None else (*args, *given.values())
    return PedanticCall(
        target, arguments, teardown, rounds, warmup_rounds, iterations, timer, shared
    )


def as_rounds(seconds: Sequence[float], call: TestCall, least: int = 1) -> list[float]:
    """Samples as the rounds that a test finds in its statistics, repeated if there are fewer.

    As many as its author says, who may count them, or else at least as many as ``least``.
    """
    number = call.told_rounds or max(len(seconds), least)
    return list(itertools.islice(itertools.cycle(seconds), number))


class Stats:
    """What tests read of a benchmark's statistics: ``stats["mean"]``, ``stats.stats.median``."""

    def __init__(self, seconds: Sequence[float], iterations: int = 1) -> None:
        self.data = list(seconds)
        self.iterations = iterations
        self.stats = self
        self.rounds = len(self.data)
        self.min, self.max, self.total = min(self.data), max(self.data), sum(self.data)
        self.mean, self.median = statistics.mean(self.data), statistics.median(self.data)
        self.stddev = statistics.stdev(self.data) if self.rounds > 1 else 0.0
        self.ops = 1 / self.mean if self.mean else 0.0
        quarters = statistics.quantiles(self.data) if self.rounds > 1 else [self.mean] * 3
        self.q1, _, self.q3 = quarters
        self.iqr = self.q3 - self.q1

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


class Fixture:
    """pytest-benchmark's fixture, for a project that has no plugin installed."""

    def __init__(self, node: Any, measure: Measure) -> None:
        self.name = node.name
        self.fullname = node.nodeid
        callspec = getattr(node, "callspec", None)
        self.param = None if callspec is None else callspec.id
        self.params = None if callspec is None else callspec.params
        marker = node.get_closest_marker("benchmark")
        options = {} if marker is None else marker.kwargs
        self.group = options.get("group")
        self.extra_info: dict[str, Any] = {}
        self.disabled, self.enabled = False, True
        self.has_error = self.skipped = False
        self.stats: Stats | None = None
        self._timer = options.get("timer")
        self._measure = measure
        self._rollbacks: list[Callable[[], Any]] = []

    def __call__(self, function_to_benchmark: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self._measured(TestCall(function_to_benchmark, args, kwargs, self._timer))

    def pedantic(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self._measured(pedantic(target, *args, **{**kwargs, "timer": self._timer}))

    def weave(self, target: Any, **kwargs: Any) -> None:
        """Benchmark the function that ``target`` means, whenever it is called."""
        aspectlib = importlib.import_module("aspectlib")

        def aspect(function: Callable[..., Any]) -> Callable[..., Any]:
            return lambda *args, **kwargs: self(function, *args, **kwargs)

        self._rollbacks.append(aspectlib.weave(target, aspect, **kwargs).rollback)

    patch = weave

    def clean_up(self) -> None:
        """Undo what was woven."""
        while self._rollbacks:
            self._rollbacks.pop()()

    def _measured(self, call: TestCall) -> Any:
        try:
            self.stats = Stats(as_rounds(self._measure(call), call), call.number or 1)
            return call.result()
        except Exception:
            self.has_error = True
            raise

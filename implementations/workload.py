"""A variant and a problem as a call that can be timed: one definition for every tool.

Loading comes first, so that the call is only the work.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from implementations import teams
from implementations.grid import Heights
from implementations.problems import Problem
from implementations.registry import CompiledFor, get, load, load_limit

ARGUMENTS = frozenset({"variant", "problem"})

# Long compared with starting threads, short compared with changes of a machine's speed.
LIMIT_STRETCH_S = 0.02


@dataclass(frozen=True, slots=True)
class Workload:
    """call computes the whole problem.

    warm_up computes one pixel with arguments of the same types, so that a compiler at run time
    has done its work; if the compiler works for each shape, the whole problem. threads, called
    afterwards, says how many computed it (teams.py).
    """

    call: Callable[[], Heights]
    warm_up: Callable[[], Heights]
    threads: Callable[[], int | None]


def prepare(name: str, problem: Problem) -> Workload:
    """Load the variant for that problem. Raises ``registry.Unavailable`` if it cannot run."""
    compute = load(name)
    width, height, steps, window = problem.width, problem.height, problem.steps, problem.window

    def call() -> Heights:
        return compute(width, height, steps, window)

    def warm_up() -> Heights:
        return compute(1, 1, 1, window)

    by_shape = get(name).compiled_for is CompiledFor.SHAPES
    return Workload(call, call if by_shape else warm_up, lambda: teams.size(name, problem))


def prepare_from_dict(arguments: Mapping[str, Any]) -> Workload:
    """``prepare`` for arguments that came as JSON.

    {"variant": "python", "problem": {"width": 320, "height": 240, "steps": 255,
    "window": [-2.5, 0.5, -1.2, 1.2]}}; another key is an error (ValueError, TypeError).
    """
    if arguments.keys() != ARGUMENTS:
        raise ValueError(f"a workload has variant and problem, not {', '.join(arguments)}")
    return prepare(arguments["variant"], Problem(**arguments["problem"]))


@dataclass(frozen=True, slots=True)
class LimitWorkload:
    """Measures the limit, one stretch in each call. The answer is the best rate so far.

    An answer is ``{"iterations_per_second": ..., "unit": ...}``; a call's time means nothing.
    """

    call: Callable[[], dict[str, Any]]
    warm_up: Callable[[], dict[str, Any]]


def prepare_limit(arguments: Mapping[str, Any]) -> LimitWorkload:
    """The limit of {"threads": N} threads; its unit is the instruction set.

    Raises ``registry.Unavailable`` if it is not built.
    """
    limit = load_limit()
    threads: int = arguments["threads"]
    return _best_of(lambda: limit.measure(threads, LIMIT_STRETCH_S), limit.vector())


def prepare_gpu_limit(_: Mapping[str, Any]) -> LimitWorkload:
    """The limit of the GPU; its unit is the card. Raises ``registry.Unavailable`` without one."""
    from implementations import cuda_limit

    return _best_of(lambda: cuda_limit.measure(LIMIT_STRETCH_S), cuda_limit.name())


def _best_of(measure: Callable[[], float], unit: str) -> LimitWorkload:
    best = 0.0

    def call() -> dict[str, Any]:
        nonlocal best
        best = max(best, measure())
        return {"iterations_per_second": best, "unit": unit}

    return LimitWorkload(call, call)


def iterations(answer: Heights) -> int:
    """How often z was updated for that answer: each point once per step until it escaped."""
    return int(answer.sum())

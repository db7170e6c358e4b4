"""A result of ``hotloop compute --traps`` with a trap of every ending, for tests of its reports."""

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.compare.result import Factor, Seconds
from hotloop.compute.traps.result import Told, TrapResult, TrapsResult

MACHINE = Machine("A CPU", 2, 2, 8_000_000_000, "Linux", "3.11.7", "CPython", {"numpy": "2.4.6"})


def seconds(median: float) -> Seconds:
    low, high = median * 0.99, median * 1.01
    return Seconds(median, low, high, low, high, 0.969, (median,) * 6, (1,) * 6)


def trap(
    name: str, title: str, looks_s: float, right_s: float, told: Told | None, claims: bool = False
) -> TrapResult:
    value = looks_s / right_s
    return TrapResult(
        name=name,
        title=title,
        why="Because it is so.",
        status=Status.OK,
        reason=None,
        looks_right=seconds(looks_s),
        is_right=seconds(right_s),
        factor=Factor("looks_right", value, value * 0.98, value * 1.02, 0.969),
        told=told,
        claims=claims,
    )


def without_times(name: str, status: Status, reason: str) -> TrapResult:
    return TrapResult(
        name, "no times", "Because.", status, reason, None, None, None, None, claims=False
    )


UNTYPED = trap(
    "untyped_array",
    "np.ndarray without a dtype",
    758e-6,
    4.98e-6,
    Told("lines that touch Python, of 2 in loops", 1, 0),
)
RESULT = TrapsResult(
    machine=MACHINE,
    traps=(
        trap("first_call", "the first call inside", 0.2, 8.4e-6, Told("compilations", 1, 0), True),
        trap("fast_math", "fastmath=True", 1.4e-3, 2e-3, Told("pixels that differ", 32, 0)),
        trap("silent", "nothing tells you", 3e-3, 1e-3, None),
        UNTYPED,
        without_times("object_mode", Status.UNAVAILABLE, "numba is not installed"),
        without_times("power", Status.WRONG, "its answer is 3 instead of 4 at [0]"),
        without_times("views", Status.FAILED, "is_right: set-up: KeyError: 'x'"),
    ),
    seed=417,
    elapsed_seconds=61.2,
    measured_seconds=40.1,
    confidence=0.95,
    warnings=("the CPU changed speed by 40% during the run",),
)
ONE = TrapsResult(MACHINE, (UNTYPED,), 417, 3.0, 1.5, 0.95, ())

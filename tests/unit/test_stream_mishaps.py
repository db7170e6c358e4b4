"""Whatever fails, and at whichever step: what was measured before it is in the result."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hotloop.base.clock import ManualClock
from hotloop.base.errors import MeasurementError
from hotloop.report.progress import progress_on
from hotloop.streams import command as stream
from hotloop.streams.conclude import conclude
from hotloop.streams.measures import ABOUT
from hotloop.streams.output import publish
from hotloop.streams.result import StreamResult, load
from hotloop.streams.run import LIMIT, Contender, Plan, Records, measure
from stream.consume.job import GroupProtocol
from tests.streams import MACHINE, OWN, SESSIONS_S
from tests.unit.test_stream_options import parse
from tests.unit.test_stream_run import ScriptedLab

VARIANTS = ("faust", "confluent")
FIGURES = ("drain", "search", "latency_at", "rebalance")
# fill, 2 rounds of 2 variants and the raw fetch, perf test, then a search and 3 latencies each,
# and 2 rounds of 2 rebalances
STEPS = 1 + 2 * 3 + 1 + 2 * 4 + 2 * 2
FIRST_FIGURE = 2
ERRORS = (
    OSError(28, "No space left on device"),
    ValueError("could not convert string to float: '1,5'"),
    MeasurementError("the broker ended"),
    KeyboardInterrupt(),
)


class Breaking:
    """A lab whose step number ``at`` fails; notes which steps gave something."""

    def __init__(self, lab: ScriptedLab, at: int, error: BaseException) -> None:
        self._lab, self._at, self._error = lab, at, error
        self.done: list[str] = []
        self._steps = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._lab, name)
        if name == "check":
            return method

        def step(*arguments: Any) -> Any:
            self._steps += 1
            if self._steps == self._at:
                raise self._error
            answer = method(*arguments)
            self.done.append(name)
            return answer

        return step


def carried_out(at: int, error: BaseException) -> tuple[Records, list[str]]:
    protocols = dict.fromkeys(VARIANTS, (GroupProtocol.EAGER,))
    plan = Plan(VARIANTS, protocols, SESSIONS_S, frozenset(ABOUT), None, 1, 1, 2, 7)
    clock = ManualClock()
    lab = Breaking(ScriptedLab(clock, {name: [100.0] for name in (*VARIANTS, LIMIT)}), at, error)
    return measure(plan, lab, clock, lambda what, done: None), lab.done


def stored(records: Records, folder: Path) -> StreamResult:
    options = parse(*VARIANTS, *(f"--{kind}={folder / kind}" for kind in ("json", "csv")))
    result = conclude(records, options, machine=MACHINE, broker=OWN, doubts=(), elapsed_s=1.0)
    out = io.StringIO()
    assert publish(result, options, out) in (0, 4)
    assert out.getvalue()
    assert (folder / "csv").exists()
    return load(folder / "json")


def test_there_are_as_many_steps_as_are_broken_below(tmp_path: Path) -> None:
    records, done = carried_out(0, KeyboardInterrupt())
    assert len(done) == STEPS
    assert all(variant.reason is None for variant in stored(records, tmp_path).variants)


# No step tells them from a ValueError.
again = pytest.mark.thorough("test_what_was_measured_before_a_mishap_is_in_the_result")


@pytest.mark.parametrize("at", range(1, STEPS + 1))
@pytest.mark.parametrize(
    "error",
    [
        pytest.param(error, marks=again if isinstance(error, OSError | MeasurementError) else ())
        for error in ERRORS
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_was_measured_before_a_mishap_is_in_the_result(
    at: int, error: BaseException, tmp_path: Path
) -> None:
    try:
        records, done = carried_out(at, error)
    except KeyboardInterrupt:
        assert isinstance(error, KeyboardInterrupt)
        # Nothing but the raw fetch may have gone well before.
        assert at <= FIRST_FIGURE + 1
        return
    result = stored(records, tmp_path)
    drains = [v.drain.records_per_second.samples for v in result.variants if v.drain]
    groups = [group for variant in result.variants for group in variant.rebalance]
    calms = [group.calm_pause_seconds.samples for group in groups if group.calm_pause_seconds]
    figures = {
        "drain": sum(map(len, drains)),
        "search": sum(v.sustain is not None for v in result.variants),
        "latency_at": sum(len(v.latency) for v in result.variants),
        "rebalance": sum(map(len, calms)),
    }
    assert figures == {name: done.count(name) for name in FIGURES}
    said = [variant.reason for variant in result.variants]
    if result.limit is not None:
        said += [result.limit.reason, result.limit.perf_test_reason]
    assert any(said)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_stop_or_a_tidying_that_fails_costs_nothing(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, _ = carried_out(0, error)
    options = parse(*VARIANTS)

    class Ending:
        def __enter__(self) -> tuple[None, None]:
            return None, None

        def __exit__(self, *_: object) -> None:
            raise error

    monkeypatch.setattr(stream, "_cluster", lambda *_: Ending())
    monkeypatch.setattr("hotloop.streams.run.measure", lambda *_: records)
    with progress_on(io.StringIO(), quiet=True) as progress:
        found = stream._measure(records.plan, options, progress, io.StringIO())
    assert found.records.rates(Contender("faust", 1)) == [100.0, 100.0]
    if isinstance(error, KeyboardInterrupt):
        assert found.records.is_interrupted
    else:
        assert len(found.warnings) == 1
        assert str(error) in found.warnings[0]

"""A fault run that goes wrong, or whose broker does not stop, costs no other one."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.outcome import Status
from hotloop.faults import run as fault_run
from hotloop.faults.command import run_faults
from hotloop.faults.options import Options
from hotloop.faults.result import FaultResult, load
from hotloop.streams.cluster import Voice, Where
from stream.account.figures import Account
from stream.cluster.security import NO_SECURITY
from stream.consume.job import NO_LOOP, ConsumerReport
from stream.faults import run as runner
from stream.faults import toll
from stream.faults.plans import FAULTS, Fault
from stream.faults.run import FaultRun
from stream.faults.verdict import Verdict

ERRORS = (
    OSError(28, "No space left on device"),
    ValueError("nonsense"),
    MeasurementError("the broker ended"),
    UsageError("no such file"),
)


class Trouble:
    """Raises ``error`` in run number ``at``, in its course or when its cluster is closed."""

    def __init__(self, at: int, where: str, error: BaseException) -> None:
        self.at, self.where, self.error = at, where, error
        self.runs = 0

    def meet(self, where: str) -> None:
        if (self.runs, where) == (self.at, self.where):
            raise self.error

    @contextmanager
    def cluster(self, where: Where, voice: Voice) -> Iterator[tuple[None, None, None]]:
        self.runs += 1
        yield None, None, None
        self.meet("end")
        voice.warn(f"left behind by run {self.runs}")

    def run(
        self, place: object, own: object, fault: Fault, variant: str, *rest: object
    ) -> FaultRun:
        self.meet("course")
        report = ConsumerReport(variant, 0, 0, 1, 1, 1, {}, 0.1, {}, {}, NO_LOOP, {}, None, True)
        account = Account(9, 9, 9, 0, 0, 0, 0, 0, 9, 9)
        return FaultRun(
            fault,
            2.0,
            account,
            0.5,
            toll.Repeated(0, 0, 0.0),
            "none",
            (),
            Verdict(),
            report,
        )


def ended(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> tuple[int, FaultResult, str]:
    monkeypatch.setattr(fault_run, "open_cluster", trouble.cluster)
    monkeypatch.setattr(runner, "run", trouble.run)
    options = Options(
        faults=FAULTS[:2],
        asked=("confluent",),
        variants=("confluent",),
        rate_per_s=100.0,
        bootstrap=None,
        security=NO_SECURITY,
        prefix="hotloop-",
        seed=1,
        json=folder / "r.json",
        quiet=True,
    )
    out = io.StringIO()
    code = run_faults(options, out, io.StringIO())
    return code, load(folder / "r.json"), out.getvalue()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_run_that_goes_wrong_costs_itself(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, result, out = ended(Trouble(2, "course", error), monkeypatch, tmp_path)
    assert (code, [row.status for row in result.faults]) == (4, [Status.OK, Status.FAILED])
    assert str(error) in str(result.faults[1].reason)
    assert "agent-kill" in out


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_cluster_that_does_not_close_costs_nothing_that_was_found(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, result, out = ended(Trouble(1, "end", error), monkeypatch, tmp_path)
    assert (code, [row.status for row in result.faults]) == (0, [Status.OK, Status.OK])
    assert str(error) in result.warnings[0]
    assert result.warnings[1] == "left behind by run 2"
    assert "! left behind by run 2" in out


@pytest.mark.parametrize(
    ("where", "statuses"),
    [("course", [Status.OK, Status.FAILED]), ("end", [Status.OK, Status.OK])],
)
def test_an_interruption_keeps_the_runs_that_were_over(
    where: str, statuses: list[Status], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trouble = Trouble(2, where, KeyboardInterrupt())
    code, result, _ = ended(trouble, monkeypatch, tmp_path)
    assert (code, [row.status for row in result.faults]) == (130, statuses)


def test_an_interruption_of_the_first_run_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        ended(Trouble(1, "course", KeyboardInterrupt()), monkeypatch, tmp_path)

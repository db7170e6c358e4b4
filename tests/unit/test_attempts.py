"""Runs for hours bear some failures, not many in a row."""

import pytest

from hotloop.base.errors import MeasurementError, UsageError
from scripts.attempts import FAILURES_IN_A_ROW, Attempts, parse_names


def fail() -> int:
    raise MeasurementError("no reason")


def test_only_failures_in_a_row_end_it(capsys: pytest.CaptureFixture[str]) -> None:
    attempts = Attempts()
    for _ in range(FAILURES_IN_A_ROW - 1):
        assert attempts.make("a run", fail) is None
    assert attempts.make("a run", lambda: 7) == 7
    for _ in range(FAILURES_IN_A_ROW - 1):
        assert attempts.make("a run", fail) is None
    with pytest.raises(MeasurementError, match="no reason"):
        attempts.make("a run", fail)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 * FAILURES_IN_A_ROW - 1
    assert all(line.endswith("  a run: no reason") for line in said)


@pytest.mark.parametrize("option", ["--tools", "--causes"])
@pytest.mark.parametrize("text", ["", ",", "gate,pytest"])
def test_only_known_names_can_be_asked(text: str, option: str) -> None:
    assert parse_names(option, "asv,", ("gate", "asv")) == ["asv"]
    with pytest.raises(UsageError, match=f"{option} {text}: give some of gate, asv"):
        parse_names(option, text, ("gate", "asv"))

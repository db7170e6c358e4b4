"""What the gate's worker needs from the operating system."""

import io
import sys
from pathlib import Path

import pytest

from hotloop.gate.worker.process import flush_output


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_before_a_worker_ends_all_that_was_printed_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "log"
    with file.open("wb") as raw:
        # As Python 3.8 opens both of them.
        monkeypatch.setattr(sys, name, io.TextIOWrapper(raw, line_buffering=False))
        print("it failed", file=getattr(sys, name))
        flush_output()
        assert file.read_text() == "it failed\n"


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_output_that_was_closed_or_taken_away_does_not_matter(
    closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = io.StringIO()
    output.close()
    for stream in (output, None):
        monkeypatch.setattr(sys, closed, stream)
        flush_output()

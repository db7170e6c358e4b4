"""``hotloop fault`` where a fault cannot be carried out: told in its row, code 4."""

import io
from pathlib import Path

from hotloop.base.outcome import Status
from hotloop.cli import main
from hotloop.faults.result import load

# Nobody listens on the first port; connections are refused at once.
NOBODY = "127.0.0.1:1"


def test_a_fault_without_a_cluster_is_a_failed_row_and_code_4(tmp_path: Path) -> None:
    out, err, path = io.StringIO(), io.StringIO(), tmp_path / "faults.json"
    words = f"fault poison,agent-term confluent --bootstrap {NOBODY} --json {path}"
    assert main(words.split(), out, err) == 4
    reports = load(path).faults
    assert [report.fault for report in reports] == ["poison", "agent-term"]
    for report in reports:
        assert report.status is Status.FAILED
        assert NOBODY in (report.reason or "")
        assert (report.broker, report.account, report.seconds) == (None, None, None)
        assert f"{report.fault:<10}  confluent failed: " in out.getvalue()
    assert "pause in service" in out.getvalue()
    assert "fault runs" in out.getvalue()

"""``hotloop calibrate`` as a user runs it: a real repository, real builds, real process pairs."""

from pathlib import Path

import pytest

from hotloop.calibrate import result as calibration_result
from hotloop.gate.model import Timing
from tests import environments, tiny_project
from tests.commands import LIMIT_S, ONE_LANE, here

SUITE = {
    "benchmarks/__init__.py": "",
    "benchmarks/speed.py": (
        "import tiny\n"
        "warmup_time = 1e-3\n"
        "def time_loop():\n"
        "    tiny.loop()\n"
        "def track_size():\n"
        "    return 417\n"
        "def time_wrong():\n"
        "    raise ValueError('always')\n"
    ),
    "tiny/__init__.py": "def loop():\n    for _ in range(10_000):\n        pass\n",
}
PAIRS = 7
RUNS = 100

pytestmark = [pytest.mark.timeout(LIMIT_S + 60), pytest.mark.usefixtures("gate_workers")]


def test_a_suite_is_timed_beside_itself_and_judged_again(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    tiny_project.configure(folder)
    rest = {"pyproject.toml": tiny_project.PYPROJECT, ".gitignore": ".asv\n"}
    tiny_project.commit(folder, "first", rest | SUITE)
    environments.lend(folder, tmp_path_factory)
    before = tiny_project.state(folder)
    stored = tmp_path / "calibration.json"

    words = ("--pairs", str(PAIRS), "--runs", str(RUNS), "--seed", "7", "--json", str(stored))
    ended = here(folder, "calibrate", *words, *ONE_LANE)
    assert ended.returncode == 0, ended.stderr
    assert tiny_project.state(folder) == before
    result = calibration_result.load(stored)
    assert result.commit == tiny_project.git(folder, "rev-parse", "main")
    rows = {row.name: row for row in result.benchmarks}
    loop, size, wrong = (rows[f"speed.{n}"] for n in ("time_loop", "track_size", "time_wrong"))
    assert loop.recorded is not None
    assert len(loop.recorded.log_ratios) == PAIRS
    assert 1e-6 < loop.recorded.per_call < 0.1
    assert size.recorded is not None
    assert size.recorded.timing is Timing.VALUES
    assert size.recorded.log_ratios == (0.0,) * PAIRS
    assert "ValueError: always" in (wrong.reason or "")
    assert result.suite is not None
    assert result.suite.runs == RUNS
    assert f"of {RUNS} runs flagged anything" in ended.stdout

    again = here(folder, "calibrate", "--from", str(stored), "--runs", str(RUNS), "--floor", "90%")
    assert again.returncode == 0, again.stderr
    assert "floor 90 %" in again.stdout
    assert f"equal commits, simulated: 0 of {RUNS} runs" in again.stdout

"""``hotloop gate --affected`` as a user runs it: real builds, traced, and only then measured."""

import json
import subprocess
from pathlib import Path

import pytest

from hotloop.gate import result as gate_result
from hotloop.gate.verdicts import Conclusion, Verdict
from tests import environments, tiny_project
from tests.commands import LIMIT_S, ONE_LANE, here, interrupted

SUITE = {
    "benchmarks/__init__.py": "",
    "benchmarks/speed.py": (
        "import tiny\n"
        "warmup_time = 1e-3\n"
        "def time_loop():\n    tiny.loop()\n"
        "def time_answer():\n    tiny.answer()\n"
        "def time_steady():\n    sorted(range(1000))\n"
    ),
}
HANGS = {"benchmarks/waits.py": "import time\ndef time_waits():\n    time.sleep(600)\n"}

pytestmark = pytest.mark.timeout(LIMIT_S + 60)


def source(turns: int, remark: str = "") -> dict[str, str]:
    loop = f"def loop():\n    for _ in range({turns}):\n        pass\n"
    return {"tiny/__init__.py": f"{remark}{loop}def answer():\n    return 42\n"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`main`; `slow`, with one function changed; `words`, with a comment; `waits`, which hangs."""
    folder = tmp_path_factory.mktemp("gate") / "tiny"
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    tiny_project.configure(folder)
    rest = {"pyproject.toml": tiny_project.PYPROJECT, ".gitignore": ".asv\n"}
    tiny_project.commit(folder, "first", rest | SUITE | source(10_000))
    for branch, files in (
        ("words", source(10_000, "# one more word\n")),
        ("slow", source(15_000)),
        ("waits", source(15_000) | HANGS),
    ):
        tiny_project.git(folder, "checkout", "--quiet", "-b", branch, "main")
        tiny_project.commit(folder, branch, files)
    environments.lend(folder, tmp_path_factory)
    return folder


def gate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return here(folder, "gate", *words)


def test_what_the_change_touches_is_judged_and_the_rest_is_listed(
    folder: Path, tmp_path: Path
) -> None:
    before = tiny_project.state(folder)
    stored, comment = tmp_path / "r.json", tmp_path / "r.md"
    words = ("--affected", "--json", str(stored), "--markdown", str(comment), *ONE_LANE)
    ended = gate(folder, "main", "slow", *words)
    assert ended.returncode == 1, ended.stderr
    assert tiny_project.state(folder) == before
    assert "3 benchmarks, 2 of them untouched by the change" in ended.stdout
    assert "1 of 1 is slower, 2 are untouched. " in ended.stdout.splitlines()[-1]
    assert ", tracing " in ended.stdout
    result = gate_result.load(stored)
    # In the suite's order.
    assert [(row.name, row.verdict) for row in result.benchmarks] == [
        ("speed.time_answer", Verdict.UNTOUCHED),
        ("speed.time_loop", Verdict.SLOWER),
        ("speed.time_steady", Verdict.UNTOUCHED),
    ]
    assert [row.touched_by for row in result.benchmarks] == [
        None,
        "loop of tiny/__init__.py differs",
        None,
    ]
    # The false alarms are shared by what was measured.
    assert result.tested == 1
    assert result.tracing_seconds is not None
    assert "2: speed.time_answer, speed.time_steady" in comment.read_text(encoding="utf-8")

    again = gate(folder, "--from", str(stored), "--floor", "90%")
    assert again.returncode == 0
    assert "2 are untouched" in again.stdout


def test_nothing_touched_is_an_answer_of_its_own(folder: Path, tmp_path: Path) -> None:
    stored = tmp_path / "r.json"
    ended = gate(
        folder, "main", "words", "--affected", "--quiet", "--annotations", "--json", str(stored)
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    said = "nothing of what changed is run by a benchmark: all 3 are untouched"
    assert said in ended.stdout
    assert f"::notice title=hotloop gate::{said}" in ended.stdout
    assert json.loads(stored.read_text())["verdict"] == "untouched"
    assert gate_result.load(stored).verdict is Conclusion.UNTOUCHED


@pytest.mark.thorough(
    "processes/test_gate_command.py::test_two_machines_share_a_quick_run_on_equal_commits_and_their_results_are_one"
)
def test_without_the_option_all_of_them_are_measured(folder: Path) -> None:
    assert "untouched" not in gate(folder, "main", "words", "--quick", *ONE_LANE).stdout


def test_a_stored_result_is_not_traced(folder: Path, tmp_path: Path) -> None:
    ended = gate(folder, "--from", str(tmp_path / "r.json"), "--affected")
    assert ended.returncode == 2
    assert ended.stderr == "hotloop: --from measures nothing; leave out --affected\n"


def test_ctrl_c_while_tracing_leaves_nothing_behind(folder: Path) -> None:
    words = ("main", "waits", "--affected", "--bench", "waits", *ONE_LANE)
    at = "looking for what the change touches"
    ended = interrupted(folder, "gate", *words, at=at, after_s=1.0)
    assert ended.children
    assert ended.code == 130
    assert "Traceback" not in ended.stderr + ended.stdout
    assert not [child for child in ended.children if child.is_running()]

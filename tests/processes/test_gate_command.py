"""``hotloop gate`` as a user runs it: a real repository, real builds, real process pairs."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from hotloop.gate import result as gate_result
from hotloop.gate.comment import MARKER
from hotloop.gate.verdicts import Verdict
from tests import environments, tiny_project
from tests.commands import LIMIT_S, ONE_LANE, PROMPTLY_S, here, hotloop, interrupted

SUITE = {
    "benchmarks/__init__.py": "",
    "benchmarks/speed.py": (
        "import tiny\n"
        "def time_loop():\n"
        "    tiny.loop()\n"
        "def time_steady():\n"
        "    sorted(range(1000))\n"
        "def time_answer():\n"
        "    if tiny.answer() != 42:\n"
        "        raise ValueError('no answer')\n"
    ),
}

pytestmark = pytest.mark.timeout(LIMIT_S + 60)


def source(turns: int, answer: int) -> dict[str, str]:
    return {
        "tiny/__init__.py": (
            f"def loop():\n    for _ in range({turns}):\n        pass\n"
            f"def answer():\n    return {answer}\n"
        )
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once for this module: `main`, and `slow`, half slower and with a wrong answer."""
    folder = tmp_path_factory.mktemp("gate") / "tiny"
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    tiny_project.configure(folder)
    rest = {"pyproject.toml": tiny_project.PYPROJECT, ".gitignore": ".asv\n"}
    tiny_project.commit(folder, "first", rest | SUITE | source(10_000, 42))
    tiny_project.git(folder, "checkout", "--quiet", "-b", "slow")
    tiny_project.commit(folder, "slower", source(15_000, 41))
    environments.lend(folder, tmp_path_factory)
    return folder


def test_modules_of_the_current_folder_do_not_stand_in_for_others(tmp_path: Path) -> None:
    for name in ("argparse", "json", "random", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('the project is run')\n")
    ended = gate(tmp_path, "main")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("hotloop: neither asv.conf.json nor a configuration of pytest")


def gate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return hotloop(folder, "gate", *words)


def gate_here(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return here(folder, "gate", *words)


def test_a_slower_and_a_broken_benchmark_are_found_and_judged_again(
    folder: Path, tmp_path: Path
) -> None:
    before = tiny_project.state(folder)
    stored, comment = tmp_path / "r.json", tmp_path / "r.md"
    words = ("--json", str(stored), "--markdown", str(comment), "--bench", "loop|answer")
    ended = gate_here(folder, "main", *words)
    assert ended.returncode == 1, ended.stderr
    assert tiny_project.state(folder) == before
    result = gate_result.load(stored)
    assert {row.name: row.verdict for row in result.benchmarks} == {
        "speed.time_answer": Verdict.BROKEN,
        "speed.time_loop": Verdict.SLOWER,
    }
    (loop,) = result.having(Verdict.SLOWER)
    assert loop.low is not None
    assert loop.low > 1.2
    assert result.head.commit == tiny_project.git(folder, "rev-parse", "slow")
    assert "ValueError: no answer" in ended.stdout
    assert ended.stdout.splitlines()[-1].startswith("1 of 2 is slower, 1 is broken. ")
    assert comment.read_text(encoding="utf-8").startswith(MARKER)

    again = gate_here(folder, "--from", str(stored), "--floor", "90%")
    assert again.returncode == 1
    assert "1 of 2 is broken. " in again.stdout


def test_two_machines_share_a_quick_run_on_equal_commits_and_their_results_are_one(
    folder: Path, tmp_path: Path
) -> None:
    files = [str(tmp_path / f"{number}.json") for number in (1, 2)]
    # A whole command on the one; the other runs in this process, as those above and below.
    for number, (file, run) in enumerate(zip(files, (gate, gate_here), strict=True), 1):
        words = ("--quick", "--quiet", "--shard", f"{number}/2", "--json", file, *ONE_LANE)
        ended = run(folder, "main", "main", *words)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert "base and head are the same commit in the same environment" in ended.stdout
        assert f"shard {number} of 2" in ended.stdout
    measured = [gate_result.load(Path(file)) for file in files]
    assert sorted(len(each.benchmarks) for each in measured) == [1, 2]
    ended = gate_here(folder, "--from", *files, "--quiet")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "3 benchmarks in 2 shards" in ended.stdout
    assert "none of 3 is broken" in ended.stdout


@pytest.mark.thorough("unit/test_gate_shards.py::test_more_shards_than_benchmarks_are_refused")
def test_more_machines_than_benchmarks_are_refused(folder: Path) -> None:
    refused = gate_here(folder, "main", "--shard", "1/4", "--quiet")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("hotloop: --shard 1/4: there are only 3 benchmarks")


def test_no_benchmark_that_matches_is_code_4_and_one_sentence(folder: Path) -> None:
    ended = gate_here(folder, "main", "--bench", "nonesuch", "--quiet", "--annotations")
    assert ended.returncode == 4
    assert ended.stdout.startswith("::error title=hotloop gate could not measure::no benchmark")
    assert ended.stderr.startswith("hotloop: no benchmark matches --bench 'nonesuch'")
    assert ended.stderr.count("\n") == 1


@pytest.mark.thorough(
    "processes/test_gate_faults.py::test_who_ends_a_gate_at_any_stage_leaves_nothing_behind"
)
def test_ctrl_c_while_measuring_keeps_what_is_known(folder: Path, tmp_path: Path) -> None:
    stored = tmp_path / "r.json"
    words = ("main", "--bench", "steady", "--thorough", "--floor", "0", "--json", str(stored))
    ended = interrupted(folder, "gate", *words, *ONE_LANE, at=", 0 of 1 benchmarks decided")
    assert ended.code == 130
    assert "interrupted; known so far: it is undecided" in ended.stdout
    assert ended.stdout.splitlines()[-1].endswith("exit code 130")
    assert json.loads(stored.read_text(encoding="utf-8"))["stopped_by"] == "interrupted"
    deadline = time.monotonic() + PROMPTLY_S
    while any(child.is_running() for child in ended.children):
        assert time.monotonic() < deadline
        time.sleep(0.05)

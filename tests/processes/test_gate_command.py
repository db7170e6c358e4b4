"""``hotloop gate`` as a user runs it: a real repository, real builds, real process pairs.

With ``--affected`` too: real builds, traced, and only then measured.
"""

import json
import math
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from hotloop.gate import result as gate_result
from hotloop.gate.comment import MARKER
from hotloop.gate.verdicts import Conclusion, Verdict
from tests import environments, tiny_project
from tests.commands import LIMIT_S, ONE_LANE, PROMPTLY_S, here, hotloop, interrupted

SUITE = {
    "benchmarks/__init__.py": "",
    "benchmarks/speed.py": (
        "import tiny\n"
        "warmup_time = 1e-3\n"
        "def time_loop():\n    tiny.loop()\n"
        "def time_steady():\n    sorted(range(1000))\n"
        "def time_other():\n    tiny.other()\n"
        "def time_answer():\n"
        "    if tiny.answer() != 42:\n"
        "        raise ValueError('no answer')\n"
    ),
}
HANGS = {"benchmarks/waits.py": "import time\ndef time_waits():\n    time.sleep(600)\n"}

# Workers that start as ever are those of tests/processes/test_gate_action.py.
pytestmark = [pytest.mark.timeout(LIMIT_S + 60), pytest.mark.usefixtures("gate_workers")]


def source(turns: int, answer: int, remark: str = "") -> dict[str, str]:
    return {
        "tiny/__init__.py": (
            f"{remark}def loop():\n    for _ in range({turns}):\n        pass\n"
            f"def answer():\n    return {answer}\n"
            "def other():\n    return sum(range(100))\n"
        )
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`main`; `slow`, of four times the work and with a wrong answer; `words`, a comment; `waits`.

    `slow` is checked out.
    """
    folder = tmp_path_factory.mktemp("gate") / "tiny"
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    tiny_project.configure(folder)
    rest = {"pyproject.toml": tiny_project.PYPROJECT, ".gitignore": ".asv\n"}
    tiny_project.commit(folder, "first", rest | SUITE | source(10_000, 42))
    for branch, files in (
        ("words", source(10_000, 42, "# one more word\n")),
        ("waits", source(40_000, 42) | HANGS),
        ("slow", source(40_000, 41)),
    ):
        tiny_project.git(folder, "checkout", "--quiet", "-b", branch, "main")
        tiny_project.commit(folder, branch, files)
    environments.lend(folder, tmp_path_factory)
    return folder


def test_modules_of_the_current_folder_do_not_stand_in_for_others(tmp_path: Path) -> None:
    for name in ("argparse", "json", "random", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('the project is run')\n")
    ended = hotloop(tmp_path, "gate", "main")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("hotloop: neither asv.conf.json nor a configuration of pytest")


def gate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return here(folder, "gate", *words)


@dataclass(frozen=True)
class Judged:
    """What a run said, its result and its comment, and what its project was like before."""

    ended: subprocess.CompletedProcess[str]
    result: gate_result.GateResult
    stored: Path
    comment: str
    before: object


@pytest.fixture(scope="module")
def judged(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """What the change touches of the whole suite."""
    before = tiny_project.state(folder)
    place = tmp_path_factory.mktemp("judged")
    stored, comment = place / "r.json", place / "r.md"
    ended = gate(folder, "main", "--affected", "--json", str(stored), "--markdown", str(comment))
    assert ended.returncode == 1, ended.stderr
    said = comment.read_text(encoding="utf-8")
    return Judged(ended, gate_result.load(stored), stored, said, before)


def test_a_slower_and_a_broken_benchmark_are_found_and_judged_again(
    folder: Path, judged: Judged, tmp_path: Path
) -> None:
    assert tiny_project.state(folder) == judged.before
    result, out = judged.result, judged.ended.stdout
    verdicts = {row.name: row.verdict for row in result.benchmarks}
    assert verdicts["speed.time_answer"] is Verdict.BROKEN
    assert verdicts["speed.time_loop"] is Verdict.SLOWER
    (loop,) = result.having(Verdict.SLOWER)
    assert loop.low is not None
    assert loop.low > 2
    assert result.head.commit == tiny_project.git(folder, "rev-parse", "slow")
    assert "ValueError: no answer" in out
    assert out.splitlines()[-1].startswith("1 of 2 is slower, 1 is broken, 2 are untouched. ")
    assert judged.comment.startswith(MARKER)

    # As if its pairs were of a change by half, which is below the highest floors.
    stored = json.loads(judged.stored.read_text(encoding="utf-8"))
    for row in stored["benchmarks"]:
        row["log_ratios"] = [math.log(1.5) / math.log(4) * each for each in row["log_ratios"]]
    less = tmp_path / "less.json"
    less.write_text(json.dumps(stored), encoding="utf-8")
    again = gate(folder, "--from", str(less), "--floor", "90%")
    assert again.returncode == 1
    assert "1 of 2 is broken, 2 are untouched. " in again.stdout


@pytest.mark.thorough(
    "processes/test_gate_action.py::test_a_pull_request_is_compared_with_where_it_left_its_target",
    "processes/test_gate_action.py::test_shards_are_judged_together_in_a_job_of_their_own",
    "unit/test_gate_judged_again.py::test_the_command_judges_shards_together_and_refuses_a_lone_one",
    "unit/test_gate_command.py::test_base_equal_to_head_is_said",
)
def test_two_machines_share_a_quick_run_on_equal_commits_and_their_results_are_one(
    folder: Path, tmp_path: Path
) -> None:
    files = [str(tmp_path / f"{number}.json") for number in (1, 2)]
    bench = ("--bench", "loop|steady|answer")
    for number, file in enumerate(files, 1):
        words = ("--quick", "--quiet", "--shard", f"{number}/2", "--json", file, *bench, *ONE_LANE)
        ended = gate(folder, "main", "main", *words)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert "base and head are the same commit in the same environment" in ended.stdout
        assert f"shard {number} of 2" in ended.stdout
    measured = [gate_result.load(Path(file)) for file in files]
    assert sorted(len(each.benchmarks) for each in measured) == [1, 2]
    ended = gate(folder, "--from", *files, "--quiet")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "3 benchmarks in 2 shards" in ended.stdout
    assert "none of 3 is broken" in ended.stdout


@pytest.mark.thorough("unit/test_gate_shards.py::test_more_shards_than_benchmarks_are_refused")
def test_more_machines_than_benchmarks_are_refused(folder: Path) -> None:
    refused = gate(folder, "main", "--shard", "1/5", "--quiet")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("hotloop: --shard 1/5: there are only 4 benchmarks")


@pytest.mark.thorough(
    "processes/test_gate_suite.py::test_nothing_matched_is_a_failed_measurement_that_shows_names",
    "processes/test_gate_pytest_projects.py::test_what_cannot_be_collected_is_said_in_one_sentence",
    "processes/test_gate_action.py::test_a_push_is_compared_with_a_commit_that_has_to_be_there",
)
def test_no_benchmark_that_matches_is_code_4_and_one_sentence(folder: Path) -> None:
    ended = gate(folder, "main", "--bench", "nonesuch", "--quiet", "--annotations")
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


# ---------------------------------------------------------------- what the change touches


def test_what_the_change_touches_is_judged_and_the_rest_is_listed(judged: Judged) -> None:
    assert "4 benchmarks, 2 of them untouched by the change" in judged.ended.stdout
    assert ", tracing " in judged.ended.stdout
    result = judged.result
    # In the suite's order.
    assert [(row.name, row.verdict) for row in result.benchmarks] == [
        ("speed.time_answer", Verdict.BROKEN),
        ("speed.time_loop", Verdict.SLOWER),
        ("speed.time_other", Verdict.UNTOUCHED),
        ("speed.time_steady", Verdict.UNTOUCHED),
    ]
    assert [row.touched_by for row in result.benchmarks] == [
        "it was not traced at head: the call raised ValueError: no answer",
        "loop of tiny/__init__.py differs",
        None,
        None,
    ]
    # The false alarms are shared by what was measured.
    assert result.tested == 1
    assert result.tracing_seconds is not None
    assert "2: speed.time_other, speed.time_steady" in judged.comment


@pytest.mark.thorough(
    "test_what_the_change_touches_is_judged_and_the_rest_is_listed",
    "unit/test_gate_command.py::test_nothing_touched_is_an_answer_of_its_own",
)
def test_nothing_touched_is_an_answer_of_its_own(folder: Path, tmp_path: Path) -> None:
    stored = tmp_path / "r.json"
    words = ("--bench", "steady|other", "--annotations", "--json", str(stored))
    ended = gate(folder, "main", "slow", "--affected", "--quiet", *words)
    assert (ended.returncode, ended.stderr) == (0, "")
    said = "nothing of what changed is run by a benchmark: all 2 are untouched"
    assert said in ended.stdout
    assert f"::notice title=hotloop gate::{said}" in ended.stdout
    assert json.loads(stored.read_text())["verdict"] == "untouched"
    assert gate_result.load(stored).verdict is Conclusion.UNTOUCHED


@pytest.mark.thorough(
    "processes/test_gate_action.py::test_a_pull_request_is_compared_with_where_it_left_its_target"
)
def test_without_the_option_all_of_them_are_measured(folder: Path) -> None:
    assert "untouched" not in gate(folder, "main", "words", "--quick", *ONE_LANE).stdout


def test_a_stored_result_is_not_traced(folder: Path, tmp_path: Path) -> None:
    ended = gate(folder, "--from", str(tmp_path / "r.json"), "--affected")
    assert ended.returncode == 2
    assert ended.stderr == "hotloop: --from measures nothing; leave out --affected\n"


@pytest.mark.thorough(
    "processes/test_gate_affected.py::test_ctrl_c_ends_what_is_traced",
    "processes/test_gate_faults.py::test_who_ends_a_gate_at_any_stage_leaves_nothing_behind",
)
def test_ctrl_c_while_tracing_leaves_nothing_behind(folder: Path) -> None:
    words = ("main", "waits", "--affected", "--bench", "waits", *ONE_LANE)
    at = "looking for what the change touches"
    ended = interrupted(folder, "gate", *words, at=at, after_s=1.0)
    assert ended.children
    assert ended.code == 130
    assert "Traceback" not in ended.stderr + ended.stdout
    assert not [child for child in ended.children if child.is_running()]

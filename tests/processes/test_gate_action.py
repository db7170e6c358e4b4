"""The GitHub action's script on a real project: summary, outputs, annotations, exit code."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from hotloop.gate import result as gate_result
from hotloop.gate.comment import MARKER
from hotloop.gate.verdicts import Conclusion, Verdict
from tests import environments, gate_runs, pytest_project, tiny_project

ROOT = Path(__file__).parents[2]
BUILDING_S = 240
EXPRESSION = re.compile(r"\$\{\{ ([\w.-]+) \}\}")
SUITE = {
    "benchmarks/__init__.py": "",
    "benchmarks/speed.py": (
        "import tiny\n"
        "def time_answer():\n"
        "    if tiny.answer() != 1:\n"
        "        raise ValueError('no answer')\n"
    ),
    # In numpy's own repository, say, these must not stand in for what hotloop imports.
    "hotloop/__init__.py": "raise ImportError('of the project')\n",
    "numpy/__init__.py": "raise ImportError('of the project')\n",
}

pytestmark = pytest.mark.timeout(BUILDING_S + 60)


@dataclass(frozen=True)
class Ended:
    code: int
    log: str
    summary: str
    outputs: dict[str, str]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as a pull request's job has it: main moved on, and a branch with a wrong answer."""
    origin = tmp_path_factory.mktemp("action") / "origin"
    origin.mkdir()
    tiny_project.git(origin, "init", "--quiet", "--initial-branch=main")
    tiny_project.configure(origin)
    rest = {"pyproject.toml": tiny_project.PYPROJECT, ".gitignore": ".asv\n"}
    tiny_project.commit(origin, "first", rest | SUITE | tiny_project.answering(1))
    tiny_project.git(origin, "checkout", "--quiet", "-b", "change")
    tiny_project.commit(origin, "wrong", tiny_project.answering(2))
    tiny_project.git(origin, "checkout", "--quiet", "main")
    tiny_project.commit(origin, "later", {"README": "later\n"})
    clone = origin.with_name("clone")
    tiny_project.git(origin.parent, "clone", "--quiet", "--branch=change", "origin", "clone")
    environments.lend(clone, tmp_path_factory)
    # One that is set up already: installing needs a package index.
    python = origin.parent / "hotloop-venv" / "bin" / "python"
    tiny_project.write(python.parent, {"python": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'})
    python.chmod(0o755)
    (python.parents[1] / ".complete").touch()
    return clone


def act(
    project: Path, folder: Path, event: Mapping[str, str] | None = None, **inputs: str
) -> Ended:
    """The action's step as GitHub's runner starts it, with the action's own defaults.

    ``inputs`` are those of the action, with underscores; ``event`` what the workflow's event
    sets: variables of the runner's, and ``before``.
    """
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (step,) = action["runs"]["steps"]
    event = dict(event or {})
    context = {"github.event.before": event.pop("before", "")}
    for name, declared in action["inputs"].items():
        context[f"inputs.{name}"] = inputs.pop(name.replace("-", "_"), declared["default"])
    assert not inputs

    def evaluated(text: str) -> str:
        return EXPRESSION.sub(lambda match: context[match[1]], text)

    output, summary, script = folder / "output", folder / "summary", folder / "step.sh"
    summary.touch()
    script.write_text(evaluated(step["run"]), encoding="utf-8")
    assert step["shell"] == "bash"
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],
        env=os.environ
        | {name: evaluated(value) for name, value in step["env"].items()}
        | {
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "RUNNER_TEMP": str(project.parent),
        }
        | event,
        cwd=project / evaluated(step["working-directory"]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILDING_S,
    )
    lines = output.read_text(encoding="utf-8").splitlines()
    return Ended(
        ended.returncode,
        ended.stdout,
        summary.read_text(encoding="utf-8"),
        dict(line.split("=", 1) for line in lines),
    )


@pytest.fixture(scope="module")
def pull_request(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """All of its suite, as the only one of one shards."""
    event = {"GITHUB_BASE_REF": "main", "before": "1" * 40}
    inputs = {"arguments": "--quick\n--seed=1\n--lanes=1\n", "bench": "answer\nother"}
    return act(project, tmp_path_factory.mktemp("job"), event, shard="1/1", **inputs)


def test_a_pull_request_is_compared_with_where_it_left_its_target(
    project: Path, pull_request: Ended
) -> None:
    ended = pull_request
    assert ended.code == 1, ended.log
    assert ended.outputs["exit-code"] == "1"
    assert ended.outputs["verdict"] == "broken"
    result = gate_result.load(Path(ended.outputs["json"]))
    assert result.verdict is Conclusion.BROKEN
    assert result.base.commit == tiny_project.git(project, "rev-parse", "origin/main~1")
    assert ended.summary.startswith(MARKER)
    assert ended.summary == Path(ended.outputs["markdown"]).read_text(encoding="utf-8")
    assert "\n::error title=broken%3A speed.time_answer::" in ended.log


def check_not_measured(ended: Ended, code: int, said: str) -> None:
    """That the step, its one error and its summary say why."""
    assert ended.code == code
    assert ended.outputs == {
        "verdict": "not measured",
        "exit-code": str(code),
        "json": "",
        "markdown": "",
    }
    assert f"::error title=hotloop gate could not measure::{said}" in ended.log
    assert ended.log.count("::error") == 1
    assert ended.summary.startswith(f"### hotloop gate could not measure\n\nExit code {code}.")
    assert f"    hotloop: {said}" in ended.summary


HOSTILE = "-v; touch here; $(touch here) `touch here`"


def test_a_push_is_compared_with_a_commit_that_has_to_be_there(
    project: Path, tmp_path: Path
) -> None:
    before = "2" * 40
    inputs = {"bench": "$(touch here)\nnone such", "head": HOSTILE}
    ended = act(project, tmp_path, {"before": before}, **inputs)
    check_not_measured(ended, 2, f"unknown revision {before}")
    assert not (project / "here").exists()


@pytest.mark.thorough(
    "test_a_push_is_compared_with_a_commit_that_has_to_be_there",
    "test_a_pull_request_is_compared_with_where_it_left_its_target",
)
def test_a_push_is_compared_with_the_commit_before_it(project: Path, tmp_path: Path) -> None:
    before = tiny_project.git(project, "rev-parse", "HEAD")
    ended = act(project, tmp_path, {"before": before}, bench="$(touch here)\nnone such")
    said = "no benchmark matches --bench '$(touch here)' or --bench 'none such'"
    check_not_measured(ended, 4, said)
    assert not (project / "here").exists()


def test_an_option_that_is_refused_is_seen_beside_the_commit(project: Path, tmp_path: Path) -> None:
    ended = act(project, tmp_path, base="main", floor="--quick")
    assert ended.code == 2
    assert "::error title=hotloop gate could not measure::hotloop: --floor: " in ended.log


def test_a_python_that_is_too_old_is_no_pass(project: Path, tmp_path: Path) -> None:
    event = {"RUNNER_TEMP": str(tmp_path)}
    ended = act(project, tmp_path, event, base="main", python="/bin/false")
    assert ended.code == 4
    assert ended.outputs["verdict"] == "not measured"
    assert "and /bin/false is none" in ended.summary


@pytest.mark.thorough(
    "test_what_to_measure_is_handed_on_word_by_word",
    "test_a_push_is_compared_with_a_commit_that_has_to_be_there",
)
def test_a_hostile_name_of_a_branch_stays_a_name(project: Path, tmp_path: Path) -> None:
    ended = act(project, tmp_path, {"GITHUB_BASE_REF": HOSTILE}, head=HOSTILE)
    assert ended.code == 2, ended.log
    assert f"unknown revision origin/{HOSTILE}" in ended.log
    assert not (project / "here").exists()


def handed_on(
    folder: Path, event: Mapping[str, str] | None = None, **inputs: str
) -> tuple[list[str], list[str]]:
    """The options that hotloop gets from the script, and what follows them, in ``folder``.

    But for where its results go.
    """
    given = folder / "given"
    python = folder / "hotloop-venv" / "bin" / "python"
    tiny_project.write(python.parent, {"python": f"#!/bin/sh\nprintf '%s\\n' \"$@\" > '{given}'\n"})
    python.chmod(0o755)
    (python.parents[1] / ".complete").touch()
    # The runner's temporary folder is beside the project.
    (folder / "project").mkdir(exist_ok=True)
    ended = act(folder / "project", folder, event, **inputs)
    assert (ended.code, ended.outputs["verdict"]) == (0, "not measured"), ended.log
    isolated, module, hotloop, gate, *words = given.read_text(encoding="utf-8").splitlines()
    assert [isolated, module, hotloop, gate] == ["-P", "-m", "hotloop", "gate"]
    end = next((n for n, word in enumerate(words) if word in ("--", "--from")), len(words))
    results = ("--json=", "--markdown=")
    return [word for word in words[:end] if not word.startswith(results)], words[end:]


def test_what_to_measure_is_handed_on_word_by_word(tmp_path: Path) -> None:
    inputs = {
        "bench": "answer\n$(touch here)", "environment": "here", "budget": "5",
        "floor": "--quick", "false_alarms": "0.1", "shard": "1/3", "install": "pip a\n-b",
        "python_version": "3.12", "arguments": "--quick\n--lanes=1\n",
    }  # fmt: skip
    options, rest = handed_on(tmp_path, {"GITHUB_BASE_REF": HOSTILE}, head=HOSTILE, **inputs)
    assert options == [
        "--annotations", "--false-alarms=0.1", "--floor=--quick", "--install=pip a",
        "--install=-b", "--python=3.12", "--bench=answer", "--bench=$(touch here)",
        "--environment=here", "--budget=5", "--shard=1/3", "--quick", "--lanes=1", "--merge-base",
    ]  # fmt: skip
    assert rest == ["--", f"origin/{HOSTILE}", HOSTILE]
    assert not (tmp_path / "project" / "here").exists()


@pytest.mark.parametrize(
    ("inputs", "options"),
    [
        ({"pytest": "tests/test_it.py\n-a.py\n"}, ["--pytest", "tests/test_it.py", "./-a.py"]),
        ({"pytest": "."}, ["--pytest"]),
        # hotloop looks for a suite of pytest where there is none of asv.
        ({}, []),
        ({"config": "other.json"}, ["--config=other.json"]),
    ],
)  # fmt: skip
def test_where_the_suite_is_is_handed_on(
    inputs: dict[str, str], options: list[str], tmp_path: Path
) -> None:
    handed = handed_on(tmp_path, None, base="main", **inputs)
    assert handed == (["--annotations", *options], ["--", "main", "HEAD"])


def test_results_are_those_that_a_pattern_finds_or_one_of_that_name(tmp_path: Path) -> None:
    tiny_project.write(tmp_path / "project", {"-1/gate.json": "", "-2/gate.json": ""})
    for pattern, files in (
        ("-*/gate.json", ["./-1/gate.json", "./-2/gate.json"]),
        ("none-*/gate.json", ["none-*/gate.json"]),
    ):
        # The defaults of what to measure are not handed on.
        options, rest = handed_on(tmp_path, {"before": "1" * 40}, results=pattern)
        assert (options, rest) == (["--annotations"], ["--from", *files])


def test_another_folder_holds_the_project(project: Path, tmp_path: Path) -> None:
    event = {"GITHUB_BASE_REF": "main"}
    ended = act(project, tmp_path, event, working_directory="benchmarks")
    assert ended.code == 2
    assert "neither asv.conf.json nor a configuration of pytest" in ended.log


@pytest.mark.thorough(
    "test_where_the_suite_is_is_handed_on",
    "test_another_folder_holds_the_project",
    "processes/test_gate_pytest.py::test_each_side_runs_its_own_code",
)
@pytest.mark.parametrize("paths", ["tests/test_speed.py\n", ".", ""])
def test_a_project_of_pytest_needs_no_asv(
    paths: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("PYTEST")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "pure"
    pytest_project.make(folder, {"tests/test_speed.py": pytest_project.SPEED})
    event = {"RUNNER_TEMP": str(project.parent)}
    inputs = {"pytest": paths, "environment": "here", "arguments": "--quick\n--lanes=1"}
    ended = act(folder, tmp_path, event, base="base", **inputs)
    assert ended.code == 0, ended.log
    assert ended.outputs["verdict"] == "undecided"
    assert "tests/test_speed.py::test_work" in ended.log


@pytest.mark.timeout(4 * BUILDING_S)
def test_shards_are_judged_together_in_a_job_of_their_own(
    project: Path, pull_request: Ended, tmp_path: Path
) -> None:
    kept, folder = tmp_path / "kept", tmp_path / "job"
    folder.mkdir()
    (kept / "shard-1").mkdir(parents=True)
    stored = Path(pull_request.outputs["json"]).read_bytes()
    (kept / "shard-1/gate.json").write_bytes(stored)
    ended = act(project, folder, {"before": "1" * 40}, results=f"{kept}/shard-*/gate.json")
    assert (ended.code, ended.outputs["verdict"]) == (1, "broken"), ended.log
    assert "1 benchmark in 1 shard" in ended.log


@pytest.mark.thorough(
    "test_results_are_those_that_a_pattern_finds_or_one_of_that_name",
    "unit/test_gate_result.py::test_a_file_that_is_not_there_is_one_sentence",
)
def test_results_that_are_not_there_are_told(project: Path, tmp_path: Path) -> None:
    ended = act(project, tmp_path, results=f"{tmp_path}/none-*/gate.json")
    assert ended.code == 4
    assert f"cannot read {tmp_path}/none-*/gate.json" in ended.log


@pytest.mark.thorough(
    "test_shards_are_judged_together_in_a_job_of_their_own",
    "unit/test_gate_result.py::test_every_ending_has_its_exit_code",
)
def test_a_stored_result_that_is_undecided_is_red(project: Path, tmp_path: Path) -> None:
    stored = tmp_path / "gate.json"
    # It is judged again, from too few pairs.
    row = gate_runs.benchmark("suite.time_table", Verdict.UNDECIDED, 1.05, 1.1, pairs=2)
    stored.write_text(gate_result.to_json(gate_runs.result(row)), encoding="utf-8")
    ended = act(project, tmp_path, results=str(stored))
    assert (ended.code, ended.outputs["verdict"]) == (3, "undecided"), ended.log


@pytest.mark.thorough(
    "test_shards_are_judged_together_in_a_job_of_their_own",
    "unit/test_gate_result.py::test_every_ending_has_its_exit_code",
)
def test_undecided_for_want_of_time_is_red(project: Path, tmp_path: Path) -> None:
    tiny_project.git(project, "branch", "--force", "twin", "origin/main~1")
    # No time for the pairs that any verdict takes.
    ended = act(
        project, tmp_path, base="origin/main~1", head="twin", arguments="--budget=0.1\n--lanes=1"
    )
    assert (ended.code, ended.outputs["verdict"]) == (3, "undecided"), ended.log

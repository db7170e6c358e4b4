"""The GitHub action and the workflows: what may be checked without GitHub."""

import argparse
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from hotloop.gate import options as gate_options

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
SCRIPT = ROOT / "scripts" / "gate-action"
COMMENT_SCRIPT = ROOT / "scripts" / "gate-comment"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FILES = [ACTION, *WORKFLOWS]
EXPRESSION = "${{"
FULL_HASH = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
USAGE = 2


def parsed(path: Path) -> dict[Any, Any]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def steps(path: Path) -> list[dict[str, Any]]:
    document = parsed(path)
    if path == ACTION:
        return list(document["runs"]["steps"])
    return [step for job in document["jobs"].values() for step in job["steps"]]


def named(path: Path) -> Any:
    return pytest.param(path, id=path.name)


@pytest.mark.parametrize("path", [*map(named, FILES)])
def test_no_expression_becomes_text_of_a_shell_command(path: Path) -> None:
    commands = [step["run"] for step in steps(path) if "run" in step]
    assert commands
    assert [command for command in commands if EXPRESSION in command] == []


@pytest.mark.parametrize("path", [*map(named, WORKFLOWS)])
def test_other_actions_are_pinned_by_commit_and_leave_no_token_behind(path: Path) -> None:
    used = [step for step in steps(path) if "uses" in step and step["uses"] != "./"]
    assert used
    assert [step["uses"] for step in used if not FULL_HASH.fullmatch(step["uses"])] == []
    for step in used:
        if step["uses"].startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", [*map(named, WORKFLOWS)])
def test_every_job_has_a_time_limit(path: Path) -> None:
    assert all(job["timeout-minutes"] > 0 for job in parsed(path)["jobs"].values())


def test_what_runs_a_pull_requests_code_may_only_read_and_has_the_history() -> None:
    document = parsed(ROOT / ".github" / "workflows" / "ci.yml")
    # YAML 1.1 takes the key "on" for the truth value.
    assert set(document[True]) == {"push", "pull_request"}
    assert document["permissions"] == {"contents": "read"}
    for job in document["jobs"].values():
        assert "permissions" not in job
        assert job["steps"][0]["with"]["fetch-depth"] == 0
    assert "secrets" not in str(document)


def test_what_may_comment_runs_none_of_the_pull_requests_code() -> None:
    path = ROOT / ".github" / "workflows" / "gate-comment.yml"
    document = parsed(path)
    assert set(document[True]) == {"workflow_run"}
    assert document[True]["workflow_run"]["workflows"] == [
        parsed(ROOT / ".github" / "workflows" / "ci.yml")["name"]
    ]
    writing = {key for key, value in document["permissions"].items() if value != "read"}
    assert writing == {"pull-requests"}
    (checkout,) = [step for step in steps(path) if "checkout@" in step.get("uses", "")]
    assert set(checkout["with"]) == {"persist-credentials"}
    with_token = [step for step in steps(path) if "GH_TOKEN" in step.get("env", {})]
    assert [step["run"].split()[1] for step in with_token] == ["post"]


@pytest.mark.parametrize("script", [SCRIPT, COMMENT_SCRIPT])
def test_what_the_runner_starts_is_executable_in_the_repository(script: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--stage", script], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert listed.startswith("100755 ")


@pytest.mark.parametrize("path", [*map(named, FILES)])
def test_expressions_are_only_where_the_runner_evaluates_them(path: Path) -> None:
    """In a name or a pin they would stay text; ``if`` takes them without the braces."""
    for step in steps(path):
        assert EXPRESSION not in str(step.get("if", "")) + step.get("uses", "") + step.get("id", "")
        for value in [*step.get("env", {}).values(), *step.get("with", {}).values()]:
            left = re.sub(r"\$\{\{ [a-z][\w.-]+ \}\}", "", str(value))
            assert EXPRESSION not in left


def test_the_action_passes_options_that_the_gate_has() -> None:
    parser = argparse.ArgumentParser()
    gate_options.add_arguments(parser)
    known = set(parser._option_string_actions)
    lines = SCRIPT.read_text(encoding="utf-8").splitlines()
    giving = [line for line in lines if re.match(r" *(add -|arguments\+?=)", line)]
    passed = set(re.findall(r"--[a-z-]+", " ".join(giving)))
    assert {"--json", "--markdown", "--annotations", "--merge-base", "--bench"} <= passed
    assert passed <= known


def test_each_input_of_the_action_reaches_the_script() -> None:
    document = parsed(ACTION)
    (step,) = document["runs"]["steps"]
    given = {*step["env"].values(), step["working-directory"]}
    assert {f"{EXPRESSION} inputs.{name} }}}}" for name in document["inputs"]} <= given
    script = SCRIPT.read_text(encoding="utf-8")
    assert [name for name in step["env"] if f"${name}" not in script] == []


def test_each_output_of_the_action_is_written_by_the_script() -> None:
    outputs = parsed(ACTION)["outputs"]
    written = set(re.findall(r"printf '([a-z-]+)=%s", SCRIPT.read_text(encoding="utf-8")))
    assert written == set(outputs)
    for name, output in outputs.items():
        assert output["value"] == f"{EXPRESSION} steps.gate.outputs.{name} }}}}"


def test_the_script_without_a_revision_to_compare_with_is_a_usage_error(tmp_path: Path) -> None:
    (step,) = parsed(ACTION)["runs"]["steps"]
    ended = subprocess.run(
        [SCRIPT],
        env=dict.fromkeys(step["env"], "")
        | {
            "PATH": "/usr/bin:/bin",
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            # A branch that was made by this push was nowhere before.
            "GATE_BEFORE_PUSH": "0" * 40,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == USAGE
    assert ended.stdout.startswith(
        "::error title=hotloop gate could not measure::name the revision"
    )
    assert (tmp_path / "output").read_text(encoding="utf-8").splitlines() == [
        "verdict=not measured",
        f"exit-code={USAGE}",
        "json=",
        "markdown=",
    ]
    assert "could not measure" in (tmp_path / "summary").read_text(encoding="utf-8")


# Stands for GitHub's own program: notes its arguments, and knows one pull request or comment.
GH = """#!/bin/sh
printf '%s\\n' "$*" >>"$GH_NOTES"
case "$*" in
*comments*--jq*) printf '%s' "$GH_COMMENTS" ;;
*pulls*) printf '%s' "$GH_PULL" ;;
esac
"""


def post(folder: Path, pull: str, comments: str) -> list[str]:
    """What `gate-comment post` asks of gh where it finds this pull request and these comments."""
    (folder / "bin").mkdir()
    (folder / "bin" / "gh").write_text(GH, encoding="utf-8")
    (folder / "bin" / "gh").chmod(0o755)
    subprocess.run(
        [COMMENT_SCRIPT, "post", "comment.md"],
        env={
            "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
            "GH_NOTES": str(folder / "notes"),
            "GH_PULL": pull,
            "GH_COMMENTS": comments,
            "GITHUB_REPOSITORY": "o/r",
            "HEAD_SHA": "abc",
            "HEAD_OWNER": "someone",
            "HEAD_BRANCH": "$(touch here)&state=closed",
        },
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return (folder / "notes").read_text(encoding="utf-8").splitlines()


def test_a_first_comment_is_new(tmp_path: Path) -> None:
    asked = post(tmp_path, pull="7", comments="")
    assert "-f head=someone:$(touch here)&state=closed " in asked[0]
    assert not (tmp_path / "here").exists()
    assert asked[-1] == "api --silent --method POST repos/o/r/issues/7/comments -F body=@comment.md"


def test_a_later_comment_replaces_the_first(tmp_path: Path) -> None:
    asked = post(tmp_path, pull="7", comments="31\n32\n")
    assert asked[-1] == (
        "api --silent --method PATCH repos/o/r/issues/comments/31 -F body=@comment.md"
    )


def test_nothing_is_posted_where_the_commit_is_no_longer_a_head(tmp_path: Path) -> None:
    assert len(post(tmp_path, pull="", comments="")) == 1


@pytest.mark.parametrize("size", [None, 5_000_001])
def test_a_result_that_is_missing_or_too_large_is_said_to_be_none(
    tmp_path: Path, size: int | None
) -> None:
    if size is not None:
        (tmp_path / "gate.json").write_bytes(b" " * size)
    subprocess.run(
        [COMMENT_SCRIPT, "render", tmp_path / "gate.json", tmp_path / "comment.md"],
        env={"PATH": "/usr/bin:/bin", "HEAD_SHA": "abc", "RUN_URL": "https://example.org/run"},
        cwd=ROOT,
        check=True,
    )
    text = (tmp_path / "comment.md").read_text(encoding="utf-8")
    assert text.startswith("<!-- hotloop gate -->\n### hotloop gate has no result for abc\n")
    assert "[this run](https://example.org/run)" in text

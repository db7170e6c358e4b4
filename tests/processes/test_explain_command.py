"""``hotloop explain`` on stored results: of a pytest suite that needs no build, and of nonsense."""

import io
import platform
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop import cli
from hotloop.gate.explanation import Ground
from hotloop.gate.result import ContenderFacts, GateResult, load, to_json
from hotloop.gate.verdicts import Verdict
from tests import gate_runs, pytest_project, tiny_project
from tests.explained_changes import CORE, SLOWER, briefly

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("gate_workers")]
TEST = """
import tiny.core
def test_run(benchmark):
    assert benchmark(tiny.core.work) > 0
"""


def run(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return cli.main(["explain", *words, "--quiet"], out, err), out.getvalue(), err.getvalue()


def stored(folder: Path, result: GateResult) -> Path:
    file = folder / "result.json"
    file.write_text(to_json(result), encoding="utf-8")
    return file


def in_a_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of asv's kind, which is never looked at where the result is no good."""
    (folder / "asv.conf.json").write_text("{}")
    monkeypatch.chdir(folder)


def test_a_stored_result_of_pytest_is_explained_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    settings = f"[tool.pytest.ini_options]\naddopts = '{' '.join(pytest_project.ADDOPTS)}'\n"
    files = {"pyproject.toml": settings, "tests/test_speed.py": TEST}
    files |= {"tiny/__init__.py": "", ".gitignore": ".hotloop\n"}
    commits = [
        tiny_project.commit(folder, "base", files | {"tiny/core.py": CORE}),
        tiny_project.commit(folder, "slower", {"tiny/core.py": SLOWER}),
    ]
    here = f"here (Python {platform.python_version()})"
    base, head = (ContenderFacts(commit, commit[:7], "", here) for commit in commits)
    row = gate_runs.benchmark("tests/test_speed.py::test_run", Verdict.SLOWER, 1.9, 1.95)
    before = replace(gate_runs.result(row), base=base, head=head)
    file = stored(tmp_path, before)
    monkeypatch.chdir(folder)
    briefly(monkeypatch)
    again, stacks = tmp_path / "again.json", tmp_path / "stacks.txt"
    code, out, err = run(str(file), "--json", str(again), "--stacks", str(stacks), "--lanes", "1")
    assert (code, err) == (1, "")
    assert "is tiny/core.py:heavy" in out
    (told,) = (row.explanation for row in load(again).benchmarks)
    assert told is not None
    assert told.ground is Ground.FUNCTION
    assert told.functions[0].commit == commits[1]
    sides = {line.split(";")[1] for line in stacks.read_text().splitlines()}
    assert sides == {"base", "head"}


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (None, 4, "cannot read"),
        ("[]", 4, "no result of hotloop"),
        ("{", 4, "damaged or not JSON"),
    ],
)
def test_nonsense_is_one_sentence(
    tmp_path: Path, text: str | None, code: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_project(tmp_path, monkeypatch)
    file = tmp_path / "result.json"
    if text is not None:
        file.write_text(text)
    ended, out, err = run(str(file))
    assert (ended, out) == (code, "")
    assert says in err
    assert err.count("\n") == 1


def test_a_result_in_which_nothing_changed_has_nothing_to_explain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_project(tmp_path, monkeypatch)
    code, out, err = run(str(stored(tmp_path, gate_runs.ALL_SAME)))
    assert (code, out) == (4, "")
    assert "nothing to explain" in err

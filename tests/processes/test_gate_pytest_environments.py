"""`hotloop gate --pytest` in environments of its own, which pip fills with each commit's wheel."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import commands, pytest_gate, pytest_project, tiny_project

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("gate_workers")]


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables for installs that take pytest from here, compiled: an index is asked elsewhere."""
    return pytest_gate.ENVIRONMENT | pytest_gate.offer_pytest(tmp_path_factory.mktemp("offered"))


def in_environments(folder: Path, offered: Mapping[str, str]) -> dict[str, Any]:
    """What a run stores whose sides each have an environment of their own."""
    result = folder.with_name("result.json")
    words = ["base", "--pytest", "--quick", "--quiet", "--json", str(result)]
    ended = commands.here(folder, "gate", *words, *commands.ONE_LANE, environment=offered)
    assert ended.returncode == 0, ended.stderr
    stored: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return stored


def to_be_built(folder: Path) -> Path:
    tests = {"tests/test_speed.py": pytest_project.SPEED, ".gitignore": ".hotloop\n"}
    return pytest_project.make(folder, tests | pytest_project.OWN_BACKEND)


def test_an_environment_of_its_own_is_built_from_each_commit(
    tmp_path: Path, offered: dict[str, str]
) -> None:
    folder = to_be_built(tmp_path / "pure")
    stored = in_environments(folder, offered)
    (row,) = stored["benchmarks"]
    low, high = pytest_project.SLOWER
    assert low < row["ratio"] < high
    assert stored["head"]["environment"].startswith("venv-py3.")
    assert stored["unproved"] == []
    assert tiny_project.git(folder, "status", "--porcelain") == ""


@pytest.mark.thorough(
    "test_an_environment_of_its_own_is_built_from_each_commit",
    "unit/test_gate_slot.py::"
    "test_an_environment_is_used_again_unless_a_commit_asks_for_other_libraries",
)
def test_an_environment_is_used_again_unless_a_commit_asks_for_other_libraries(
    tmp_path: Path, offered: dict[str, str]
) -> None:
    folder = to_be_built(tmp_path / "pure")
    in_environments(folder, offered)
    made = {slot: environment_in(folder, slot) for slot in "ab"}
    # Another requirement, though of nothing here: pip would keep what was there for the last one.
    backend = pytest_project.OWN_BACKEND["wheel_of_pure.py"]
    wanting = backend.replace("Name: pure", "Name: pure\\nRequires-Dist: absent; extra == 'x'")
    tiny_project.commit(folder, "another requirement", {"wheel_of_pure.py": wanting})
    in_environments(folder, offered)
    assert [environment_in(folder, slot) == made[slot] for slot in "ab"] == [True, False]


def environment_in(folder: Path, slot: str) -> os.stat_result:
    return (folder / ".hotloop/gate" / slot / "env/pyvenv.cfg").stat()


@pytest.mark.thorough(
    "test_an_environment_of_its_own_is_built_from_each_commit",
    "unit/test_gate_slot.py::"
    "test_what_a_command_of_the_users_installs_is_the_commits_and_found_again",
)
@pytest.mark.parametrize(
    "editable",
    # What pip does, in a fraction of the time.
    [f"{tiny_project.INSTALLER} -e .", "pip install -e ."],
    ids=["", "pip"],
)
def test_an_editable_install_runs_the_commits_code_in_later_runs_too(
    editable: str, tmp_path: Path, offered: dict[str, str]
) -> None:
    by_pip = editable.startswith("pip")
    environment = pytest_gate.ENVIRONMENT if by_pip else offered
    folder = tmp_path / "pure"
    # As an extension is that is built in place: git ignores it.
    tests = {
        "tests/test_speed.py": pytest_project.SPEED,
        "tests/conftest.py": "import pure.made\n",
        ".gitignore": "made.py\n*.egg-info\n",
    }
    pytest_project.make(folder, tests)
    result = tmp_path / "result.json"
    install = ("--install", editable, "--install", "touch pure/made.py")
    for base, head in (("base", "main"), ("main", "base")):
        words = (base, head, "--pytest", "--quick", "--quiet", "--json", str(result), *install)
        told = (*words, *commands.ONE_LANE)
        ended = commands.here(folder, "gate", *told, environment=environment)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        stored = json.loads(result.read_text(encoding="utf-8"))
        (row,) = stored["benchmarks"]
        low, high = pytest_project.SLOWER if head == "main" else pytest_project.FASTER
        assert low < row["ratio"] < high
        assert stored["unproved"] == []
        assert not any("libraries differ" in warning for warning in stored["warnings"])

"""`hotloop gate --pytest` as a user runs it: real repositories, settings and environments."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hotloop.gate.build import here
from tests import commands, pytest_gate, pytest_project, tiny_project
from tests.commands import hotloop
from tests.pytest_gate import named_rows

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("gate_workers")]


def gate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A whole command; the others run in this process."""
    return hotloop(folder, "gate", *words, environment=pytest_gate.ENVIRONMENT, limit_s=None)


def gate_here(
    folder: Path, *words: str, environment: Mapping[str, str] = pytest_gate.ENVIRONMENT
) -> subprocess.CompletedProcess[str]:
    told = (*words, *commands.ONE_LANE)
    return commands.here(folder, "gate", *told, environment=environment)


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables for installs that take pytest from here, compiled: an index is asked elsewhere."""
    return pytest_gate.ENVIRONMENT | pytest_gate.offer_pytest(tmp_path_factory.mktemp("offered"))


# Options of plugins, whether they are installed or not.
SPOILING = "-n auto --benchmark-skip --codspeed --dist loadgroup"
HEADS = (
    "import pathlib\n"
    "import pytest\n"
    "import pure\n"
    "from helper import TURNS\n"
    "DATA = pathlib.Path(__file__).with_name('data.txt').read_text()\n"
    "TURNS_THERE = int(pathlib.Path(__file__).parents[1].joinpath('sizes/n.txt').read_text())\n"
    "def test_work(benchmark, turns):\n"
    "    assert DATA == 'of head'\n"
    "    assert turns == TURNS == 300\n"
    "    benchmark(pure.work, turns)\n"
    "def test_new(benchmark):\n"
    "    benchmark(pure.more, 20)\n"
)
# Beside another project of the repository, and with a cache in two places.
REMEMBERS = (
    "import os, pathlib, tempfile\n"
    "import core, pure\n"
    "TURNS = 40_000 if pure.work(100) > 10**6 else 20_000\n"
    "def remembered(folder):\n"
    "    path = pathlib.Path(folder, 'pure-turns')\n"
    "    if not path.exists():\n"
    "        path.write_text(str(TURNS))\n"
    "    return int(path.read_text())\n"
    "def test_temporary(benchmark):\n"
    "    benchmark(sum, range(remembered(tempfile.gettempdir())))\n"
    "def test_kept(benchmark):\n"
    "    benchmark(sum, range(remembered(os.environ['XDG_CACHE_HOME'])))\n"
    "def test_more(benchmark): benchmark(core.more, 2000)\n"
)


@dataclass(frozen=True)
class Judged:
    """A project whose commits differ in all that tests may have around them, after a pair each."""

    folder: Path
    cache: Path
    ended: "subprocess.CompletedProcess[str]"
    stored: dict[str, Any]
    rows: dict[str, pytest_gate.Row]

    def warning(self, words: str) -> str:
        """The one that has these words."""
        (said,) = (each for each in self.stored["warnings"] if words in each)
        return str(said)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    place = tmp_path_factory.mktemp("around")
    folder, cache = place / "pure", place / "cache"
    cache.mkdir()
    # As an editable install of the project beside it does.
    conftest = (
        f"import pytest, sys\nsys.path.append({str(folder / 'beside')!r})\n"
        "@pytest.fixture\ndef turns():\n    return 300\n"
    )
    beside = "def more(turns): return sum(range({}))\n"
    tests = {
        "tests/test_speed.py": HEADS,
        "tests/test_remembers.py": REMEMBERS,
        "tests/data.txt": "of head",
        "sizes/n.txt": "300",
        "sizes/unread.txt": "new",
        "tests/helper.py": "TURNS = 300\n",
        "tests/conftest.py": conftest,
        "beside/core/__init__.py": beside.format("2 * turns"),
        "tests/test_other.py": "def test_other(benchmark): benchmark(len, '')\n",
        "pyproject.toml": (
            f"{pytest_project.PYPROJECT}addopts = '{' '.join(pytest_project.ADDOPTS)} {SPOILING}'\n"
            "python_functions = ['test_*']\n"
            "[tool.hotloop]\nenvironment = 'here'\n"
            "pytest = ['tests/test_speed.py', 'tests/test_remembers.py']\n"
        ),
    }
    at_base = {
        "tests/test_speed.py": (
            "import pure\ndef test_work(benchmark):\n    assert 0\ndef test_old(benchmark): pass\n"
        ),
        "tests/data.txt": "of base",
        "tests/stale.py": "1 / 0\n",
        "sizes/n.txt": "299",
        "sizes/unread.txt": "old",
        "beside/core/__init__.py": beside.format("turns"),
    }
    pytest_project.make(folder, tests, at_base)
    (folder / "tests/stale.py").unlink()
    more = {"pure/__init__.py": pytest_project.WORK.format(percent=200) + "more = work\n"}
    tiny_project.commit(folder, "more", more)
    result = place / "result.json"
    environment = {**pytest_gate.ENVIRONMENT, "XDG_CACHE_HOME": str(cache)}
    ended = gate_here(folder, "base", "--quick", "--json", str(result), environment=environment)
    assert ended.returncode == 0, ended.stderr
    stored = json.loads(result.read_text())
    return Judged(folder, cache, ended, stored, named_rows(stored))


def test_heads_tests_helpers_and_data_run_on_both_sides(judged: Judged, tmp_path: Path) -> None:
    found = judged.rows
    assert (found["test_work"]["reason"], found["test_work"]["pairs"]) == (None, 1)
    assert found["test_new"]["verdict"] == "new"
    assert "has no attribute 'more'" in str(found["test_new"]["reason"])
    gone = [row for row in found.values() if row["verdict"] == "gone"]
    assert [row["name"] for row in gone] == ["tests/test_speed.py::test_old"]
    if tiny_project.notes_readings(tmp_path):
        said = judged.warning("differ between the commits")
        assert "each side its own (sizes/n.txt): what that costs is judged" in said


def test_a_cache_of_one_side_is_not_the_others_or_it_is_told(judged: Judged) -> None:
    assert judged.rows["test_temporary"]["ratio"] > 1.6  # type: ignore[operator]
    assert 0.7 < judged.rows["test_kept"]["ratio"] < 1.4  # type: ignore[operator]
    assert str(judged.cache / "pure-turns") in judged.warning("under one name")


def test_another_project_of_the_repository_that_both_sides_import_is_told(judged: Judged) -> None:
    (said,) = judged.stored["unproved"]
    assert f"both sides import {judged.folder}/beside/core/__init__.py (module core)" in said


def test_a_configured_project_needs_no_option_at_all(judged: Judged) -> None:
    assert "no asv.conf.json here: taking the project's pytest suite" in judged.ended.stderr
    assert "tests/test_speed.py::test_work" in judged.ended.stdout
    assert "test_other" not in judged.ended.stdout
    assert "xdist would spoil the times" in " ".join(judged.ended.stdout.split())


@pytest.mark.thorough(
    "test_a_configured_project_needs_no_option_at_all",
    "unit/test_gate_pytest_suite.py::test_plugins_that_would_spoil_the_times_are_switched_off",
)
def test_plugins_that_would_spoil_the_times_are_switched_off(tmp_path: Path) -> None:
    folder = tmp_path / "pure"
    told = pytest_project.PYPROJECT + (
        f"addopts = '{' '.join(pytest_project.WITH_XDIST)} --cov=pure {SPOILING}'\n"
        "[tool.hotloop]\nenvironment = 'here'\n"
    )
    tests = {"tests/test_speed.py": pytest_project.SPEED, "pyproject.toml": told}
    pytest_project.make(folder, tests)
    ended = gate(folder, "base", "--quick", *commands.ONE_LANE)
    assert ended.returncode == 0, ended.stderr
    assert "tests/test_speed.py::test_work" in ended.stdout
    assert "xdist and coverage would spoil the times" in " ".join(ended.stdout.split())


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one test."""
    folder = tmp_path_factory.mktemp("plain") / "pure"
    return pytest_project.make(folder, {"tests/test_speed.py": pytest_project.SPEED})


def test_calibrate_looks_for_the_tests_that_it_is_given(plain: Path) -> None:
    words = ("calibrate", "--pytest", "--bench", "other", "--environment", "here", "--quiet")
    ended = commands.here(plain, *words, environment=pytest_gate.ENVIRONMENT)
    assert (ended.returncode, ended.stdout) == (4, "")
    assert "no benchmark matches --bench 'other'; the suite has tests/test_speed.py::test_work" in (
        ended.stderr
    )


@pytest.mark.thorough(
    "test_calibrate_looks_for_the_tests_that_it_is_given",
    "processes/test_calibrate_command.py::test_a_suite_is_timed_beside_itself_and_judged_again",
)
def test_calibrate_takes_pytest_suites_too(plain: Path) -> None:
    words = ["calibrate", "--pytest", "--environment", "here", "--pairs", "7", "--runs", "100"]
    words += ["--quiet", *commands.ONE_LANE]
    ended = commands.here(plain, *words, environment=pytest_gate.ENVIRONMENT)
    assert ended.returncode == 0, ended.stderr
    assert "test_work" in ended.stdout, ended.stdout


def in_environments(folder: Path, offered: Mapping[str, str]) -> dict[str, Any]:
    """What a run stores whose sides each have an environment of their own."""
    result = folder.with_name("result.json")
    words = ["base", "--pytest", "--quick", "--quiet", "--json", str(result)]
    ended = gate_here(folder, *words, environment=offered)
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
    assert 1.6 < row["ratio"] < 2.6
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
    "processes/test_gate_second_build.py::test_environments_for_tests_are_linked_anew_too",
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
        ended = gate_here(folder, *words, environment=environment)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        stored = json.loads(result.read_text(encoding="utf-8"))
        (row,) = stored["benchmarks"]
        low, high = (1.6, 2.6) if head == "main" else (0.4, 0.7)
        assert low < row["ratio"] < high
        assert stored["unproved"] == []
        assert not any("libraries differ" in warning for warning in stored["warnings"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pytest", "tests/absent.py"], "file or directory not found: tests/absent.py"),
        (["--pytest", "--bench", "absent"], "no benchmark matches --bench 'absent'"),
        (["--pytest-args=-k absent"], "leaves out 1 of them; --pytest-args says otherwise"),
        pytest.param(
            ["--pytest-args=-o python_files=check_*.py"],
            "pytest looks for them in files that are called check_*.py (python_files)",
            marks=pytest.mark.thorough(
                "test_what_cannot_be_collected_is_said_in_one_sentence",
                "unit/test_gate_pytest_suite.py::test_why_there_is_no_benchmark_is_said",
            ),
        ),
        (["--pytest-args=--absent"], "the plugin of --absent is not in the environment"),
    ],
)
def test_what_cannot_be_collected_is_said_in_one_sentence(
    plain: Path, words: list[str], said: str
) -> None:
    ended = gate_here(plain, "base", "--environment", "here", "--quiet", *words)
    assert (ended.returncode, ended.stdout) == (4, "")
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_tests_that_want_what_nobody_has_built_are_told_so(tmp_path: Path) -> None:
    folder = tmp_path / "pure"
    speed = f"import pure._fast\n{pytest_project.SPEED}"
    pytest_project.make(folder, {"tests/test_speed.py": speed, "pure/_fast.c": ""})
    ended = gate_here(folder, "base", "--environment", "here", "--quiet")
    assert ended.returncode == 4
    assert "No module named 'pure._fast'" in ended.stderr
    assert "head runs without its compiled parts (pure/_fast.c)" in ended.stderr


@pytest.mark.thorough(
    "test_another_project_of_the_repository_that_both_sides_import_is_told",
    "unit/test_gate_origins.py::test_two_commits_from_one_file_end_the_run",
    "processes/test_gate_origins.py::test_a_project_that_both_sides_import_from_one_file_ends_the_run",
)
def test_an_installed_project_that_both_sides_would_import_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "pure"
    (tmp_path / "other/pure").mkdir(parents=True)
    (tmp_path / "other/pure/__init__.py").write_text("def work(turns): return 1\n")
    conftest = f"import sys\nsys.path.insert(0, {str(tmp_path / 'other')!r})\nimport pure\n"
    files = {"tests/test_speed.py": pytest_project.SPEED, "conftest.py": conftest}
    pytest_project.make(folder, files)
    ended = gate_here(folder, "base", "--pytest", "--environment", "here", "--quick", "--quiet")
    assert ended.returncode == 4
    assert "both sides import the project from one file" in ended.stderr


def test_a_process_that_imports_the_installed_project_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site/pure").mkdir(parents=True)
    installed = tmp_path / "site/pure/__init__.py"
    installed.write_text("def work(turns): return 1\n")
    speed = (
        "import subprocess, sys\n"
        "CODE = 'import sys; sys.path.append(sys.argv[1]); import pure; pure.work(1)'\n"
        f"WORDS = [sys.executable, '-I', '-c', CODE, {str(tmp_path / 'site')!r}]\n"
        "def test_alone(benchmark):\n"
        "    benchmark(subprocess.run, WORDS, check=True)\n"
    )
    folder = pytest_project.make(
        tmp_path / "pure", {"tests/test_speed.py": speed, "tests/test_in.py": pytest_project.SPEED}
    )
    monkeypatch.setattr(here, "_installed", lambda names: (str(installed),))
    in_it = pytest_gate.stored_result(folder, "--quick", "--bench", "test_work")
    assert in_it["unproved"] == []
    # The second run finds all as the first one left it.
    alone = pytest_gate.stored_result(folder, "--quick", "--bench", "test_alone")
    assert named_rows(alone)["test_alone"]["reason"] is None
    (said,) = alone["unproved"]
    assert str(installed) in said
    assert "drops PYTHONPATH" in said


def test_where_this_python_would_import_a_project_from_is_known() -> None:
    # Byte code is read in place of it, if there is any.
    (file,) = here._installed(("json", "sys", "there_is_no_such_module"))
    assert Path(file) in (Path(json.__file__), Path(json.__spec__.cached or ""))

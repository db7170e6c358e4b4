"""`hotloop gate --pytest` as a user runs it: real repositories, settings and environments."""

import json
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
    "def test_added(benchmark):\n"
    "    benchmark(pure.more, 20)\n"
)
PATHS = ("speed", "new", "remembers", "alone")
# A file that cannot be imported at base.
NEW = "from pure import more\ndef test_new(benchmark): benchmark(more, 20)\n"
# Beside another project of the repository, and with a cache in two places.
REMEMBERS = (
    "import os, pathlib, tempfile\n"
    "import core, pure\n"
    "TURNS = 80_000 if pure.work(100) > 10**6 else 20_000\n"
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


def install(site: Path) -> Path:
    """A file of the project as if it were installed in this Python."""
    installed = site / "pure/__init__.py"
    tiny_project.write(site, {"pure/__init__.py": "def work(turns): return 1\n"})
    return installed


def alone(installed: Path) -> str:
    """A test whose process imports that."""
    return (
        "import subprocess, sys\n"
        "CODE = 'import sys; sys.path.append(sys.argv[1]); import pure; pure.work(1)'\n"
        f"WORDS = [sys.executable, '-I', '-S', '-c', CODE, {str(installed.parents[1])!r}]\n"
        "def test_alone(benchmark):\n"
        "    benchmark(subprocess.run, WORDS, check=True)\n"
    )


@dataclass(frozen=True)
class Judged:
    """A project whose commits differ in all that tests may have around them, after a pair each."""

    folder: Path
    cache: Path
    installed: Path
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
    installed = install(place / "site")
    # As an editable install of the project beside it does.
    conftest = (
        f"import pytest, sys\nsys.path.append({str(folder / 'beside')!r})\n"
        "@pytest.fixture\ndef turns():\n    return 300\n"
    )
    beside = "def more(turns): return sum(range({}))\n"
    tests = {
        "tests/test_speed.py": HEADS,
        "tests/test_new.py": NEW,
        "tests/test_remembers.py": REMEMBERS,
        "tests/test_alone.py": alone(installed),
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
            f"pytest = {[f'tests/test_{name}.py' for name in PATHS]}\n"
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
    more = {"pure/__init__.py": pytest_project.AT_HEAD + "more = work\n"}
    tiny_project.commit(folder, "more", more)
    result = place / "result.json"
    environment = {**pytest_gate.ENVIRONMENT, "XDG_CACHE_HOME": str(cache)}
    words = ("base", "--quick", "--json", str(result))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(here, "_installed", lambda names: (str(installed),))
        ended = gate_here(folder, *words, environment=environment)
    assert ended.returncode == 0, ended.stderr
    stored = json.loads(result.read_text())
    return Judged(folder, cache, installed, ended, stored, named_rows(stored))


def test_heads_tests_helpers_and_data_run_on_both_sides(judged: Judged, tmp_path: Path) -> None:
    found = judged.rows
    assert (found["test_work"]["reason"], found["test_work"]["pairs"]) == (None, 1)
    assert found["test_added"]["verdict"] == found["test_new"]["verdict"] == "new"
    assert "has no attribute 'more'" in str(found["test_added"]["reason"])
    assert "cannot import name 'more' from 'pure'" in str(found["test_new"]["reason"])
    gone = [row for row in found.values() if row["verdict"] == "gone"]
    assert [row["name"] for row in gone] == ["tests/test_speed.py::test_old"]
    if tiny_project.notes_readings(tmp_path):
        said = judged.warning("differ between the commits")
        assert "each side its own (sizes/n.txt): what that costs is judged" in said


def test_a_cache_of_one_side_is_not_the_others_or_it_is_told(judged: Judged) -> None:
    low, high = pytest_project.SLOWER
    assert low < judged.rows["test_temporary"]["ratio"] < high  # type: ignore[operator]
    low, high = pytest_project.EQUAL
    assert low < judged.rows["test_kept"]["ratio"] < high  # type: ignore[operator]
    assert str(judged.cache / "pure-turns") in judged.warning("under one name")


def test_another_project_of_the_repository_that_both_sides_import_is_told(judged: Judged) -> None:
    (said,) = (each for each in judged.stored["unproved"] if str(judged.installed) not in each)
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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(
            ["--pytest", "tests/absent.py"],
            "file or directory not found: tests/absent.py",
            marks=pytest.mark.thorough(
                "test_what_cannot_be_collected_is_said_in_one_sentence",
                "unit/test_gate_pytest_suite.py::"
                "test_what_stopped_pytest_is_told_and_not_that_no_tests_ran",
            ),
        ),
        pytest.param(
            ["--pytest", "--bench", "absent"],
            "no benchmark matches --bench 'absent'",
            marks=pytest.mark.thorough("test_calibrate_looks_for_the_tests_that_it_is_given"),
        ),
        pytest.param(
            ["--pytest-args=-k absent"],
            "leaves out 1 of them; --pytest-args says otherwise",
            marks=pytest.mark.thorough(
                "test_what_cannot_be_collected_is_said_in_one_sentence",
                "unit/test_gate_pytest_suite.py::test_why_there_is_no_benchmark_is_said",
            ),
        ),
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


def test_a_process_that_imports_the_installed_project_is_told(judged: Judged) -> None:
    assert judged.rows["test_alone"]["reason"] is None
    (said,) = (each for each in judged.stored["unproved"] if str(judged.installed) in each)
    assert "drops PYTHONPATH" in said


@pytest.mark.thorough(
    "test_a_process_that_imports_the_installed_project_is_told",
    "unit/test_gate_pytest_checkouts.py::"
    "test_a_checkout_is_as_it_was_committed_again_whatever_the_last_run_left",
)
def test_the_installed_project_is_told_of_in_a_second_run_that_imports_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = install(tmp_path / "site")
    tests = {
        "tests/test_alone.py": alone(installed),
        "tests/test_in.py": pytest_project.SPEED,
    }
    folder = pytest_project.make(tmp_path / "pure", tests)
    monkeypatch.setattr(here, "_installed", lambda names: (str(installed),))
    in_it = pytest_gate.stored_result(folder, "--quick", "--bench", "test_work")
    assert in_it["unproved"] == []
    # It finds all as the first one left it.
    second = pytest_gate.stored_result(folder, "--quick", "--bench", "test_alone")
    assert named_rows(second)["test_alone"]["reason"] is None
    (said,) = second["unproved"]
    assert str(installed) in said


def test_where_this_python_would_import_a_project_from_is_known() -> None:
    # Byte code is read in place of it, if there is any.
    (file,) = here._installed(("json", "sys", "there_is_no_such_module"))
    assert Path(file) in (Path(json.__file__), Path(json.__spec__.cached or ""))

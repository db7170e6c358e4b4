"""`hotloop gate --pytest` as a user runs it: real repositories, real pytest, real process pairs."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import commands, pytest_gate, pytest_project, tiny_project
from tests.commands import hotloop

# What is installed runs a few times: compiling all of it would take longer.
ENVIRONMENT = pytest_gate.ENVIRONMENT | {"PIP_NO_COMPILE": "1"}
WHOLE = (commands.ROOT / "tests/pytest_suites/whole.py").read_text(encoding="utf-8")
NASTY = (commands.ROOT / "tests/pytest_suites/nasty.py").read_text(encoding="utf-8")
# What pytest-rerunfailures does about a test that fails.
RERUNS = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    if item.name != "test_runs_again":
        return None
    for may_fail in (True, False):
        item._initrequest()
        for report in runtestprotocol(item, nextitem=nextitem, log=False):
            if report.failed and may_fail:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
    return True
"""
TWICE = "the test calls benchmark twice: a test has one; make two tests of it"
UNCALLED = "the test passed without calling benchmark"
BOTH = "fails at base and at head: "
# What is wrong with each of the nasty tests, in the gate's words; the others run on both sides.
TROUBLES = {
    "test_uses_up": (
        "failed",
        f"{BOTH}its first call uses up argument 1, a generator, and later calls have nothing to "
        "do: make that anew in each call",
    ),
    "test_pedantic_uses_up": (
        "failed",
        f"{BOTH}its first call uses up argument 1, a map, and later calls have nothing to do: "
        "make that anew in each call",
    ),
    "test_called_twice": ("failed", f"{BOTH}{TWICE}"),
    "test_in_a_loop": ("failed", f"{BOTH}{TWICE}"),
    "test_never_called": ("failed", f"{BOTH}{UNCALLED}"),
    "test_in_a_child": ("failed", f"{BOTH}{UNCALLED}"),
    "test_fails_afterwards": (
        "failed",
        f"{BOTH}the test raised AssertionError: assert 20540 == 'no number'",
    ),
    "test_fails_at_head": ("broken", "the test raised assert 14 < 2"),
    "test_skips": ("skipped", "at head: not today"),
    "test_skips_at_head": ("skipped", "at head: head is slow"),
    "test_skips_at_base": ("new", "does not run at base: base is fast"),
    "TestShares::test_calls_nothing": ("skipped", f"at head: {UNCALLED}"),
    "test_fails_as_expected_before": ("skipped", "at head: xfail: cannot be run"),
    "test_absent_fixture": (
        "failed",
        f"{BOTH}a fixture raised FixtureLookupError: fixture 'absent' not found",
    ),
    "test_broken_fixture": ("failed", f"{BOTH}a fixture raised LookupError: no such thing"),
    "test_broken_end_of_a_fixture": (
        "failed",
        f"{BOTH}a fixture's end raised LookupError: cannot end",
    ),
    "test_call_raises": (
        "failed",
        f"{BOTH}the test raised ValueError: invalid literal for int() with base 10: 'no number'",
    ),
    "test_call_raises_later": (
        "failed",
        f"{BOTH}the test raised ZeroDivisionError: division by zero",
    ),
    "test_call_raises_as_expected": (
        "failed",
        f"{BOTH}the test passed, but its call raised ValueError",
    ),
    "test_exits": ("failed", f"{BOTH}the test raised SystemExit: 3"),
    "test_exits_hard": ("failed", f"{BOTH}the process died (exit code 3)"),
    "test_exits_pytest": ("failed", f"{BOTH}the test raised Exit: enough"),
    "test_coroutine": (
        "failed",
        f"{BOTH}it returns a coroutine that nobody runs: call asyncio.run(...) on it in a plain "
        "function",
    ),
    "test_pedantic_wrong": (
        "failed",
        f"{BOTH}the test raised ValueError: Can't use more than 1 `iterations` with a `setup` "
        "function.",
    ),
    "test_closes_everything": (
        "failed",
        f"{BOTH}the benchmark closed the pipes that the gate talks through",
    ),
}
# Head does twice the work of base, and these spend all their time on it.
TWICE_AS_SLOW = (
    "test_plain",
    "test_asks",
    "test_in_a_thread",
    "test_fails_as_expected",
    "test_stops_the_clock",
    "test_traces",
    "test_own_timer",
)
EQUAL = ("test_grows", "test_names[a::b]", r"test_names[two\nlines]", r"test_names[nul\x00]")

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("gate_workers")]

Row = Mapping[str, object]


def gate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A whole command; the others run in this process."""
    return hotloop(folder, "gate", *words, environment=ENVIRONMENT, limit_s=None)


def gate_here(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return commands.here(folder, "gate", *words, environment=ENVIRONMENT)


def rows(folder: Path, *words: str) -> dict[str, Row]:
    """The result's benchmarks by their names without the file."""
    return named_rows(pytest_gate.stored_result(folder, *words))


def named_rows(stored: Mapping[str, Any]) -> dict[str, Row]:
    return {row["name"].partition("::")[2]: row for row in stored["benchmarks"]}


class Judged(dict[str, Row]):
    """The rows of a suite after one pair each."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder, self._options = folder, ("--quick", "--quiet", *options)
        stored = pytest_gate.stored_result(folder, *self._options)
        self.warnings = tuple(stored["warnings"])
        super().__init__(named_rows(stored))

    def has_ratio(self, name: str, low: float, high: float) -> bool:
        """Whether it is within; a pair may be far off on a busy machine, so that others follow."""
        row = self[name]
        for _ in range(3):
            ratio = row["ratio"]
            assert isinstance(ratio, float)
            if low < ratio < high:
                return True
            row = rows(self._folder, *self._options, "--bench", re.escape(f"::{name}") + "$")[name]
        return False


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    folder = tmp_path_factory.mktemp("nasty") / "pure"
    tests = {"tests/test_nasty.py": NASTY, "tests/conftest.py": RERUNS}
    pytest_project.make(folder, tests)
    before = tiny_project.state(folder)
    found = Judged(folder)
    after = tiny_project.state(folder)
    assert {k: v for k, v in after.items() if k != "files"} == {
        k: v for k, v in before.items() if k != "files"
    }
    return found


@pytest.mark.parametrize("name", TROUBLES)
def test_what_is_wrong_with_a_test_is_said_in_one_sentence(
    nasty: Mapping[str, Row], name: str
) -> None:
    assert (nasty[name]["verdict"], nasty[name]["reason"]) == TROUBLES[name]


def test_all_others_are_measured_whatever_those_did(nasty: Mapping[str, Row]) -> None:
    others = {name: row for name, row in nasty.items() if name not in TROUBLES}
    assert len(others) == 34
    assert {name: row["reason"] for name, row in others.items() if row["reason"]} == {}
    assert all(row["pairs"] for row in others.values())


@pytest.mark.parametrize("name", TWICE_AS_SLOW)
def test_each_side_runs_its_own_code(nasty: Judged, name: str) -> None:
    assert nasty.has_ratio(name, 1.6, 2.6)


@pytest.mark.parametrize("name", EQUAL)
def test_equal_code_that_remembers_is_called_equally_often(nasty: Judged, name: str) -> None:
    assert nasty.has_ratio(name, 0.8, 1.25)


def test_a_test_that_finds_remembered_answers_is_told_apart(nasty: Judged) -> None:
    (said,) = (warning for warning in nasty.warnings if "first call" in warning)
    assert "::test_remembers (" in said
    assert "is in no verdict" in said


def test_a_mark_without_the_fixture_is_a_label_for_pytest_benchmark(
    nasty: Mapping[str, Row],
) -> None:
    assert "test_marked_only" not in nasty


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Without any plugin that has `benchmark`."""
    folder = tmp_path_factory.mktemp("whole") / "pure"
    pytest_project.make(folder, {"tests/test_whole.py": WHOLE})
    return Judged(folder, "--pytest-args=-p no:benchmark -p no:codspeed")


@pytest.mark.parametrize(
    "name",
    [
        "test_marked",
        "test_marked_and_parametrised[200]",
        "test_marked_and_parametrised[400]",
        "test_fixture",
        "test_pedantic",
        "test_decorates",
    ],
)
def test_a_test_marked_as_a_benchmark_is_one_call_and_a_missing_fixture_is_provided(
    whole: Judged, name: str
) -> None:
    assert whole.has_ratio(name, 1.6, 2.6)


def test_a_marked_test_of_unittest_and_one_that_bears_one_call_only_are_timed(
    whole: Mapping[str, Row],
) -> None:
    assert whole["TestMarked::test_method"]["pairs"]
    assert whole["test_bears_one_call"]["pairs"]
    assert whole["test_leaves_a_file"]["pairs"]
    assert whole["test_bears_one_call"]["timing"] == "cold calls"
    assert whole["test_marked_and_fails"]["reason"] == (
        f"{BOTH}the test raised LookupError: no such thing"
    )
    assert "test_plain" not in whole


def test_heads_tests_helpers_and_data_run_on_both_sides(tmp_path: Path) -> None:
    folder = tmp_path / "pure"
    speed = (
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
    tests = {
        "tests/test_speed.py": speed,
        "tests/data.txt": "of head",
        "sizes/n.txt": "300",
        "sizes/unread.txt": "new",
        "tests/helper.py": "TURNS = 300\n",
        "tests/conftest.py": "import pytest\n@pytest.fixture\ndef turns():\n    return 300\n",
        "pyproject.toml": pytest_project.WITH_ADDOPTS + "python_functions = ['test_*']\n",
    }
    old = "import pure\ndef test_work(benchmark):\n    assert 0\ndef test_old(benchmark): pass\n"
    pytest_project.make(
        folder,
        tests,
        {
            "tests/test_speed.py": old,
            "tests/data.txt": "of base",
            "tests/stale.py": "1 / 0\n",
            "sizes/n.txt": "299",
            "sizes/unread.txt": "old",
        },
    )
    (folder / "tests/stale.py").unlink()
    more = {"pure/__init__.py": pytest_project.WORK.format(percent=200) + "more = work\n"}
    tiny_project.commit(folder, "more", more)
    stored = pytest_gate.stored_result(folder, "--quick", "--quiet")
    found = named_rows(stored)
    assert (found["test_work"]["reason"], found["test_work"]["pairs"]) == (None, 1)
    assert found["test_new"]["verdict"] == "new"
    assert "has no attribute 'more'" in str(found["test_new"]["reason"])
    gone = [row for row in found.values() if row["verdict"] == "gone"]
    assert [row["name"] for row in gone] == ["tests/test_speed.py::test_old"]
    if tiny_project.notes_readings(tmp_path):
        (said,) = (each for each in stored["warnings"] if "differ between the commits" in each)
        assert "each side its own (sizes/n.txt): what that costs is judged" in said


def test_a_module_of_tests_that_base_cannot_import_is_new(tmp_path: Path) -> None:
    folder = tmp_path / "pure"
    pytest_project.make(folder, {"tests/test_speed.py": pytest_project.SPEED})
    more = {
        "pure/__init__.py": pytest_project.WORK.format(percent=100) + "more = work\n",
        "tests/test_more.py": (
            "from pure import more\ndef test_more(benchmark):\n    benchmark(more, 200)\n"
        ),
    }
    tiny_project.commit(folder, "more", more)
    found = rows(folder, "--quick", "--quiet")
    assert found["test_work"]["reason"] is None
    assert found["test_more"]["verdict"] == "new"
    assert "cannot import name 'more'" in str(found["test_more"]["reason"])


def test_a_configured_project_needs_no_option_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "pure"
    told = pytest_project.PYPROJECT + (
        f"addopts = '{' '.join(pytest_project.WITH_XDIST)} "
        "-n auto --cov=pure --benchmark-skip --codspeed --dist loadgroup'\n"
        "[tool.hotloop]\nenvironment = 'here'\npytest = ['tests/test_speed.py']\n"
    )
    tests = {
        "tests/test_speed.py": pytest_project.SPEED,
        "tests/test_other.py": "def test_other(benchmark): benchmark(len, '')\n",
    }
    pytest_project.make(folder, {**tests, "pyproject.toml": told})
    ended = gate(folder, "base", "--quick")
    assert ended.returncode == 0, ended.stderr
    assert "no asv.conf.json here: taking the project's pytest suite" in ended.stderr
    assert "tests/test_speed.py::test_work" in ended.stdout
    assert "test_other" not in ended.stdout
    assert "xdist and coverage would spoil the times" in " ".join(ended.stdout.split())
    # The fixture is head's in both: the second run finds all as the first one left it.
    assert gate(folder, "base", "--quick", "--quiet").returncode == 0


def test_calibrate_takes_pytest_suites_too(tmp_path: Path) -> None:
    folder = tmp_path / "pure"
    pytest_project.make(folder, {"tests/test_speed.py": pytest_project.SPEED})
    words = ["calibrate", "--pytest", "--environment", "here", "--pairs", "7", "--runs", "100"]
    ended = commands.here(folder, *words, "--quiet", environment=ENVIRONMENT)
    assert ended.returncode == 0, ended.stderr
    assert "test_work" in ended.stdout, ended.stdout


def test_an_environment_of_its_own_is_built_from_each_commit_and_used_again(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "pure"
    tests = {"tests/test_speed.py": pytest_project.SPEED, ".gitignore": ".hotloop\n"}
    pytest_project.make(folder, tests | pytest_project.OWN_BACKEND)
    result = tmp_path / "result.json"
    words = ["base", "--pytest", "--quick", "--quiet", "--json", str(result)]
    first = gate_here(folder, *words)
    assert first.returncode == 0, first.stderr
    (row,) = json.loads(result.read_text(encoding="utf-8"))["benchmarks"]
    assert 1.6 < row["ratio"] < 2.6
    stored = json.loads(result.read_text(encoding="utf-8"))
    assert stored["head"]["environment"].startswith("venv-py3.")
    assert stored["unproved"] == []
    made = (folder / ".hotloop/gate/a/env/pyvenv.cfg").stat()
    again = gate_here(folder, *words)
    assert again.returncode == 0, again.stderr
    assert (folder / ".hotloop/gate/a/env/pyvenv.cfg").stat() == made
    assert tiny_project.git(folder, "status", "--porcelain") == ""


def test_an_editable_install_runs_the_commits_code_in_later_runs_too(tmp_path: Path) -> None:
    folder = tmp_path / "pure"
    # As an extension is that is built in place: git ignores it.
    tests = {
        "tests/test_speed.py": pytest_project.SPEED,
        "tests/conftest.py": "import pure.made\n",
        ".gitignore": "made.py\n*.egg-info\n",
    }
    pytest_project.make(folder, tests)
    result = tmp_path / "result.json"
    install = ("--install", "pip install -e .", "--install", "touch pure/made.py")
    for base, head in (("base", "main"), ("main", "base")):
        words = (base, head, "--pytest", "--quick", "--quiet", "--json", str(result), *install)
        ended = gate_here(folder, *words)
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
        (["--pytest-args=--absent"], "the plugin of --absent is not in the environment"),
    ],
)
def test_what_cannot_be_collected_is_said_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], said: str
) -> None:
    folder = tmp_path_factory.mktemp("refused") / "pure"
    pytest_project.make(folder, {"tests/test_speed.py": pytest_project.SPEED})
    ended = gate_here(folder, "base", "--environment", "here", "--quiet", *words)
    assert (ended.returncode, ended.stdout) == (4, "")
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


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

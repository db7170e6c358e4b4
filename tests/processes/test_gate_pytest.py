"""`hotloop gate --pytest` on tests of all kinds: real pytest, real process pairs."""

import re
from pathlib import Path

import pytest

from tests import pytest_gate, pytest_project, tiny_project
from tests.pytest_gate import Row, named_rows, rows
from tests.troubled_tests import (
    ANOTHERS,
    BOTH,
    EQUAL,
    NASTY,
    OTHERS,
    RERUNS,
    SLOWER,
    TROUBLES,
    WHOLE,
    WHOLE_SLOWER,
)

# Of each kind of trouble in a pair, and of what can be told from a pair alone; what all others come
# to, a worker says in a fraction of the time.
FEW_TROUBLES = ("test_drains", "test_fails_at_head", "test_skips", "test_skips_at_base")
FEW_SLOWER = ("test_plain",)
FEW_EQUAL = ("test_grows",)
FEW_OTHERS = ("test_remembers", "test_marked_only")
FEW = (*FEW_TROUBLES, *FEW_SLOWER, *FEW_EQUAL, *FEW_OTHERS)
FEW_WHOLE = ("test_marked", "test_pedantic", "test_bears_one_call", "test_marked_and_fails")
# Nearer than sides that do other work: a call more or less of what remembers shows too.
ALIKE = (0.8, 1.25)
WITHOUT_PLUGINS = "--pytest-args=-p no:benchmark -p no:codspeed"

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("gate_workers")]


class Judged(dict[str, Row]):
    """The rows of a suite after one pair each."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder, self._options = folder, ("--quick", "--quiet", *options)
        stored = pytest_gate.stored_result(folder, *self._options)
        self.warnings = tuple(stored["warnings"])
        super().__init__(named_rows(stored))

    def has_ratio(self, name: str, between: tuple[float, float]) -> bool:
        """Whether it is within; a pair may be far off on a busy machine, so that others follow."""
        row = self[name]
        for _ in range(3):
            ratio = row["ratio"]
            assert isinstance(ratio, float)
            if between[0] < ratio < between[1]:
                return True
            row = rows(self._folder, *self._options, *only(name))[name]
        return False


def only(*names: str) -> tuple[str, str]:
    """The options for these tests."""
    return "--bench", f"::({'|'.join(map(re.escape, names))})$"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tests = {"tests/test_nasty.py": NASTY, "tests/conftest.py": RERUNS}
    return pytest_project.make(tmp_path_factory.mktemp("nasty") / "pure", tests)


@pytest.fixture(scope="module")
def few(project: Path) -> Judged:
    """Some of the nasty tests."""
    before = tiny_project.state(project)
    found = Judged(project, *only(*FEW))
    after = tiny_project.state(project)
    assert {k: v for k, v in after.items() if k != "files"} == {
        k: v for k, v in before.items() if k != "files"
    }
    return found


@pytest.fixture(scope="module")
def nasty(project: Path) -> Judged:
    return Judged(project)


@pytest.mark.parametrize("name", FEW_TROUBLES)
def test_what_is_wrong_with_a_test_is_said_in_one_sentence(few: Judged, name: str) -> None:
    assert (few[name]["verdict"], few[name]["reason"]) == TROUBLES[name]


@pytest.mark.thorough(
    "test_what_is_wrong_with_a_test_is_said_in_one_sentence",
    "processes/test_pytest_worker.py::test_what_is_wrong_with_a_test_is_its_trouble",
)
@pytest.mark.parametrize("name", TROUBLES)
def test_whatever_is_wrong_with_a_test_is_said_in_one_sentence(nasty: Judged, name: str) -> None:
    assert (nasty[name]["verdict"], nasty[name]["reason"]) == TROUBLES[name]


def test_others_are_measured_whatever_those_did(few: Judged) -> None:
    others = {name: row for name, row in few.items() if name not in TROUBLES}
    assert others.keys() == set(FEW) - set(FEW_TROUBLES) - {"test_marked_only"}
    assert {name: row["reason"] for name, row in others.items() if row["reason"]} == {}
    assert all(row["pairs"] for row in others.values())


@pytest.mark.thorough(
    "test_others_are_measured_whatever_those_did",
    "processes/test_pytest_worker.py::test_whatever_else_a_test_does_it_runs",
)
def test_all_others_are_measured_whatever_those_did(nasty: Judged) -> None:
    others = {name: row for name, row in nasty.items() if name not in TROUBLES}
    assert others.keys() == set(OTHERS)
    assert {name: row["reason"] for name, row in others.items() if row["reason"]} == {}
    assert all(row["pairs"] for row in others.values())


@pytest.mark.parametrize("name", FEW_SLOWER)
def test_each_side_runs_its_own_code(few: Judged, name: str) -> None:
    assert few.has_ratio(name, pytest_project.SLOWER)


@pytest.mark.thorough(
    "test_each_side_runs_its_own_code",
    "processes/test_pytest_worker.py::test_what_is_timed_is_the_projects_work",
)
@pytest.mark.parametrize("name", SLOWER)
def test_each_side_runs_its_own_code_in_every_way(nasty: Judged, name: str) -> None:
    assert nasty.has_ratio(name, pytest_project.SLOWER)


@pytest.mark.parametrize("name", FEW_EQUAL)
def test_equal_code_that_remembers_is_called_equally_often(few: Judged, name: str) -> None:
    assert few.has_ratio(name, ALIKE)


@pytest.mark.thorough(
    "test_equal_code_that_remembers_is_called_equally_often",
    "processes/test_pytest_worker.py::test_whatever_else_a_test_does_it_runs",
)
@pytest.mark.parametrize("name", EQUAL)
def test_equal_code_is_equal_whatever_its_name(nasty: Judged, name: str) -> None:
    assert nasty.has_ratio(name, ALIKE)


def test_a_test_that_finds_remembered_answers_is_told_apart(few: Judged) -> None:
    (said,) = (warning for warning in few.warnings if "first call" in warning)
    assert "::test_remembers (" in said
    assert "is in no verdict" in said


def test_a_mark_without_the_fixture_is_a_label_for_pytest_benchmark(few: Judged) -> None:
    assert "test_marked_only" not in few


@pytest.fixture(scope="module")
def without_plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "pure"
    return pytest_project.make(folder, {"tests/test_whole.py": WHOLE})


@pytest.fixture(scope="module")
def few_whole(without_plugins: Path) -> Judged:
    """Some of the tests that are benchmarks as a whole, or by a fixture that the gate provides."""
    return Judged(without_plugins, WITHOUT_PLUGINS, *only(*FEW_WHOLE, "test_plain"))


@pytest.fixture(scope="module")
def whole(without_plugins: Path) -> Judged:
    return Judged(without_plugins, WITHOUT_PLUGINS)


@pytest.mark.thorough(
    "test_each_side_runs_its_own_code",
    "processes/test_pytest_worker.py::"
    "test_a_test_marked_as_a_benchmark_is_one_call_and_a_missing_fixture_is_provided",
)
@pytest.mark.parametrize("name", ["test_marked", "test_pedantic"])
def test_a_test_marked_as_a_benchmark_is_one_call_and_a_missing_fixture_is_provided(
    few_whole: Judged, name: str
) -> None:
    assert few_whole.has_ratio(name, pytest_project.SLOWER)


@pytest.mark.thorough(
    "test_each_side_runs_its_own_code",
    "processes/test_pytest_worker.py::"
    "test_a_test_marked_as_a_benchmark_is_one_call_and_a_missing_fixture_is_provided",
)
@pytest.mark.parametrize("name", WHOLE_SLOWER)
def test_all_marked_tests_and_all_uses_of_the_fixture_are_timed(whole: Judged, name: str) -> None:
    assert whole.has_ratio(name, pytest_project.SLOWER)


@pytest.mark.thorough(
    "processes/test_pytest_worker.py::"
    "test_a_marked_test_of_unittest_and_one_that_bears_one_call_only_are_timed",
    "processes/test_pytest_worker.py::test_a_marked_test_that_fails_says_so",
)
def test_one_that_bears_one_call_only_is_timed(few_whole: Judged) -> None:
    assert few_whole["test_bears_one_call"]["pairs"]
    assert few_whole["test_bears_one_call"]["timing"] == "cold calls"
    assert few_whole["test_marked_and_fails"]["reason"] == (
        f"{BOTH}the test raised LookupError: no such thing"
    )
    assert "test_plain" not in few_whole


@pytest.mark.thorough(
    "processes/test_pytest_worker.py::"
    "test_a_marked_test_of_unittest_and_one_that_bears_one_call_only_are_timed",
)
def test_a_marked_test_of_unittest_and_one_that_leaves_a_file_are_timed(whole: Judged) -> None:
    assert whole["TestMarked::test_method"]["pairs"]
    assert whole["test_bears_one_call"]["pairs"]
    assert whole["test_leaves_a_file"]["pairs"]
    assert whole["test_rounds"]["reason"] is None


@pytest.mark.thorough(
    "processes/test_pytest_worker.py::test_a_fixture_of_that_name_that_times_nothing_is_named"
)
def test_a_fixture_of_that_name_that_times_nothing_is_named(whole: Judged) -> None:
    row = whole["TestAnothers::test_times_nothing"]
    assert (row["verdict"], row["reason"]) == ("failed", f"{BOTH}{ANOTHERS.format('whole')}")

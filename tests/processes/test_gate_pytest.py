"""`hotloop gate --pytest` on tests of all kinds: real pytest, real process pairs."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import commands, pytest_gate, pytest_project, tiny_project
from tests.pytest_gate import Row, named_rows, rows

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

"""`hotloop gate --pytest` as a user runs it: real repositories, real pytest, real process pairs."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import pytest_project, tiny_project

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")} | {
    "PYTHONPATH": str(ROOT),
    "NO_COLOR": "1",
}
NASTY = (ROOT / "tests/pytest_suites/nasty.py").read_text(encoding="utf-8")
TWICE = "the test calls benchmark twice: a test has one; make two tests of it"
UNCALLED = "the test passed without calling benchmark"
BOTH = "fails at base and at head: "
# What is wrong with each of the nasty tests, in the gate's words; the others run on both sides.
TROUBLES = {
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
    "test_fails_as_expected_before": ("skipped", "at head: xfail: cannot be run"),
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
    "test_in_a_thread",
    "test_fails_as_expected",
    "test_stops_the_clock",
    "test_own_timer",
)
EQUAL = ("test_grows", "test_names[a::b]", r"test_names[two\nlines]", r"test_names[nul\x00]")

pytestmark = pytest.mark.timeout(900)

Row = Mapping[str, object]


def gate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hotloop", "gate", *words],
        env=ENVIRONMENT,
        cwd=folder,
        capture_output=True,
        text=True,
    )


def rows(folder: Path, *words: str) -> dict[str, Row]:
    """The result's benchmarks by their names without the file."""
    result = folder.parent / "result.json"
    ended = gate(folder, "base", "--pytest", "--environment", "here", "--json", str(result), *words)
    assert result.exists(), ended.stderr
    stored = json.loads(result.read_text(encoding="utf-8"))
    return {row["name"].partition("::")[2]: row for row in stored["benchmarks"]}


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    folder = tmp_path_factory.mktemp("nasty") / "pure"
    pytest_project.make(folder, {"tests/test_nasty.py": NASTY})
    before = tiny_project.state(folder)
    found = rows(folder, "--quick", "--quiet")
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
    assert len(others) == 28
    assert {name: row["reason"] for name, row in others.items() if row["reason"]} == {}
    assert all(row["pairs"] for row in others.values())


@pytest.mark.parametrize("name", TWICE_AS_SLOW)
def test_each_side_runs_its_own_code(nasty: Mapping[str, Row], name: str) -> None:
    ratio = nasty[name]["ratio"]
    assert isinstance(ratio, float)
    assert 1.6 < ratio < 2.6


@pytest.mark.parametrize("name", EQUAL)
def test_equal_code_that_remembers_is_called_equally_often(
    nasty: Mapping[str, Row], name: str
) -> None:
    ratio = nasty[name]["ratio"]
    assert isinstance(ratio, float)
    assert 0.8 < ratio < 1.25


def test_a_mark_without_the_fixture_is_a_label_for_pytest_benchmark(
    nasty: Mapping[str, Row],
) -> None:
    assert "test_marked_only" not in nasty

"""Why a benchmark changed, found out in real processes of two small commits."""

import math
import os
import signal
import threading
from pathlib import Path

import pytest

from hotloop.gate.explain.explain import INTERRUPTED, explain
from hotloop.gate.explanation import Ground
from hotloop.gate.verdicts import Verdict
from tests.affected_projects import Workshop
from tests.explained_changes import (
    COMPILED,
    CORE,
    TWICE,
    Changed,
    benchmark_of,
    by_name,
    changed,
    explained,
    flagged,
    plain,
)
from tests.processes.test_gate_affected_versions import interpreter

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("gate_workers")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Changed:
    return Changed(tmp_path_factory.mktemp("explained"))


# With as many pairs as a user has, and as long ones.
IN_FULL = pytest.mark.thorough("test_a_slower_function_is_named_with_its_commit")


@pytest.mark.parametrize("brief", [True, pytest.param(False, marks=IN_FULL)])
def test_a_slower_function_is_named_with_its_commit(brief: bool, made: Changed) -> None:
    told = made.explained("slower", 1.9, brief)
    assert [each.name for each in told.named] == ["heavy"], told
    heavy = by_name(told)["heavy"]
    assert (heavy.base_calls, heavy.head_calls, heavy.change) == (1, 1, "changed")
    assert heavy.commit == made.of.head.revision.commit
    assert heavy.low is not None
    assert heavy.low > 0.05
    assert told.ground is Ground.FUNCTION
    assert any(stack.frames[-1].endswith("heavy") for stack in told.stacks)


@pytest.mark.thorough(
    "test_a_slower_function_is_named_with_its_commit",
    "unit/test_gate_explain.py::test_only_counts_that_repeat_are_known",
    "unit/test_gate_explain.py::test_who_calls_more_often_comes_before_what_is_called",
    "unit/test_gate_explain.py::test_generators_and_coroutines_are_entered_not_called",
)
def test_who_calls_more_often_is_named_with_what_it_calls(made: Changed) -> None:
    told = made.explained("twice", 1.95)
    assert [each.name for each in told.named] == ["work"], told
    heavy = by_name(told)["heavy"]
    assert (heavy.base_calls, heavy.head_calls, heavy.change) == (1, 2, None)
    assert "tiny/core.py:heavy is called 2.0 times as often (1 -> 2)" in plain(told.reason)


@pytest.mark.thorough(
    "test_a_slower_function_is_named_with_its_commit",
    "unit/test_gate_exchange.py::test_parts_of_a_module_come_from_another_file",
    "unit/test_gate_explain_search.py::test_one_of_many_top_levels_is_sought_by_halves",
)
def test_the_top_level_of_a_module_is_a_suspect_too(made: Changed) -> None:
    told = made.explained("top level", 2.8)
    assert [each.name for each in told.named] == ["<module>"], told
    assert told.named[0].commit == made.of.head.revision.commit


def test_words_and_unused_code_are_no_suspects(made: Changed) -> None:
    told = made.explained("words", 1.05)
    assert told.ground is Ground.NOTHING
    assert told.reason is not None
    assert "the project's Python code that it loads is the same" in told.reason
    assert not told.functions


@pytest.mark.thorough(
    "test_words_and_unused_code_are_no_suspects",
    "unit/test_gate_explain_search.py::test_what_changed_but_does_not_run_is_said",
)
def test_what_changed_but_does_not_run_is_said(made: Changed) -> None:
    told = made.explained("unused", 1.9)
    said = "its calls run none of the code that changed (tiny/core.py:unused)"
    assert said in plain(told.reason)


def test_a_swap_that_fails_or_answers_otherwise_is_said(made: Changed) -> None:
    told = made.explained("fails", 1.9)
    rejected = by_name(told)["light"].rejected
    assert rejected is not None
    assert "ModuleNotFoundError" in rejected
    assert told.ground is Ground.NOTHING


@pytest.mark.thorough(
    "test_a_slower_function_is_named_with_its_commit",
    "test_a_swap_that_fails_or_answers_otherwise_is_said",
    "unit/test_gate_explain_search.py::"
    "test_a_function_that_needs_its_file_s_top_level_is_named_before_it",
    "unit/test_gate_exchange.py::test_a_whole_file_comes_from_another",
)
def test_a_function_that_needs_its_file_s_top_level_is_tried_with_it(made: Changed) -> None:
    told = made.explained("needs its top level", 11.0)
    assert [each.name for each in told.named] == ["find"], told
    assert told.reason is not None
    assert (
        "it was tried with the rest of its file (with it, the call raised TypeError" in told.reason
    )


@pytest.mark.thorough(
    "test_a_slower_function_is_named_with_its_commit",
    "unit/test_gate_exchange.py::test_a_whole_file_comes_from_another",
    "unit/test_gate_explain_search.py::test_what_is_left_is_named_where_the_rest_costs_nothing",
)
def test_what_is_left_is_named_where_the_rest_costs_nothing(made: Changed) -> None:
    told = made.explained("is left", 2.8)
    assert [each.name for each in told.named] == ["<module>"], told


@pytest.mark.thorough(
    "test_a_slower_function_is_named_with_its_commit",
    "unit/test_gate_explain_search.py::test_one_of_many_top_levels_is_sought_by_halves",
)
def test_one_of_many_top_levels_is_found(made: Changed) -> None:
    told = made.explained("one of many", 2.8)
    assert [(plain(f.file), f.name) for f in told.named] == [("tiny/core.py", "<module>")], told
    assert told.named[0].commit == made.of.head.revision.commit


@pytest.mark.thorough(
    "unit/test_gate_exchange.py::test_parts_of_a_module_come_from_another_file",
    "unit/test_gate_explain.py::test_a_function_that_does_the_same_under_another_name_is_a_guess",
)
def test_a_renamed_function_is_guessed(made: Changed) -> None:
    told = made.explained("renamed", 1.9)
    assert by_name(told)["hard"].change == "renamed from heavy, by what it does"
    assert [each.name for each in told.named] == ["hard"], told


@pytest.mark.thorough(
    "test_a_slower_function_is_named_with_its_commit",
    "unit/test_gate_exchange.py::test_parts_of_a_module_come_from_another_file",
    "unit/test_gate_explain.py::test_a_function_that_does_the_same_under_another_name_is_a_guess",
)
def test_a_function_that_moved_to_a_new_file_is_compared_with_what_it_was(made: Changed) -> None:
    told = made.explained("moved", 1.9)
    assert [(plain(f.file), f.name) for f in told.named] == [("tiny/moved.py", "heavy")], told
    assert plain(told.named[0].change) == "renamed from tiny/core.py:heavy, by what it does"


@pytest.mark.thorough(
    "test_a_slower_function_is_named_with_its_commit",
    "unit/test_gate_explain.py::test_a_file_under_another_name_is_compared_with_what_it_was",
)
def test_the_top_level_of_a_renamed_file_is_compared_with_what_it_was(made: Changed) -> None:
    told = made.explained("renamed file", 2.8)
    assert [(plain(f.file), f.name) for f in told.named] == [("tiny/new.py", "<module>")], told
    assert plain(told.named[0].change) == "changed; its file was tiny/old.py"


@pytest.mark.thorough(
    "test_a_slower_function_is_named_with_its_commit",
    "unit/test_gate_explain_search.py::"
    "test_what_only_an_import_runs_is_tried_beside_what_changed_too",
)
def test_what_runs_in_another_thread_is_found_by_trying(made: Changed) -> None:
    """By wall time: a busy machine can hide it, and then nothing is named, never another."""
    for _ in range(4):
        told = made.explained("thread", 1.9)
        assert by_name(told)["heavy"].head_calls is None
        if told.named:
            break
    assert [each.name for each in told.named] == ["heavy"], told


@pytest.mark.thorough(
    "test_a_slower_function_is_named_with_its_commit",
    "unit/test_gate_explain_search.py::"
    "test_what_only_an_import_runs_is_tried_beside_what_changed_too",
)
def test_what_only_an_import_runs_is_tried_beside_what_changed_too(made: Changed) -> None:
    told = made.explained("import", 2.8)
    assert [each.name for each in told.named] == ["made"], told


def test_a_benchmark_that_cannot_be_profiled_says_why(made: Changed) -> None:
    told = made.explained("profiles", 1.9)
    assert told.reason is not None
    assert "profil" in told.reason
    assert "\n" not in told.reason


def test_an_interrupt_keeps_the_verdict_and_leaves_nothing_running(made: Changed) -> None:
    before = flagged(made.benchmark("slower"), 1.9)
    timer = threading.Timer(0.0, lambda: None)

    def interrupt(_what: str, part: float) -> None:
        nonlocal timer
        if part == 0:
            timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()

    after = explain(before, made.of, 1, interrupt)
    timer.join()
    (row,) = after.benchmarks
    assert (row.verdict, after.verdict) == (Verdict.SLOWER, before.verdict)
    assert row.explanation is not None
    assert row.explanation.reason == INTERRUPTED
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    assert not [pid for pid in children if "_hotloop" in _command(pid)]


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@pytest.mark.thorough(
    "test_a_slower_function_is_named_with_its_commit",
    "processes/test_gate_affected_versions.py::test_a_python_that_cannot_count_its_threads_has_all_benchmarks_measured",
)
@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_it_is_found_on_other_pythons_too(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    of = Workshop(tmp_path, python).prepare(*changed(CORE, TWICE))
    told = explained(of, benchmark_of(of), 1.95)
    assert [each.name for each in told.named] == ["work"], told
    assert math.isclose(by_name(told)["heavy"].head_calls or 0, 2)


@pytest.mark.thorough(
    "test_a_slower_function_is_named_with_its_commit",
    "unit/test_gate_explain_search.py::test_what_was_compiled_is_tried_as_a_whole",
    "unit/test_gate_exchange.py::test_a_compiled_module_comes_from_another_file_and_keeps_its_name",
)
def test_a_compiled_file_is_tried_as_a_whole(made: Changed) -> None:
    told = made.explained(COMPILED, 1.9)
    named = [(each.name, each.file) for each in told.named]
    assert named == [("<extension>", made.extension)], told

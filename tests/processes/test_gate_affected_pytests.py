"""What a change touches in a suite of pytest: a wrong "untouched" hides a slowdown."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hotloop.gate import prepare_pytest
from hotloop.gate.affected import tracing
from hotloop.gate.affected.select import Selection, select
from hotloop.gate.model import PytestRequest, Request
from tests import affected_projects, pytest_project, tiny_project, warm

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("gate_workers")]

OTHER = "def test_other(benchmark):\n    benchmark(int)\n"
NOT_TRACED = "it was not traced at base: "
READS = (
    "import pathlib, pure\nFILE = pathlib.Path(__file__).parents[1] / 'numbers.txt'\n"
    "def test_reads(benchmark):\n    benchmark(FILE.read_text)\n"
)


def selected(folder: Path, base: Mapping[str, str], head: Mapping[str, str]) -> Selection:
    """What a change of these files touches, by real checkouts and workers in this Python."""
    rest = {
        "pyproject.toml": pytest_project.PYPROJECT,
        "pure/__init__.py": "",
        ".gitignore": ".hotloop\n",
    }
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    before = tiny_project.commit(folder, "base", {**rest, **base})
    for path in base.keys() - head.keys():
        (folder / path).unlink()
    after = tiny_project.commit(folder, "head", {**rest, **head})
    asked = PytestRequest(folder=folder, arguments=pytest_project.ADDOPTS, environment="here")
    request = Request(before, after, affected=True, pytest=asked)
    with prepare_pytest.prepare(request, asked, lambda _: None) as prepared:
        return select(prepared, lambda *_: None)


def touched_in(name: str, folder: Path) -> Mapping[str, str]:
    """The names of what the changes in a file of ``tests/affected`` touch, and why.

    No test may be touched that the file does not name so.
    """
    cases = affected_projects.changes(name, {})
    base = {path: text for files, _ in cases.values() for path, text in files.items()}
    head = {path: text for _, files in cases.values() for path, text in files.items()}
    # What nobody reads, though git does if it is asked for what has changed.
    base["README.md"], head["README.md"] = "old", "new"
    found = selected(folder, base, head)
    touched = {each.name: why for each, why in found.touched.items()}
    untouched = {each.name for each in found.untouched}
    assert {name for name in untouched if name.rstrip("]").endswith("touched")} == set()
    assert {n: why for n, why in touched.items() if not n.rstrip("]").endswith("touched")} == {}
    assert touched
    return touched


def test_changes_touch_the_tests_that_run_them_and_no_others(tmp_path: Path) -> None:
    touched = touched_in("pytests", tmp_path / "pure")
    # The reasons are those that were meant.
    assert {
        name: touched[f"tests/{name}"]
        for name in (
            "test_core.py::test_lazy_touched",
            "test_core.py::test_another_process_touched",
            "test_core.py::test_shared_touched",
            "test_core.py::test_helped_touched",
            "test_new.py::test_new_touched",
            "test_core.py::test_dies_touched",
            "test_core.py::test_fails_touched",
            "test_core.py::test_never_calls_touched",
        )
    } == {
        "test_core.py::test_lazy_touched": "the top level of pure/lazy.py differs",
        "test_core.py::test_another_process_touched": (
            "not all of it can be traced: it starts other processes"
        ),
        "test_core.py::test_shared_touched": ("shared of tests/conftest.py differs"),
        "test_core.py::test_helped_touched": "helps of tests/test_core.py differs",
        "test_new.py::test_new_touched": "test_new_touched of tests/test_new.py differs",
        "test_core.py::test_dies_touched": f"{NOT_TRACED}the process died (exit code 3)",
        "test_core.py::test_fails_touched": (
            f"{NOT_TRACED}the test raised ValueError: invalid literal for int() with base 10: 'no'"
        ),
        "test_core.py::test_never_calls_touched": (
            f"{NOT_TRACED}the test passed without calling benchmark"
        ),
    }


@pytest.mark.thorough(
    "test_changes_touch_the_tests_that_run_them_and_no_others",
    "processes/test_gate_affected.py::test_a_change_that_matters_touches",
    "processes/test_gate_affected.py::test_a_change_without_effect_touches_nothing",
)
def test_more_changes_touch_the_tests_that_run_them_and_whole_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its workers start as those of users do, and are watched from there on.
    monkeypatch.setattr(warm, "AT_ONCE", ())
    monkeypatch.setattr(warm, "COLD", 1000)
    touched_in("pytests_thorough", tmp_path / "pure")


@pytest.mark.parametrize(
    ("at_base", "at_head", "reason"),
    [
        pytest.param(
            {"numbers.txt": "1", "tests/test_it.py": READS + OTHER},
            {"numbers.txt": "2", "tests/test_it.py": READS + OTHER},
            "numbers.txt differs, and a benchmark reads it",
            marks=pytest.mark.thorough(
                "test_what_no_tracer_sees_touches_everything",
                "processes/test_gate_affected.py::test_data_beside_the_suite_touches_everything_if_somebody_reads_it",
            ),
        ),
        (
            {"tox.ini": "[tox]\n"},
            {"tox.ini": "[tox]\nskipsdist = true\n"},
            "tox.ini differs, which configures pytest",
        ),
        pytest.param(
            {"pure/data.json": "1"},
            {"pure/data.json": "2"},
            "pure/data.json differs, which is installed with the project",
            marks=pytest.mark.thorough(
                "test_what_no_tracer_sees_touches_everything",
                "processes/test_gate_affected.py::test_what_no_tracer_sees_touches_everything",
            ),
        ),
    ],
)
def test_what_no_tracer_sees_touches_everything(
    at_base: dict[str, str], at_head: dict[str, str], reason: str, tmp_path: Path
) -> None:
    suite = {"tests/test_it.py": OTHER}
    found = selected(tmp_path / "pure", suite | at_base, suite | at_head)
    assert set(found.touched.values()) == {reason}
    assert any(each.name.endswith("test_other") for each in found.touched)
    assert not found.untouched


@pytest.mark.thorough(
    "test_changes_touch_the_tests_that_run_them_and_no_others",
    "processes/test_gate_affected.py::test_what_fails_hangs_or_dies_is_measured_and_the_others_are_traced",
    "processes/test_gate_affected.py::test_modules_with_threads_get_processes_of_their_own",
    "processes/test_gate_affected.py::test_a_module_that_cannot_be_imported_at_base_is_measured",
    "processes/test_gate_pytest_settings.py::test_what_keeps_one_file_from_being_imported_does_so_for_no_other",
)
def test_what_fails_hangs_or_needs_threads_is_measured_and_the_others_are_traced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "LIMIT_S", 4.0)
    monkeypatch.setattr(tracing, "MOST_SLOW", 2)
    trouble = (
        "import os, time, pytest\n"
        "@pytest.fixture(scope='session')\ndef slow():\n    time.sleep(600)\n"
        "def test_a(benchmark, slow):\n    benchmark(int)\n"
        "def test_dies(benchmark):\n    os._exit(3)\n"
        "def test_fails(benchmark):\n    benchmark(int, 'no')\n"
        "def test_fits(benchmark):\n    benchmark(int)\n"
        "def test_never(benchmark):\n    pass\n"
        "def test_x(benchmark, slow):\n    benchmark(int)\n"
        "def test_y(benchmark, slow):\n    benchmark(int)\n"
    )
    threads = (
        "import threading, time, pure.core\n"
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
        "def test_runs(benchmark):\n    benchmark(pure.core.work)\n"
        "def test_rest(benchmark):\n    benchmark(int)\n"
    )
    imports = "from pure.late import new\ndef test_it(benchmark):\n    benchmark(new)\n"
    tests = {
        "tests/test_imports.py": imports,
        "tests/test_threads.py": threads,
        "tests/test_trouble.py": trouble,
    }
    work = "def work():\n    return {}\n"
    at_base = {"pure/core.py": work.format(1), **tests}
    late = {"pure/late.py": "def new():\n    return 1\n"}
    at_head = {"pure/core.py": work.format(2), **late, **tests}
    found = selected(tmp_path / "pure", at_base, at_head)
    hangs = "it was not traced at base: no answer after 4 s: it hangs"
    assert {each.name.removeprefix("tests/test_"): why for each, why in found.touched.items()} == {
        "imports.py::test_it": (
            "it was not traced at base: tests/test_imports.py cannot be imported: "
            "ModuleNotFoundError: No module named 'pure.late'"
        ),
        "threads.py::test_runs": "work of pure/core.py differs",
        "trouble.py::test_a": hangs,
        "trouble.py::test_dies": "it was not traced at base: the process died (exit code 3)",
        "trouble.py::test_fails": (
            "it was not traced at base: the test raised ValueError: invalid literal for int() "
            "with base 10: 'no'"
        ),
        "trouble.py::test_never": (
            "it was not traced at base: the test passed without calling benchmark"
        ),
        "trouble.py::test_x": hangs,
        "trouble.py::test_y": "it was not traced at base: others of its file took too long",
    }
    assert {each.name for each in found.untouched} == {
        "tests/test_threads.py::test_rest",
        "tests/test_trouble.py::test_fits",
    }

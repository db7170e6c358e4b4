"""The suite that is made of what pytest collected."""

import json
import os
import re
import types
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate.model import LARGEST_BATCH, Origin, Side
from hotloop.gate.source import tree
from hotloop.gate.suites.pytests.checkouts import CHECKOUTS
from hotloop.gate.suites.pytests.discovery import Asked, describe, suite_of
from hotloop.gate.suites.search import telling
from hotloop.gate.worker.pytests.plugin import Plugin
from hotloop.gate.worker.pytests.suites import identities, node_id
from tests import tiny_project
from tests.process_pairs import contender

# What is collected, without tests.
EMPTY: Mapping[str, Any] = {
    "benchmarks": [],
    "failures": {},
    "skips": {},
    "switched_off": [],
    "options": [],
}


def modules(tmp_path: Path, **tests: int) -> dict[str, list[str]]:
    """The files that are imported together, by the first of them; ``tests`` of each file."""
    tiny_project.git(tmp_path, "init", "--quiet")
    entries = [{"name": f"{f}::t{n}", "file": f} for f in tests for n in range(tests[f])]
    listed = {**EMPTY, "benchmarks": entries}
    suite = suite_of(tree.load(tmp_path), contender(Side.HEAD, tmp_path), listed, None, [])
    found: dict[str, list[str]] = {}
    for each in suite.benchmarks:
        assert each.file is not None
        if each.file not in found.setdefault(each.batch, []):
            found[each.batch].append(each.file)
    return found


def test_files_with_few_tests_are_collected_together(tmp_path: Path) -> None:
    rest = LARGEST_BATCH - 3
    assert modules(tmp_path, a=1, b=2, c=rest, d=1) == {"a": ["a", "b", "c"], "d": ["d"]}


def test_a_file_with_many_tests_is_collected_alone(tmp_path: Path) -> None:
    many = LARGEST_BATCH + 1
    assert modules(tmp_path, a=1, b=many, c=1) == {"a": ["a"], "b": ["b"], "c": ["c"]}


@pytest.mark.parametrize(
    ("paths", "settings"),
    [
        ((), "checkout/pytest.ini"),
        (("perf",), "checkout/all/perf/tox.ini"),
        (("perf/test_x.py::test_x[1]", "perf/deep"), "checkout/all/perf/tox.ini"),
        (("perf", "other"), "checkout/pytest.ini"),
        (("absent",), "checkout/pytest.ini"),
        (("../beside",), "checkout/beside/tox.ini"),
        (("../beside", "perf"), "checkout/pytest.ini"),
    ],
)
def test_the_settings_are_those_that_pytest_finds_for_the_paths(
    tmp_path: Path, paths: tuple[str, ...], settings: str
) -> None:
    tiny_project.git(tmp_path, "init", "--quiet")
    project = tree.load(tmp_path)
    top = project.gate_folder / CHECKOUTS[Side.HEAD]
    inside = {"perf/tox.ini": "[pytest]\n", "perf/test_x.py": "", "perf/deep/x": "", "other/x": ""}
    files = {"beside/tox.ini": "[pytest]\n", "pytest.ini": "[pytest]\n"}
    files |= {f"all/{path}": text for path, text in inside.items()}
    tiny_project.write(top, files)
    # Those of the user's own folder are none of a commit's.
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    side = describe(project, contender(Side.HEAD, tmp_path), top / "all", Asked(paths))
    _, option, found = json.loads(side.suite.read_text())["arguments"]
    assert (option, found.replace(str(top), "checkout")) == ("-c", settings)
    (top / "pytest.ini").unlink()
    side = describe(project, contender(Side.HEAD, tmp_path), top / "all", Asked())
    assert json.loads(side.suite.read_text())["arguments"][0] == f"--rootdir={top / 'all'}"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (
            "INTERNALERROR> Traceback (most recent call last):\n"
            'INTERNALERROR>   File "conftest.py", line 3, in pytest_collection_modifyitems\n'
            'INTERNALERROR>     raise ValueError("no")\n'
            "INTERNALERROR> ValueError: no",
            "ValueError: no",
        ),
        (
            "INTERNALERROR> Traceback (most recent call last):\n"
            "INTERNALERROR> pytest.PytestConfigWarning: Unknown config option: asyncio_mode",
            "pytest.PytestConfigWarning: Unknown config option: asyncio_mode",
        ),
        ("INTERNALERROR> AssertionError", "AssertionError"),
        ("ERROR: file or directory not found: a.py", "ERROR: file or directory not found: a.py"),
        ("no matching lines", "no tests ran in 0.03s"),
    ],
)
def test_what_stopped_pytest_is_told_and_not_that_no_tests_ran(before: str, said: str) -> None:
    assert telling([*before.splitlines(), "", "no tests ran in 0.03s"]) == said


@pytest.mark.parametrize(
    ("missing", "is_advised"),
    [("pytest_benchmark", True), ("tiny._fast", False), ("tests", False)],
)
def test_what_tests_lack_is_advised_to_be_named(
    tmp_path: Path, missing: str, is_advised: bool
) -> None:
    tiny_project.git(tmp_path, "init", "--quiet")
    why = {"t.py": f"ModuleNotFoundError: No module named '{missing}'"}
    listed = {**EMPTY, "failures": why, "tests": 0, "deselected": 0}
    head = replace(contender(Side.HEAD, tmp_path), origin=Origin(("tiny",)))
    with pytest.raises(MeasurementError, match=f"No module named '{missing}'") as said:
        suite_of(tree.load(tmp_path), head, listed, None, [])
    advice = f"; {missing} is not in the environment: name what the tests need with --install, "
    assert (advice in str(said.value)) is is_advised
    listed["benchmarks"] = [{"name": "u.py::t", "file": "u.py"}]
    (warning,) = suite_of(tree.load(tmp_path), head, listed, None, []).warnings
    assert (advice in warning) is is_advised


def test_node_ids_hold_no_addresses_and_stay_apart() -> None:
    items = [
        node(f"t.py::test_x[<object object at 0x7fd7253a7a{end}>]", "t.py") for end in ("e0", "f0")
    ]
    names = [name for name, _ in identities(items)]
    assert names == ["t.py::test_x[<object object>]", "t.py::test_x[<object object>] (2)"]


@pytest.mark.parametrize(
    ("given", "path", "name"),
    [
        # By the argument: the folder, the file, a folder above.
        ("t.py::test_x[a::b]", "../perf/t.py", "../perf/t.py::test_x[a::b]"),
        ("::test_x", "../perf/t.py", "../perf/t.py::test_x"),
        ("perf/t.py::T::test_x", "../perf/t.py", "../perf/t.py::T::test_x"),
        ("", "../perf/t.py", "../perf/t.py"),
        ("", "../project-2/t.py", "../project-2/t.py"),
        ("t.py::test_x", "t.py", "t.py::test_x"),
        ("", ".", ""),
    ],
)
def test_a_node_outside_of_pytests_rootdir_has_one_id_whatever_was_given(
    given: str, path: str, name: str
) -> None:
    assert node_id(node(given, path)) == name


def node(name: str, path: str) -> types.SimpleNamespace:
    """A test or a collector with pytest's own id; ``path`` is relative to pytest's rootdir."""
    top = Path("/all/project")
    config = types.SimpleNamespace(rootpath=top)
    full = os.path.normpath(top / path)
    return types.SimpleNamespace(nodeid=name, path=Path(full), config=config)


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ({"tests": 2, "deselected": 2}, "leaves out 2 of them; --pytest-args says otherwise"),
        (
            {"patterns": ["check_*.py", "a.py"]},
            "pytest looks for them in files that are called check_*.py, a.py (python_files)",
        ),
        ({"tests": 1}, "one uses the fixture `benchmark`, as in def test_x(benchmark)"),
    ],
)
def test_why_there_is_no_benchmark_is_said(
    tmp_path: Path, listed: Mapping[str, Any], said: str
) -> None:
    tiny_project.git(tmp_path, "init", "--quiet")
    nothing = {**EMPTY, "tests": 0, "deselected": 0, **listed}
    with pytest.raises(MeasurementError, match=re.escape(said)):
        suite_of(tree.load(tmp_path), contender(Side.HEAD, tmp_path), nothing, None, [])


def test_plugins_that_would_spoil_the_times_are_switched_off(tmp_path: Path) -> None:
    option = types.SimpleNamespace(
        numprocesses="auto", dist="loadgroup", cov_source=["pure"], benchmark_skip=True, keyword="a"
    )
    plugin = Plugin(lambda _: None, str(tmp_path))
    plugin.pytest_cmdline_main(types.SimpleNamespace(option=option))
    assert (option.numprocesses, option.dist, option.benchmark_skip) == (None, "no", False)
    assert option.keyword == "a"
    tiny_project.git(tmp_path, "init", "--quiet")
    entries = [{"name": "a.py::test_it", "file": "a.py"}]
    listed = {**EMPTY, "benchmarks": entries, "switched_off": plugin.switched_off}
    suite = suite_of(tree.load(tmp_path), contender(Side.HEAD, tmp_path), listed, None, [])
    (said,) = suite.warnings
    assert "xdist and coverage would spoil the times: switched off here" in said

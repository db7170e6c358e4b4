"""Why a benchmark changed, found out in real processes of two small commits."""

import math
import os
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.gate.explain import explain as explaining
from hotloop.gate.explain import finding
from hotloop.gate.explain.explain import INTERRUPTED, explain
from hotloop.gate.explanation import Explanation, FunctionFacts, Ground
from hotloop.gate.model import Benchmark
from hotloop.gate.pairs import slices
from hotloop.gate.preparation import Prepared
from hotloop.gate.result import GateResult
from hotloop.gate.verdicts import Verdict
from tests import gate_runs
from tests.affected_projects import Workshop, project
from tests.processes.test_gate_affected_versions import interpreter

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("gate_workers")]
# Its cost is in `heavy`, so that half of it is far above what a busy machine does.
CORE = """
LIMIT = 300
def heavy(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total
def light(n):
    return n + 1
def work(n=300):
    return heavy(n) + light(n)
"""
SUITE = "import tiny.core\ndef time_it():\n    return tiny.core.work(tiny.core.LIMIT)\n"
SLOWER = CORE.replace("i * i % 7", "i * i % 7 + (i * i % 5) * (i % 3)")
TWICE = CORE.replace("return heavy(n) + light(n)", "heavy(n)\n    return heavy(n) + light(n)")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("explained"))


def flagged(benchmark: Benchmark, ratio: float) -> GateResult:
    """A result in which it was found to be so much slower."""
    row = replace(
        gate_runs.benchmark(benchmark.name, Verdict.SLOWER, ratio, ratio + 0.02),
        params=benchmark.params,
    )
    return gate_runs.result(row)


def prepared(workshop: Workshop, base: str, head: str, suite: str = SUITE) -> Prepared:
    return workshop.prepare(project(base, suite), project(head, suite))


def briefly(patch: pytest.MonkeyPatch) -> None:
    """Take fewer processes, and shorter pairs: a change by half shows in these too."""
    patch.setattr(explaining, "COUPLES", explaining.COUPLES_OF_LONG_CALLS)
    patch.setattr(slices, "PAIR_S", 0.04)
    # Three pairs of a single swap in place of eight. What costs nothing is not named all the same:
    # it would have to give back a fifth of these changes, by chance.
    patch.setattr(finding, "FALSE_NAMES", 0.3)


def explained(of: Prepared, ratio: float, brief: bool = True) -> Explanation:
    (benchmark,) = (b for b in of.suite.benchmarks if b.name == "speed.time_it")
    with pytest.MonkeyPatch.context() as patch:
        if brief:
            briefly(patch)
        (row,) = explain(flagged(benchmark, ratio), of, 1, lambda *_: None).benchmarks
    assert row.explanation is not None
    return row.explanation


def by_name(told: Explanation) -> Mapping[str, FunctionFacts]:
    return {each.name: each for each in told.functions}


def test_a_slower_function_is_named_with_its_commit(workshop: Workshop) -> None:
    of = prepared(workshop, CORE, SLOWER)
    told = explained(of, 1.9, brief=False)
    assert [each.name for each in told.named] == ["heavy"], told
    heavy = by_name(told)["heavy"]
    assert (heavy.base_calls, heavy.head_calls, heavy.change) == (1, 1, "changed")
    assert heavy.commit == of.head.revision.commit
    assert heavy.low is not None
    assert heavy.low > 0.05
    assert told.ground is Ground.FUNCTION
    assert any(stack.frames[-1].endswith("heavy") for stack in told.stacks)


def test_who_calls_more_often_is_named_with_what_it_calls(workshop: Workshop) -> None:
    told = explained(prepared(workshop, CORE, TWICE), 1.95)
    assert [each.name for each in told.named] == ["work"], told
    heavy = by_name(told)["heavy"]
    assert (heavy.base_calls, heavy.head_calls, heavy.change) == (1, 2, None)
    assert told.reason is not None
    assert "tiny/core.py:heavy is called 2.0 times as often (1 -> 2)" in told.reason


@pytest.mark.thorough("test_one_of_many_top_levels_is_found")
def test_the_top_level_of_a_module_is_a_suspect_too(workshop: Workshop) -> None:
    more = CORE.replace("LIMIT = 300", "LIMIT = 900")
    of = prepared(workshop, CORE, more)
    told = explained(of, 2.8)
    assert [each.name for each in told.named] == ["<module>"], told
    assert told.named[0].commit == of.head.revision.commit


def test_words_and_unused_code_are_no_suspects(workshop: Workshop) -> None:
    words = CORE.replace("def light(n):", 'def light(n):\n    """Adds one."""')
    told = explained(prepared(workshop, CORE, words), 1.05)
    assert told.ground is Ground.NOTHING
    assert told.reason is not None
    assert "the project's Python code that it loads is the same" in told.reason
    assert not told.functions


def test_what_changed_but_does_not_run_is_said(workshop: Workshop) -> None:
    base = CORE + "def unused():\n    return 1\n"
    told = explained(prepared(workshop, base, base.replace("return 1", "return 2")), 1.05)
    assert told.reason is not None
    assert "its calls run none of the code that changed (tiny/core.py:unused)" in told.reason


def test_a_swap_that_fails_or_answers_otherwise_is_said(workshop: Workshop) -> None:
    base = CORE.replace("def light(n):\n    return n + 1", "def light(n):\n    return gone(n)")
    base += "def gone(n):\n    return n + 1\n"
    told = explained(prepared(workshop, base, CORE), 1.05)
    rejected = by_name(told)["light"].rejected
    assert rejected is not None
    assert "NameError" in rejected
    assert told.ground is Ground.NOTHING


def test_a_function_that_needs_its_file_s_top_level_is_tried_with_it(workshop: Workshop) -> None:
    base = (
        "LIMIT = 40\nTABLE = {n: n for n in range(40)}\n"
        "def find(n):\n    return TABLE[n]\n"
        "def work(n):\n    return sum([find(k) for k in range(n)])\n"
    )
    head = base.replace("{n: n for n in range(40)}", "[(n, n) for n in range(40)]")
    head = head.replace("return TABLE[n]", "return next(v for k, v in TABLE if k == n)")
    told = explained(prepared(workshop, base, head), 11.0)
    assert [each.name for each in told.named] == ["find"], told
    assert told.reason is not None
    assert (
        "it was tried with the rest of its file (with it, the call raised TypeError" in told.reason
    )


def test_what_is_left_is_named_where_the_rest_costs_nothing(workshop: Workshop) -> None:
    """The top level does not run alone: `light` needs what it imports, and costs nothing."""
    head = CORE.replace("LIMIT = 300", "import operator\nLIMIT = 900")
    head = head.replace("return n + 1", "return operator.add(n, 1)")
    told = explained(prepared(workshop, CORE, head), 2.8)
    assert [each.name for each in told.named] == ["<module>"], told


def test_one_of_many_top_levels_is_found(workshop: Workshop) -> None:
    """Its file comes after those of the others, which cost nothing."""
    imports = "import tiny.a, tiny.b\n"
    more = CORE.replace("LIMIT = 300", "LIMIT = 900")
    base = {f"tiny/{name}.py": "VERSION = 1\n" for name in "ab"}
    head = {f"tiny/{name}.py": "VERSION = 2\n" for name in "ab"}
    of = workshop.prepare(
        project(imports + CORE, SUITE, **base), project(imports + more, SUITE, **head)
    )
    told = explained(of, 2.8)
    assert [(each.file, each.name) for each in told.named] == [("tiny/core.py", "<module>")], told
    assert told.named[0].commit == of.head.revision.commit


def test_a_renamed_function_is_guessed(workshop: Workshop) -> None:
    renamed = SLOWER.replace("def heavy", "def hard").replace("heavy(n) +", "hard(n) +")
    told = explained(prepared(workshop, CORE, renamed), 1.9)
    assert by_name(told)["hard"].change == "renamed from heavy, by what it does"
    assert [each.name for each in told.named] == ["hard"], told


def test_a_function_that_moved_to_a_new_file_is_compared_with_what_it_was(
    workshop: Workshop,
) -> None:
    heavy = SLOWER[SLOWER.index("def heavy") : SLOWER.index("def light")]
    core = "from tiny.moved import heavy\n" + SLOWER.replace(heavy, "")
    head = project(core, SUITE, **{"tiny/moved.py": heavy})
    told = explained(workshop.prepare(project(CORE, SUITE), head), 1.9)
    assert [(each.file, each.name) for each in told.named] == [("tiny/moved.py", "heavy")], told
    assert told.named[0].change == "renamed from tiny/core.py:heavy, by what it does"


@pytest.mark.thorough(
    "test_a_function_that_moved_to_a_new_file_is_compared_with_what_it_was",
    "test_one_of_many_top_levels_is_found",
    "unit/test_gate_explain.py::test_a_file_under_another_name_is_compared_with_what_it_was",
)
def test_the_top_level_of_a_renamed_file_is_compared_with_what_it_was(workshop: Workshop) -> None:
    taken = "from tiny.{} import LIMIT, work\n"
    more = CORE.replace("LIMIT = 300", "LIMIT = 900")
    base = project(taken.format("old"), SUITE, **{"tiny/old.py": CORE})
    head = project(taken.format("new"), SUITE, **{"tiny/new.py": more})
    told = explained(workshop.prepare(base, head), 2.8)
    assert [(each.file, each.name) for each in told.named] == [("tiny/new.py", "<module>")], told
    assert told.named[0].change == "changed; its file was tiny/old.py"


def test_what_runs_in_another_thread_is_found_by_trying(workshop: Workshop) -> None:
    """By wall time: a busy machine can hide it, and then nothing is named, never another."""
    suite = (
        "import threading\nimport tiny.core\n"
        "def time_it():\n"
        "    thread = threading.Thread(target=tiny.core.work, args=(30000,))\n"
        "    thread.start()\n    thread.join()\n"
    )
    of = prepared(workshop, CORE, SLOWER, suite)
    for _ in range(4):
        told = explained(of, 1.9)
        assert by_name(told)["heavy"].head_calls is None
        if told.named:
            break
    assert [each.name for each in told.named] == ["heavy"], told


def test_what_only_an_import_runs_is_tried_beside_what_changed_too(workshop: Workshop) -> None:
    """No call runs `made`, and `light`, which calls run, costs nothing."""
    base = CORE.replace("LIMIT = 300", "def made(n):\n    return n * 3\nLIMIT = made(100)")
    head = base.replace("return n * 3", "return n * 9").replace("return n + 1", "return 1 + n")
    told = explained(prepared(workshop, base, head), 2.8)
    assert [each.name for each in told.named] == ["made"], told


def test_a_benchmark_that_cannot_be_profiled_says_why(workshop: Workshop) -> None:
    suite = (
        "import cProfile\nimport tiny.core\n"
        "def time_it():\n"
        "    with cProfile.Profile():\n"
        "        tiny.core.work()\n"
    )
    told = explained(prepared(workshop, CORE, SLOWER, suite), 1.9)
    assert told.reason is not None
    assert "profil" in told.reason
    assert "\n" not in told.reason


def test_an_interrupt_keeps_the_verdict_and_leaves_nothing_running(workshop: Workshop) -> None:
    of = prepared(workshop, CORE, SLOWER)
    (benchmark,) = (b for b in of.suite.benchmarks if b.name == "speed.time_it")
    before = flagged(benchmark, 1.9)
    timer = threading.Timer(0.0, lambda: None)

    def interrupt(_what: str, part: float) -> None:
        nonlocal timer
        if part == 0:
            timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()

    after = explain(before, of, 1, interrupt)
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
    "test_who_calls_more_often_is_named_with_what_it_calls",
    "processes/test_gate_affected_versions.py::test_it_is_found_on_other_pythons_too",
)
@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_it_is_found_on_other_pythons_too(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    told = explained(prepared(Workshop(tmp_path, python), CORE, TWICE), 1.95)
    assert [each.name for each in told.named] == ["work"], told
    assert math.isclose(by_name(told)["heavy"].head_calls or 0, 2)


FAST = r"""
#include <Python.h>
static PyObject *spin(PyObject *self, PyObject *unused)
{
    volatile long total = 0;
    for (long i = 0; i < TURNS; i++) total += i;
    return PyLong_FromLong(1);
}
static PyMethodDef methods[] = {{"spin", spin, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", "", -1, methods};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&module); }
"""


def compiled(folder: Path, turns: int) -> bytes:
    source, library = folder / "fast.c", folder / "fast.so"
    source.write_text(FAST)
    include = f"-I{sysconfig.get_paths()['include']}"
    command = ["cc", "-shared", "-fPIC", "-O1", include, f"-DTURNS={turns}"]
    subprocess.run([*command, str(source), "-o", str(library)], check=True)
    return library.read_bytes()


def test_a_compiled_file_is_tried_as_a_whole(workshop: Workshop, tmp_path: Path) -> None:
    core = "from tiny.fast import spin\nLIMIT = 1\ndef work(n):\n    return spin()\n"
    name = f"tiny/fast{sysconfig.get_config_var('EXT_SUFFIX')}"
    # Only what the builds wrote differs.
    base, head = ({name: compiled(tmp_path, turns)} for turns in (100_000, 200_000))
    of = workshop.prepare(project(core, SUITE), project(core, SUITE), base, head)
    told = explained(of, 1.9)
    assert [(each.name, each.file) for each in told.named] == [("<extension>", name)], told

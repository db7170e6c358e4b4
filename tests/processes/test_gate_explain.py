"""Why a benchmark changed, found out in real processes of two small commits."""

import math
import os
import re
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Iterator, Mapping
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
from tests.affected_projects import Files, Together, Workshop, project
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
SUITE = (
    "import tiny.core\nwarmup_time = 1e-3\n"
    "def time_it():\n    return tiny.core.work(tiny.core.LIMIT)\n"
)
SLOWER = CORE.replace("i * i % 7", "i * i % 7 + (i * i % 5) * (i % 3)")
TWICE = CORE.replace("return heavy(n) + light(n)", "heavy(n)\n    return heavy(n) + light(n)")
MORE = CORE.replace("LIMIT = 300", "LIMIT = 900")


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
COMPILED = "compiled"
EXT_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


def changed(base: str, head: str, suite: str = SUITE) -> tuple[Files, Files]:
    return project(base, suite), project(head, suite)


def changes() -> Iterator[tuple[str, tuple[Files, Files]]]:
    """What each is called, and the files of base and of head."""
    yield "slower", changed(CORE, SLOWER)
    yield "twice", changed(CORE, TWICE)
    yield "top level", changed(CORE, MORE)
    words = CORE.replace("def light(n):", 'def light(n):\n    """Adds one."""')
    yield "words", changed(CORE, words)
    unused = CORE + "def unused():\n    return 1\n"
    yield "unused", changed(unused, unused.replace("return 1", "return 2"))
    gone = "def light(n):\n    from tiny.gone import more\n    return more(n)"
    core = CORE.replace("def light(n):\n    return n + 1", gone)
    more = {"tiny/gone.py": "def more(n):\n    return n + 1\n"}
    yield "fails", (project(core, SUITE, **more), project(CORE, SUITE))
    base = (
        "LIMIT = 40\nTABLE = {n: n for n in range(40)}\n"
        "def find(n):\n    return TABLE[n]\n"
        "def work(n):\n    return sum([find(k) for k in range(n)])\n"
    )
    head = base.replace("{n: n for n in range(40)}", "[(n, n) for n in range(40)]")
    head = head.replace("return TABLE[n]", "return next(v for k, v in TABLE if k == n)")
    yield "needs its top level", changed(base, head)
    # The top level does not run alone: `light` needs what it imports, and costs nothing.
    head = CORE.replace("LIMIT = 300", "import operator\nLIMIT = 900")
    head = head.replace("return n + 1", "return operator.add(n, 1)")
    yield "is left", changed(CORE, head)
    # Its file comes after those of the others, which cost nothing.
    imports = "import tiny.a, tiny.b\n"
    sides = (imports + CORE, "VERSION = 1\n"), (imports + MORE, "VERSION = 2\n")
    first, second = (
        project(core, SUITE, **dict.fromkeys(("tiny/a.py", "tiny/b.py"), version))
        for core, version in sides
    )
    yield "one of many", (first, second)
    hard = SLOWER.replace("def heavy", "def hard").replace("heavy(n) +", "hard(n) +")
    yield "renamed", changed(CORE, hard)
    heavy = SLOWER[SLOWER.index("def heavy") : SLOWER.index("def light")]
    core = "from tiny.moved import heavy\n" + SLOWER.replace(heavy, "")
    yield "moved", (project(CORE, SUITE), project(core, SUITE, **{"tiny/moved.py": heavy}))
    taken = "from tiny.{} import LIMIT, work\n"
    first = project(taken.format("old"), SUITE, **{"tiny/old.py": CORE})
    second = project(taken.format("new"), SUITE, **{"tiny/new.py": MORE})
    yield "renamed file", (first, second)
    suite = (
        "import threading\nimport tiny.core\nwarmup_time = 1e-3\n"
        "def time_it():\n"
        "    thread = threading.Thread(target=tiny.core.work, args=(30000,))\n"
        "    thread.start()\n    thread.join()\n"
    )
    yield "thread", changed(CORE, SLOWER, suite)
    # No call runs `made`, and `light`, which calls run, costs nothing.
    base = CORE.replace("LIMIT = 300", "def made(n):\n    return n * 3\nLIMIT = made(100)")
    head = base.replace("return n * 3", "return n * 9").replace("return n + 1", "return 1 + n")
    yield "import", changed(base, head)
    suite = (
        "import cProfile\nimport tiny.core\n"
        "def time_it():\n"
        "    with cProfile.Profile():\n"
        "        tiny.core.work()\n"
    )
    yield "profiles", changed(CORE, SLOWER, suite)
    core = "from tiny.fast import spin\nLIMIT = 1\ndef work(n):\n    return spin()\n"
    yield COMPILED, changed(core, core)


def compiled(folder: Path, turns: int) -> bytes:
    source, library = folder / "fast.c", folder / "fast.so"
    source.write_text(FAST)
    include = f"-I{sysconfig.get_paths()['include']}"
    command = ["cc", "-shared", "-fPIC", "-O1", include, f"-DTURNS={turns}"]
    subprocess.run([*command, str(source), "-o", str(library)], check=True)
    return library.read_bytes()


class Changed:
    """All changes in one project, each in a package of its own."""

    def __init__(self, folder: Path) -> None:
        self._together = together = Together(dict(changes()))
        # Of what is compiled, only what the builds wrote differs.
        self.extension = f"{together.package(COMPILED)}/fast{EXT_SUFFIX}"
        built = [{self.extension: compiled(folder, turns)} for turns in (100_000, 200_000)]
        self.of = Workshop(folder / "workshop").prepare(together.base, together.head, *built)

    def benchmark(self, what: str) -> Benchmark:
        benchmarks = self.of.suite.benchmarks
        (label,) = self._together.of(what, benchmarks)
        return next(each for each in benchmarks if each.label == label)

    def explained(self, what: str, ratio: float, brief: bool = True) -> Explanation:
        return explained(self.of, self.benchmark(what), ratio, brief)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Changed:
    return Changed(tmp_path_factory.mktemp("explained"))


def flagged(benchmark: Benchmark, ratio: float) -> GateResult:
    """A result in which it was found to be so much slower."""
    row = replace(
        gate_runs.benchmark(benchmark.name, Verdict.SLOWER, ratio, ratio + 0.02),
        params=benchmark.params,
    )
    return gate_runs.result(row)


def briefly(patch: pytest.MonkeyPatch) -> None:
    """Take fewer processes, and shorter pairs: a change by half shows in these too."""
    patch.setattr(explaining, "COUPLES", explaining.COUPLES_OF_LONG_CALLS)
    patch.setattr(slices, "PAIR_S", 0.04)
    # Three pairs of a single swap in place of eight. What costs nothing is not named all the same:
    # it would have to give back a fifth of these changes, by chance.
    patch.setattr(finding, "FALSE_NAMES", 0.3)


def explained(of: Prepared, benchmark: Benchmark, ratio: float, brief: bool = True) -> Explanation:
    with pytest.MonkeyPatch.context() as patch:
        if brief:
            briefly(patch)
        (row,) = explain(flagged(benchmark, ratio), of, 1, lambda *_: None).benchmarks
    assert row.explanation is not None
    return row.explanation


def benchmark_of(of: Prepared) -> Benchmark:
    return next(each for each in of.suite.benchmarks if each.name == "speed.time_it")


def plain(text: str | None) -> str:
    """Without the package that a change has of its own."""
    return re.sub(r"case_\d+/", "", text or "")


def by_name(told: Explanation) -> Mapping[str, FunctionFacts]:
    return {each.name: each for each in told.functions}


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


def test_who_calls_more_often_is_named_with_what_it_calls(made: Changed) -> None:
    told = made.explained("twice", 1.95)
    assert [each.name for each in told.named] == ["work"], told
    heavy = by_name(told)["heavy"]
    assert (heavy.base_calls, heavy.head_calls, heavy.change) == (1, 2, None)
    assert "tiny/core.py:heavy is called 2.0 times as often (1 -> 2)" in plain(told.reason)


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


def test_a_function_that_needs_its_file_s_top_level_is_tried_with_it(made: Changed) -> None:
    told = made.explained("needs its top level", 11.0)
    assert [each.name for each in told.named] == ["find"], told
    assert told.reason is not None
    assert (
        "it was tried with the rest of its file (with it, the call raised TypeError" in told.reason
    )


@pytest.mark.thorough(
    "test_a_function_that_needs_its_file_s_top_level_is_tried_with_it",
    "unit/test_gate_explain_search.py::test_what_is_left_is_named_where_the_rest_costs_nothing",
)
def test_what_is_left_is_named_where_the_rest_costs_nothing(made: Changed) -> None:
    told = made.explained("is left", 2.8)
    assert [each.name for each in told.named] == ["<module>"], told


@pytest.mark.thorough(
    "test_the_top_level_of_a_module_is_a_suspect_too",
    "unit/test_gate_explain_search.py::test_one_of_many_top_levels_is_sought_by_halves",
)
def test_one_of_many_top_levels_is_found(made: Changed) -> None:
    told = made.explained("one of many", 2.8)
    assert [(plain(f.file), f.name) for f in told.named] == [("tiny/core.py", "<module>")], told
    assert told.named[0].commit == made.of.head.revision.commit


@pytest.mark.thorough(
    "test_a_function_that_moved_to_a_new_file_is_compared_with_what_it_was",
    "unit/test_gate_explain.py::test_a_function_that_does_the_same_under_another_name_is_a_guess",
)
def test_a_renamed_function_is_guessed(made: Changed) -> None:
    told = made.explained("renamed", 1.9)
    assert by_name(told)["hard"].change == "renamed from heavy, by what it does"
    assert [each.name for each in told.named] == ["hard"], told


def test_a_function_that_moved_to_a_new_file_is_compared_with_what_it_was(made: Changed) -> None:
    told = made.explained("moved", 1.9)
    assert [(plain(f.file), f.name) for f in told.named] == [("tiny/moved.py", "heavy")], told
    assert plain(told.named[0].change) == "renamed from tiny/core.py:heavy, by what it does"


@pytest.mark.thorough(
    "test_a_function_that_moved_to_a_new_file_is_compared_with_what_it_was",
    "test_the_top_level_of_a_module_is_a_suspect_too",
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
    "test_who_calls_more_often_is_named_with_what_it_calls",
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


def test_a_compiled_file_is_tried_as_a_whole(made: Changed) -> None:
    told = made.explained(COMPILED, 1.9)
    named = [(each.name, each.file) for each in told.named]
    assert named == [("<extension>", made.extension)], told

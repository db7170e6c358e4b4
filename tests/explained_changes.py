"""Changes of small projects, each in a package of its own, and why a benchmark of them changed."""

import re
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.gate.explain import explain as explaining
from hotloop.gate.explain import finding
from hotloop.gate.explain.explain import explain
from hotloop.gate.explanation import Explanation, FunctionFacts
from hotloop.gate.model import Benchmark
from hotloop.gate.pairs import slices
from hotloop.gate.preparation import Prepared
from hotloop.gate.result import GateResult
from hotloop.gate.verdicts import Verdict
from tests import gate_runs
from tests.affected_projects import Files, Together, Workshop, project

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

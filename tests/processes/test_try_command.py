"""``hotloop try`` as a user runs it: real files, real compilers, real processes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from hotloop.base.outcome import Status
from hotloop.techniques import result as try_result
from tests.commands import ENVIRONMENT, LIMIT_S, PROMPTLY_S, here, hotloop, interrupted

pytestmark = [
    pytest.mark.timeout(LIMIT_S + 60),
    pytest.mark.usefixtures("compilers", "examiners", "timing_workers"),
]

# Quick for the compiler: how fast the code is does not matter here.
QUICK = ["--budget", "0.01", "--quiet"]

FILE = '''
"""Ä comment that is not ASCII, and a name that is none of Python's."""
import functools


def problem():
    yield 2000, 0.5
    yield 10, 2.0
    yield -1, 0.0


def scale(x, k):
    return (x * k + 3) % 1000


def total(n, factor):
    if n < 0:
        raise ValueError("not below 0")
    found = 0.0
    for i in range(n):
        found += scale(i, 7) * factor
    return found


@functools.cache
def cached(n, factor):
    return n


known = {}


def remembers(n, factor):
    if n not in known:
        known[n] = sum(range(300 * abs(n)))
    return known[n]


class Thing:
    def method(self, n, factor):
        return n


def generates(n, factor):
    yield n


async def later(n, factor):
    return n


def raises(n, factor):
    raise LookupError("nothing there")


def draws(n, factor):
    import random

    return random.random()


def reads(n, factor):
    return input()


def hangs(n, factor):
    import time

    time.sleep(600)


def of_three(n, factor, more):
    return n
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("try")
    (folder / "my-code.py").write_text(FILE, encoding="utf-8")
    (folder / "broken.py").write_text("def f(:\n")
    return folder


def variables(folder: Path) -> dict[str, str]:
    return dict(ENVIRONMENT) | {"CFLAGS": "-O0 -g0", "XDG_CACHE_HOME": str(folder / "cache")}


def attempt(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """In this process, with one set of processes: each set compiles what numba compiles."""
    return here(folder, "try", *words, environment=variables(folder), sets=1)


@pytest.fixture(scope="module")
def tried(folder: Path) -> subprocess.CompletedProcess[str]:
    """It leaves t.json, t.csv, t.md and out in ``folder``."""
    files = ["--json", "t.json", "--csv", "t.csv", "--markdown", "t.md"]
    # What else is installed here is another question.
    only = ["--techniques", "cython,numba,typed"]
    done = attempt(folder, "my-code.py:total", *QUICK, *only, *files, "--write", "out")
    assert (done.returncode, done.stderr) == (0, "")
    return done


def test_each_technique_has_a_row_that_rests_on_all_examples(
    folder: Path, tried: subprocess.CompletedProcess[str]
) -> None:
    result = try_result.load(folder / "t.json")
    rows = {row.name: row for row in result.comparison.contenders}
    assert list(rows) == ["as it is", "Cython", "numba", "Cython, typed"]
    assert {row.status for row in rows.values()} == {Status.OK}
    assert result.seen.examples == 3
    assert result.seen.widest is not None
    assert (result.seen.widest.bits, result.seen.widest.text) == (14, "x * k")
    assert "equal on these 3 examples" in tried.stdout
    assert "no C" not in tried.stdout
    lines = {t.name: t.lines for t in result.techniques}
    assert {left.line for left in lines["Cython"]} >= {13, 21}
    assert len(lines["Cython, typed"]) < len(lines["Cython"])
    assert len((folder / "t.csv").read_text().splitlines()) == 5
    assert "| `numba` | `@njit` |" in (folder / "t.md").read_text()
    assert json.loads((folder / "t.json").read_text())["schema"] == "hotloop.try/1"
    again = attempt(folder, "--from", "t.json")
    assert (again.returncode, again.stdout) == (0, tried.stdout)
    taken = attempt(folder, "my-code.py:total", "--write", "out")
    assert (taken.returncode, taken.stdout) == (2, "")
    assert "is not an empty folder" in taken.stderr


@pytest.mark.usefixtures("tried")
def test_the_test_of_a_version_that_does_something_else_fails_compiled_or_not(folder: Path) -> None:
    out = folder / "out"
    file = shutil.copytree(out / "with-numba", out / "another") / "my_code.py"
    text = file.read_text().replace("% 1000", "% 999")
    file.write_text(text.replace("from numba import njit\n", "").replace("@njit\n", ""))
    assert "njit" not in file.read_text()
    # Compiled already, as it was when it was tried.
    (typed,) = (folder / "cache" / "hotloop" / "try").glob("*/my_code.pxd")
    (extension,) = typed.parent.glob("my_code.*.so")
    shutil.copy(extension, out / "with-cython-typed")
    assert run_tests(out, "with-cython-typed", "another") == {
        "with-cython-typed": "PASSED",
        "another": "FAILED",
    }


@pytest.mark.usefixtures("tried")
def test_what_is_written_for_numba_is_the_file_with_its_decorator(folder: Path) -> None:
    lines = (folder / "out" / "with-numba" / "my_code.py").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "njit" not in line] == FILE.splitlines()
    added = {place: line for place, line in enumerate(lines) if "njit" in line}
    assert list(added.values()) == ["from numba import njit", "@njit", "@njit"]
    # Above everything that uses it, and each above its function.
    assert min(added) == lines.index("import functools") - 1
    assert [lines[place + 1] for place in list(added)[1:]] == [
        "def scale(x, k):",
        "def total(n, factor):",
    ]


# numba loads and compiles for two seconds.
@pytest.mark.thorough(
    "test_what_is_written_for_numba_is_the_file_with_its_decorator",
    "test_each_technique_has_a_row_that_rests_on_all_examples",
    "test_the_test_of_a_version_that_does_something_else_fails_compiled_or_not",
)
@pytest.mark.usefixtures("tried")
def test_the_test_of_numbas_version_passes(folder: Path) -> None:
    assert run_tests(folder / "out", "with-numba") == {"with-numba": "PASSED"}


@pytest.mark.usefixtures("tried")
def test_what_is_written_compiles_as_it_was_when_it_was_tried(folder: Path) -> None:
    setup = (folder / "out" / "with-cython-typed" / "setup.py").read_text()
    assert setup == (
        "from Cython.Build import cythonize\n"
        "from setuptools import Extension, setup\n"
        "\n"
        "extension = Extension('my_code', ['my_code.py'], "
        "extra_compile_args=['-fno-fast-math', '-ffp-contract=off', '-g0'])\n"
        "setup(\n"
        "    name='my_code',\n"
        "    ext_modules=cythonize([extension], compiler_directives="
        "{'language_level': 3, 'annotation_typing': False, 'overflowcheck': True}),\n"
        ")\n"
    )


# By a Cython that starts anew, and a compiler.
@pytest.mark.thorough(
    "test_the_test_of_a_version_that_does_something_else_fails_compiled_or_not",
    "test_what_is_written_compiles_as_it_was_when_it_was_tried",
)
@pytest.mark.usefixtures("tried")
def test_the_test_of_a_version_that_is_not_compiled_compiles_it(folder: Path) -> None:
    out = folder / "out"
    for extension in (out / "with-cython-typed").glob("*.so"):
        extension.unlink()
    assert run_tests(out, "with-cython-typed") == {"with-cython-typed": "PASSED"}
    assert list((out / "with-cython-typed").glob("*.so"))


def test_that_only_a_first_call_works_is_said(folder: Path) -> None:
    done = attempt(folder, "my-code.py:remembers", *QUICK, "--techniques", "cython")
    assert (done.returncode, done.stderr) == (0, "")
    said = " ".join(done.stdout.split())
    assert re.search(r"the first call takes \S+ m?s and later ones \S+ [mun]?s: only", said)


def run_tests(out: Path, *folders: str) -> dict[str, str]:
    """How each folder's test ends."""
    # Files of one name.
    options = ["-v", "-p", "no:cacheprovider", "--import-mode=importlib"]
    # No plugin of this checkout's, whose loading takes longer than the test.
    quick = {"CFLAGS": "-O0", "NUMBA_OPT": "0", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *folders],
        cwd=out,
        env={**ENVIRONMENT, **quick},
        capture_output=True,
        text=True,
        check=False,
    )
    return dict(re.findall(r"^([a-z-]+)/test_my_code.py::\S+ (\w+)", done.stdout, re.MULTILINE))


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [
        ("my-code.py:totl", 2, "has no totl; did you mean total?"),
        ("my-code.py", 2, "name one function of the file, as in my-code.py:scale"),
        ("my-code.py:cached", 2, "cached (functools.cache): every call but the first only looks"),
        ("my-code.py:Thing", 2, "is a class: name a function that makes one"),
        ("my-code.py:Thing.method", 2, "is a method: name a function that calls it"),
        ("my-code.py:generates", 2, "is a generator function, so that a call does no work"),
        ("my-code.py:later", 2, "is an async function"),
        ("my-code.py:raises", 2, "raises on its own input: LookupError: nothing there"),
        ("my-code.py:draws", 2, "its answers differ from call to call"),
        ("my-code.py:reads", 2, "raises on its own input: EOFError"),
        ("my-code.py:of_three", 2, "raises on its own input: TypeError"),
        ("my-code.py:hangs", 4, "it hangs"),
        ("nothing.py:f", 2, "there is no file nothing.py"),
        ("broken.py:f", 2, "SyntaxError"),
        ("math:sqrt", 2, "give a Python file and a function"),
        ("my-code.py:a b", 2, "is no name of a function"),
    ],
)
def test_what_no_technique_could_take_is_refused_in_a_sentence(
    folder: Path, word: str, code: int, said: str
) -> None:
    patience = ["--patience", "1"] if "hangs" in word else []
    # Once, a compiler is at work meanwhile.
    only = ["--techniques", "cython" if "hangs" in word else "numba"]
    done = attempt(folder, word, "--quiet", *only, *patience)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.startswith("hotloop: ")
    assert done.stderr.count("\n") == 1


def test_a_python_that_does_not_run_is_refused_before_anything_is_called(
    folder: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    words = ["--quiet", "--patience", "1", "--python", str(broken)]
    done = attempt(folder, "my-code.py:hangs", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"hotloop: --python {broken}: it is not a Python that runs\n"


def test_without_a_compiler_a_row_says_so(folder: Path, tmp_path: Path) -> None:
    environment = variables(tmp_path) | {"CC": str(tmp_path / "no-compiler")}
    words = ["my-code.py:total", *QUICK, "--techniques", "cython"]
    done = here(folder, "try", *words, environment=environment, sets=1)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no: there is no C compiler that runs: install gcc or clang" in done.stdout
    assert "none of them is shown to be faster" in done.stdout


@pytest.mark.thorough(
    "test_without_a_compiler_a_row_says_so",
    "unit/test_try_jit.py::test_a_numba_that_is_not_installed_and_a_broken_one_are_told_apart",
)
def test_what_is_not_installed_has_a_row_that_says_so(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "numba.py").write_text("raise ModuleNotFoundError('no', name='numba')\n")
    environment = dict(ENVIRONMENT) | {
        "CC": str(tmp_path / "no-compiler"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), ENVIRONMENT["PYTHONPATH"]]),
    }
    words = ["my-code.py:total", *QUICK, "--techniques", "cython,numba"]
    done = hotloop(folder, "try", *words, environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no: there is no C compiler that runs: install gcc or clang" in done.stdout
    assert "no: numba is not installed: pip install numba" in done.stdout
    assert "none of them is shown to be faster" in done.stdout


def test_ctrl_c_leaves_no_process_and_no_half_file(folder: Path) -> None:
    # Two compilers at once, and not all that are installed here.
    only = ["--techniques", "cython,typed"]
    ended = interrupted(
        folder, "try", "my-code.py:total", "--write", "none", *only, at="trying Cython"
    )
    assert (ended.code, ended.stdout) == (130, "")
    assert ended.stderr.endswith("hotloop: interrupted\n")
    assert ended.children
    psutil.wait_procs(ended.children, timeout=PROMPTLY_S)
    assert not [child for child in ended.children if child.is_running()]
    assert not (folder / "none").exists()

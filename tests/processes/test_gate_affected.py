"""What a change touches, found by real workers: a wrong "untouched" hides a slowdown.

Each case changes something by which a benchmark does other work. Beside it stands a benchmark that
has nothing to do with the project, so that "everything is touched" is no answer either.
"""

import re
import shutil
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from hotloop.gate.affected import tracing
from hotloop.gate.affected.select import Selection, select
from tests.affected_projects import Files, Together, Workshop, changes, labels, project
from tests.parameters import marked
from tests.process_pairs import eventually, know_others, workers

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("gate_workers")]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("affected"))


WORK = "def work():\n    return {}\n"
MATTERS, MORE, INERT = changes("matters"), changes("matters_thorough"), changes("inert")


def several() -> Iterator[tuple[str, tuple[Files, Files]]]:
    """Changes beside which several benchmarks stand, not all of which they touch."""

    def sides(suite: str, more: str = "") -> tuple[Files, Files]:
        base, head = (project(WORK.format(number) + more, suite) for number in (1, 2))
        return base, head

    suite = (
        "import tiny.core\nclass Sizes:\n    params = [['work', 'rest'], [1, 2]]\n"
        "    def time_it(self, name, n):\n        getattr(tiny.core, name)()\n"
    )
    yield "combinations", sides(suite, "def rest():\n    return 1\n")
    suite = (
        "import threading, time, tiny.core\n"
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
        "def time_it():\n    tiny.core.work()\ndef time_rest():\n    pass\n"
    )
    yield "threads", sides(suite)
    suite = "from tiny.core import new\ndef time_it():\n    new()\n"
    base = project(WORK.format(1), suite)
    yield "imports", (base, project(WORK.format(1) + "def new(): pass\n", suite))


SEVERAL = dict(several())


@dataclass(frozen=True)
class Selected:
    """What many changes touch, made in one project, each in a package of its own."""

    together: Together
    selection: Selection


def selected(workshop: Workshop, changes: Mapping[str, tuple[Files, Files]]) -> Selected:
    together = Together(changes)
    return Selected(together, workshop.select(together.base, together.head))


@pytest.fixture(scope="module")
def found(workshop: Workshop) -> Selected:
    return selected(workshop, MATTERS | INERT | SEVERAL)


@pytest.fixture(scope="module")
def more(workshop: Workshop) -> Selected:
    return selected(workshop, MORE)


def told(what: str, found: Selected) -> dict[str, str]:
    """Which benchmarks that change touches, and why, but for the names of its own."""
    touched = labels(found.selection.touched)
    own = found.together.of(what, found.selection.touched)
    return {label.partition(".")[2]: re.sub(r"case_\d+/", "", touched[label]) for label in own}


def touches(what: str, found: Selected) -> bool:
    """Whether that change touches its benchmark, of which there is one."""
    touched, untouched = found.selection.touched, found.selection.untouched
    of = found.together.of
    assert len(of(what, touched)) + len(of(what, untouched)) == 1
    return bool(of(what, touched))


@pytest.mark.parametrize("what", MATTERS)
def test_a_change_that_matters_touches(what: str, found: Selected) -> None:
    assert touches(what, found)


@pytest.mark.thorough(
    "test_a_change_that_matters_touches",
    "unit/test_gate_affected.py::test_other_code_has_other_fingerprints",
    "processes/test_gate_affected_pytests.py::test_changes_touch_the_tests_that_run_them_and_no_others",
)
@pytest.mark.parametrize("what", MORE)
def test_a_change_in_other_words_touches(what: str, more: Selected) -> None:
    assert touches(what, more)


def test_what_changes_elsewhere_touches_no_other_benchmark(found: Selected) -> None:
    untouched = found.selection.untouched
    inert = {label for what in INERT | SEVERAL for label in found.together.of(what, untouched)}
    assert {each.label for each in untouched} - inert == {"other.time_other"}


@pytest.mark.parametrize("what", INERT)
def test_a_change_without_effect_touches_nothing(what: str, found: Selected) -> None:
    assert not touches(what, found)


EVERYTHING: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "a setting of the build": (
        {"setup.cfg": "[metadata]\n"},
        {"setup.cfg": "[metadata]\nname = tiny\n"},
        "setup.cfg differs, which decides how it is built",
    ),
    "data of the package": (
        {"tiny/data.json": "1"},
        {"tiny/data.json": "2"},
        "tiny/data.json differs, which is installed with the project",
    ),
    "a source that is compiled nobody knows when": (
        {"tiny/fast.c": "int a;"},
        {"tiny/fast.c": "int b;"},
        "tiny/fast.c differs, and what is compiled from it is not known",
    ),
}


MORE_OF_EVERYTHING: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "new data of the package": (
        {},
        {"tiny/deep/flag": ""},
        "tiny/deep/flag differs, which is installed with the project",
    ),
    "a requirement": (
        {},
        {"ci/requirements-dev.txt": "six\n"},
        "ci/requirements-dev.txt differs, which decides how it is built",
    ),
    "a lock": (
        {"uv.lock": "1"},
        {"uv.lock": "2"},
        "uv.lock differs, which decides how it is built",
    ),
}
AGAIN = pytest.mark.thorough(
    "test_what_no_tracer_sees_touches_everything",
    "unit/test_gate_affected.py::test_settings_of_a_build_are_known",
)


@pytest.mark.parametrize("what", [*EVERYTHING, *marked(AGAIN, *MORE_OF_EVERYTHING)])
def test_what_no_tracer_sees_touches_everything(what: str, workshop: Workshop) -> None:
    at_base, at_head, reason = (EVERYTHING | MORE_OF_EVERYTHING)[what]
    base, head = project(WORK.format(1)) | at_base, project(WORK.format(1)) | at_head
    assert labels(workshop.select(base, head).touched) == {
        "other.time_other": reason,
        "speed.time_it": reason,
    }


def test_data_beside_the_suite_touches_everything_if_somebody_reads_it(
    workshop: Workshop,
) -> None:
    """By C code too, whose reading no hook of Python's sees: here, as one that opens it does."""
    reads = (
        "import ctypes, os\nFILE = os.path.join(os.path.dirname(__file__), 'numbers.txt')\n"
        "C = ctypes.CDLL(None)\nC.fopen.restype = ctypes.c_void_p\n"
        "C.fgetc.argtypes = C.fclose.argtypes = [ctypes.c_void_p]\n"
        "def time_it():\n    file = C.fopen(FILE.encode(), b'r'); C.fgetc(file); C.fclose(file)\n"
    )
    base = project(WORK.format(1), reads, **{"benchmarks/numbers.txt": "1"})
    head = project(WORK.format(1), reads, **{"benchmarks/numbers.txt": "2"})
    reason = "benchmarks/numbers.txt differs, and a benchmark reads it"
    assert set(labels(workshop.select(base, head).touched).values()) == {reason}


def test_only_the_combinations_of_parameters_that_run_it_are_touched(found: Selected) -> None:
    assert told("combinations", found) == dict.fromkeys(
        ("Sizes.time_it('work', 1)", "Sizes.time_it('work', 2)"), "work of tiny/core.py differs"
    )
    assert len(found.together.of("combinations", found.selection.untouched)) == 2


VERSIONED = project("from tiny._version import version\n" + WORK.format(1))
AT_BASE, AT_HEAD = (
    {"tiny/_version.py": f"version = __version__ = {version!r}\nversion_tuple = {numbers}\n"}
    for version, numbers in (("1.0.dev1", (1, 0, "dev1")), ("1.0", (1, 0)))
)


def test_a_version_that_the_build_writes_is_no_change_and_is_told(workshop: Workshop) -> None:
    selection = workshop.select(VERSIONED, VERSIONED | {"a": ""}, AT_BASE, AT_HEAD)
    assert not selection.touched
    assert selection.remarks == (
        "tiny/_version.py is written by the build, with its version: it does not count as changed",
    )


@pytest.mark.thorough(
    "test_a_version_that_the_build_writes_is_no_change_and_is_told",
    "unit/test_gate_affected.py::"
    "test_a_file_with_a_version_is_no_change_unless_it_does_anything_else",
)
def test_what_does_more_than_to_name_a_version_is_a_change(workshop: Workshop) -> None:
    more = {path: f"{text}def f(): pass\n" for path, text in AT_HEAD.items()}
    assert workshop.select(VERSIONED, VERSIONED | {"a": ""}, AT_BASE, more).touched


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("compiled")
    source = folder / "fast.c"
    source.write_text(
        "#include <Python.h>\n"
        "static PyObject *work(PyObject *self, PyObject *none)"
        ' { return PyUnicode_FromString("the first"); }\n'
        'static PyMethodDef all[] = {{"work", work, METH_NOARGS, ""}, {0}};\n'
        'static PyModuleDef fast = {PyModuleDef_HEAD_INIT, "fast", 0, -1, all};\n'
        "PyMODINIT_FUNC PyInit_same(void) { return PyModule_Create(&fast); }\n"
        "PyMODINIT_FUNC PyInit_other(void) { return PyModule_Create(&fast); }\n"
    )
    include = sysconfig.get_paths()["include"]
    command = ["cc", "-shared", "-fPIC", f"-I{include}", "-o", "fast.so", "fast.c"]
    subprocess.run(command, cwd=folder, check=True)
    return (folder / "fast.so").read_bytes()


LOADS_OTHER = {"speed.time_other": "it loads tiny/other.so, which differs"}


def touched_beside(
    workshop: Workshop, compiled: bytes, at_head: bytes, source: str, **more: str
) -> dict[str, str]:
    """What is touched if one compiled file is so at head, and the source of both is ``source``."""
    suite = "".join(
        f"def time_{name}():\n    import tiny.{name}\n    tiny.{name}.work()\n"
        for name in ("core", "same", "other")
    )
    made = [{"tiny/same.so": compiled, "tiny/other.so": other} for other in (compiled, at_head)]
    base = project(WORK.format(1), suite, **{"src/fast.c": "int a;"})
    return labels(workshop.select(base, base | {"src/fast.c": source} | more, *made).touched)


def otherwise(compiled: bytes) -> bytes:
    changed = compiled.replace(b"the first", b"the other")
    assert changed != compiled
    return changed


def test_a_compiled_file_touches_those_that_load_it(workshop: Workshop, compiled: bytes) -> None:
    """The file counts, not its source: a build may leave the one as it is if the other changes."""
    found = touched_beside(workshop, compiled, otherwise(compiled), "int a;", a="")
    assert found == LOADS_OTHER
    assert touched_beside(workshop, compiled, compiled, "int b;") == dict.fromkeys(
        ("speed.time_same", "speed.time_other"),
        "it loads what is compiled, perhaps from src/fast.c, which differs",
    )


@pytest.mark.thorough(
    "test_a_compiled_file_touches_those_that_load_it",
    "unit/test_gate_affected.py::test_sources_count_only_where_all_that_is_compiled_is_the_same",
)
def test_a_compiled_file_counts_if_its_source_differs_too(
    workshop: Workshop, compiled: bytes
) -> None:
    found = touched_beside(workshop, compiled, otherwise(compiled), "int b;")
    assert found == LOADS_OTHER


def test_what_fails_hangs_or_dies_is_measured_and_the_others_are_traced(
    workshop: Workshop,
) -> None:
    suite = (
        "import os, time\n"
        "def time_a(): pass\n"
        "def time_dies(): os._exit(3)\n"
        "def time_fails(): raise ValueError('no')\n"
        "def time_hangs():\n    while True: time.sleep(0.1)\n"
        # It alone: the others have as long as ever.
        "time_hangs.timeout = 1\n"
        "def time_z(): pass\n"
    )
    selection = workshop.select(project(WORK.format(1), suite), project(WORK.format(2), suite))
    assert labels(selection.touched) == {
        "speed.time_dies": "it was not traced at base: the process died (exit code 3)",
        "speed.time_fails": "it was not traced at base: the call raised ValueError: no",
        "speed.time_hangs": "it was not traced at base: no answer after 1 s: it hangs",
    }
    assert len(selection.untouched) == 3


def test_ctrl_c_ends_what_is_traced(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reaches the gate alone: whoever is traced leads a session of its own."""
    # What does not end it never does: the time-out of the test would say so.
    monkeypatch.setattr(tracing, "LIMIT_S", 600.0)
    begun = tmp_path / "begun"
    suite = (
        f"import time\ndef time_hangs():\n    open({str(begun)!r}, 'a').close()\n"
        "    time.sleep(600)\ntime_hangs.timeout = 600\n"
    )
    files = project(WORK.format(1), suite)
    prepared = workshop.prepare(files, files | {"a": ""})
    know_others()
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        eventually(begun.exists)
        signal.pthread_kill(main, signal.SIGINT)

    with ThreadPoolExecutor() as threads:
        interrupting = threads.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            select(prepared, lambda *_: None)
        interrupting.result()
    assert not workers()


def test_a_module_that_cannot_be_imported_at_base_is_measured(found: Selected) -> None:
    ((name, reason),) = told("imports", found).items()
    assert name == "time_it"
    assert reason.startswith("it was not traced at base: import raised ImportError: cannot import")


def test_modules_with_threads_get_processes_of_their_own(found: Selected) -> None:
    assert told("threads", found) == {"time_it": "work of tiny/core.py differs"}
    (rest,) = found.together.of("threads", found.selection.untouched)
    assert rest.endswith(".time_rest")


def test_processes_are_not_forked_if_the_configuration_says_so(workshop: Workshop) -> None:
    suite = "import tiny.core\ndef time_it():\n    tiny.core.work()\ndef time_rest():\n    pass\n"
    workshop.may_fork = False
    try:
        base, head = project(WORK.format(1), suite), project(WORK.format(2), suite)
        assert workshop.untouched(base, head) == {"other.time_other", "speed.time_rest"}
    finally:
        workshop.may_fork = True


def test_another_library_touches_everything(workshop: Workshop) -> None:
    for version, side in zip("12", workshop.environments, strict=True):
        info = workshop.library(side) / "other-0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 0\n")
        (info / "RECORD").write_text(f"other/data.bin,sha256={version},1\n")
    files = project(WORK.format(1))
    selection = workshop.select(files, files | {"a": ""})
    assert set(selection.touched.values()) == {
        "other/data.bin differs, which is installed with the project"
    }
    for side in workshop.environments:
        shutil.rmtree(workshop.library(side) / "other-0.dist-info")

"""Libraries really built, kept, linked anew at other addresses, and loaded."""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.gate.build import kits, stand_ins
from hotloop.gate.build.kits import Link
from hotloop.gate.build.layouts import Layouts, put_back
from hotloop.gate.build.placing import NotPlaceable
from hotloop.gate.model import Contender, Proof, Revision, Side
from tests.parameters import marked

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("compilers")]

SETUP = """
from setuptools import Extension, setup
setup(name="tiny", version="1", py_modules=[], ext_modules=[Extension("fast", ["fast.c"])])
"""
HEAD = """
#define PY_SSIZE_T_CLEAN
#include <Python.h>
static int table[100] = {1, 2, 3};
static long counted;
static volatile long given = 28;
"""
UNUSED = "long unused(long a);\nlong unused(long a) { return a * 3 + a / 7; }\n"
FOOT = """
static __attribute__((noinline)) long triple(long a) { counted++; return 3 * a; }
static __attribute__((noinline)) long half(long a) { return a / 2 + table[a % 3]; }
static PyObject *answer(PyObject *self, PyObject *none)
{ return PyLong_FromLong(half(triple(given)) - 1); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", NULL, -1, methods};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&module); }
"""
SOURCES = {Side.BASE: HEAD + FOOT, Side.HEAD: HEAD + UNUSED + FOOT}
FUNCTIONS = ("triple", "half", "answer")


def built(folder: Path, source: str, **flags: str) -> dict[str, Link]:
    """The links of a wheel that is built from one C file."""
    project, kit = folder / "project", folder / "kit"
    project.mkdir(parents=True)
    (project / "setup.py").write_text(SETUP)
    (project / "fast.c").write_text(source)
    variables = {**os.environ, **flags}
    variables |= stand_ins.prepare(kit, variables)
    wheel(project, kit / "wheel", variables)
    return kits.read(kit)


def wheel(project: Path, folder: Path, variables: Mapping[str, str]) -> None:
    script = (
        "import sys; sys.modules['Cython'] = None; import setuptools.build_meta as backend; "
        f"backend.build_wheel({str(folder)!r})"
    )
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=project,
        env=dict(variables),
        check=True,
        capture_output=True,
    )


BY_PYTHON = (
    *shlex.split(sysconfig.get_config_var("CFLAGS")),
    f"-I{sysconfig.get_paths()['include']}",
)


def compiled(
    folder: Path,
    *words: str,
    source: str = "int answer(void) { return 42; }\n",
    library: str = "made.so",
) -> list[Link]:
    """How a library was linked, compiled with ``words`` and without setuptools."""
    variables = os.environ | stand_ins.prepare(folder / "kit", os.environ)
    (folder / "main.c").write_text(source)
    command = ["cc", "-shared", "-fPIC", "main.c", "-o", library, *words]
    subprocess.run(command, cwd=folder, env=variables, check=True, capture_output=True)
    made = (library, (folder / library).read_bytes())
    return list(kits.linked(folder / "kit", [made]).values())


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> dict[Side, Link]:
    """Compiled by Python's own flags, without setuptools."""
    made = {}
    for side, source in SOURCES.items():
        folder = tmp_path_factory.mktemp(side.value)
        (made[side],) = compiled(folder, *BY_PYTHON, source=source, library="fast.so")
    return made


def made_by(pair: kits.Pair, seed: int, folder: Path) -> list[Path]:
    libraries = [folder / f"{side.value}.so" for side in Side]
    for library, content in zip(libraries, pair.make(seed, folder), strict=True):
        library.write_bytes(content)
    return libraries


def addresses(library: Path) -> dict[str, int]:
    told = subprocess.run(["nm", str(library)], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in told.splitlines()]
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}


def sizes(library: Path) -> dict[str, int]:
    told = subprocess.run(
        ["nm", "--print-size", str(library)], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in told.splitlines()]
    return {row[3]: int(row[1], 16) for row in rows if len(row) == 4 and row[3] in FUNCTIONS}


def says(folder: Path) -> str:
    command = [sys.executable, "-c", "import fast; print(fast.__file__, fast.answer())"]
    done = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    file, answer = done.stdout.split()
    assert Path(file).parent == folder
    return answer


def test_both_sides_are_at_the_same_addresses_and_each_layout_has_others(
    links: dict[Side, Link], tmp_path: Path
) -> None:
    pair = kits.Pair.of(links[Side.BASE], links[Side.HEAD])
    drawn = []
    for seed in range(6):
        here, there = map(addresses, made_by(pair, seed, tmp_path))
        for name in (*FUNCTIONS, "table", "counted"):
            assert here[name] == there[name]
        assert "unused" in there
        assert "unused" not in here
        drawn.append(tuple(here[name] % 64 for name in FUNCTIONS))
    assert len(set(drawn)) > 1


def test_a_layout_computes_the_same_and_the_originals_come_back(
    links: dict[Side, Link], tmp_path: Path
) -> None:
    contenders = {}
    for side, link in links.items():
        root = tmp_path / side.value
        root.mkdir()
        shutil.copyfile(link.folder / "output", root / "fast.so")
        contenders[side] = Contender(
            side,
            Revision("a" * 40, side.value, "A change"),
            "virtualenv",
            Path(sys.executable),
            tmp_path,
            proof=Proof(roots=(str(root),), compiled={"fast.so": side.value}),
        )
    before = [(tmp_path / side.value / "fast.so").read_bytes() for side in links]
    one = {side: {"fast.so": link} for side, link in links.items()}
    layouts = Layouts(contenders[Side.BASE], contenders[Side.HEAD], one[Side.BASE], one[Side.HEAD])
    with layouts:
        for seed in range(3):
            layouts.lay(seed)
            assert [says(tmp_path / side.value) for side in links] == ["42", "42"]
        (tmp_path / "head").rename(tmp_path / "away")
        with pytest.raises(NotPlaceable, match=r"fast\.so cannot be replaced: "):
            layouts.lay(3)
        (tmp_path / "away").rename(tmp_path / "head")
        during = [(tmp_path / side.value / "fast.so").read_bytes() for side in links]
    after = [(tmp_path / side.value / "fast.so").read_bytes() for side in links]
    assert during != before
    assert after == before
    assert sorted(path.name for path in (tmp_path / "base").glob(".*")) == []


@pytest.mark.parametrize("error", [None, KeyboardInterrupt], ids=str)
def test_files_are_put_back_whatever_happens(
    tmp_path: Path, error: type[BaseException] | None
) -> None:
    kept, lost = tmp_path / "kept.so", tmp_path / "build" / "lost.so"
    lost.parent.mkdir()
    stamp = tmp_path / "installed.json"
    for place in (kept, lost, stamp):
        place.write_bytes(b"before")
    kept.chmod(0o750)
    with (
        contextlib.nullcontext() if error is None else pytest.raises(error),
        put_back([kept, lost], stamp),
    ):
        assert not stamp.exists()
        shutil.rmtree(lost.parent)
        kept.unlink()
        kept.write_bytes(b"during")
        if error is not None:
            raise error
    assert [place.read_bytes() for place in (kept, lost, stamp)] == [b"before"] * 3
    assert kept.stat().st_mode & 0o777 == 0o750
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "build",
        "installed.json",
        "kept.so",
    ]


def test_a_library_of_which_nothing_is_kept_is_named(
    links: dict[Side, Link], tmp_path: Path
) -> None:
    sides = [
        Contender(
            side,
            Revision("a" * 40, side.value, "A change"),
            "virtualenv",
            Path(sys.executable),
            tmp_path,
            proof=Proof(compiled={"fast.so": side.value, "other.so": side.value}),
        )
        for side in Side
    ]
    kept = [{"fast.so": links[side]} for side in Side]
    layouts = Layouts(sides[0], sides[1], kept[0], kept[1])
    assert list(layouts.uncovered) == ["other.so"]
    with pytest.raises(NotPlaceable, match=r"fast\.so: the build did not link it"):
        Layouts(sides[0], sides[1], {}, {})


def test_functions_that_are_made_at_the_link_are_refused(tmp_path: Path) -> None:
    (link,) = compiled(tmp_path, "-flto")
    with pytest.raises(NotPlaceable, match="link-time optimisation"):
        link.side()


GOLD = {"LDFLAGS": "-fuse-ld=gold"}
BY_PATH = {"CC": f"{shutil.which('cc')} -pipe"}
ALONE = pytest.mark.thorough(
    "test_another_linker_and_a_compiler_by_its_path_are_stood_in_for",
)


@pytest.mark.parametrize("flags", [GOLD | BY_PATH, *marked(ALONE, GOLD, BY_PATH)], ids=str)
def test_another_linker_and_a_compiler_by_its_path_are_stood_in_for(
    tmp_path: Path, flags: dict[str, str]
) -> None:
    (link,) = built(tmp_path, SOURCES[Side.BASE], **flags).values()
    assert (".text.triple", 0) in link.side().pieces


def test_the_functions_are_compiled_as_the_project_compiles_them(tmp_path: Path) -> None:
    """setuptools, for one, takes CFLAGS in place of Python's own flags, optimisation included."""
    (link,) = built(tmp_path, SOURCES[Side.BASE]).values()
    plain = tmp_path / "plain"
    shutil.copytree(tmp_path / "project", plain, ignore=shutil.ignore_patterns("build"))
    wheel(plain, tmp_path / "wheel", os.environ)
    (made,) = plain.glob("build/lib*/*.so")
    assert sizes(made) == sizes(link.folder / "output")


BY_OTHERS = {
    "cmake": (
        "cmake -S . -B made -G Ninja && cmake --build made",
        {
            "CMakeLists.txt": "project(tiny C)\nadd_library(tiny MODULE tiny.c)\n",
            "tiny.c": "long triple(long a) { return 3 * a; }\n",
        },
    ),
    "rustc": (
        "rustc -O --crate-type cdylib tiny.rs",
        {"tiny.rs": "#[no_mangle] pub extern fn triple(a: i64) -> i64 { 3 * a }\n"},
    ),
}


@pytest.mark.thorough(
    "test_another_linker_and_a_compiler_by_its_path_are_stood_in_for",
    "unit/test_gate_keep_objects.py::test_asv_installs_once_more_what_no_wheel_is_built_of",
)
@pytest.mark.parametrize("program", ["cmake", "rustc"])
def test_builds_that_call_compilers_by_name_are_kept(tmp_path: Path, program: str) -> None:
    if shutil.which(program) is None or (program == "cmake" and shutil.which("ninja") is None):
        pytest.skip(f"no {program} here")
    command, files = BY_OTHERS[program]
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    variables = os.environ | stand_ins.prepare(tmp_path / "kit", os.environ)
    subprocess.run(command, shell=True, cwd=tmp_path, env=variables, check=True)
    (made,) = tmp_path.rglob("libtiny.so")
    (link,) = kits.linked(tmp_path / "kit", [("tiny.so", made.read_bytes())]).values()
    assert any("triple" in name for name, _ in link.side().pieces)
    assert "triple" in addresses(made)


def test_a_build_fails_as_it_would_without_us(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        compiled(tmp_path, "-lthere_is_no_such_library")
    assert b"there_is_no_such_library" in raised.value.stderr


def test_objects_that_cannot_be_kept_cost_the_build_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = stand_ins.prepare

    def without_folder(folder: Path, present: Mapping[str, str]) -> dict[str, str]:
        variables = prepare(folder, present)
        (folder / "links").rmdir()
        return variables

    monkeypatch.setattr(stand_ins, "prepare", without_folder)
    assert compiled(tmp_path) == []
    assert (tmp_path / "made.so").stat().st_size > 0


def test_a_link_whose_objects_are_gone_is_refused(links: dict[Side, Link], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(links[Side.BASE].folder, copy)
    gone = replace(links[Side.BASE], folder=copy)
    (copy / gone.objects[-1]).unlink()
    with pytest.raises(NotPlaceable, match=r"ld ends with code 1: .*No such file"):
        gone.side()
    with pytest.raises(NotPlaceable, match="the linker does not run"):
        replace(gone, linker="/nowhere/ld").side()

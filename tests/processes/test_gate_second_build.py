"""The second build of a compiled project, by asv: kept apart, complete, installed nowhere."""

from pathlib import Path

import pytest

from hotloop.gate.model import Request
from hotloop.gate.prepare import prepare
from hotloop.gate.source import project
from tests import environments, tiny_project
from tests.gate_sites import says
from tests.tiny_project import git

pytestmark = pytest.mark.timeout(600)

SETUP = """
from setuptools import Extension, setup
setup(ext_modules=[Extension("tiny.fast", ["fast.c"])])
"""
C = """
#define PY_SSIZE_T_CLEAN
#include <Python.h>
%s
static PyObject *answer(PyObject *self, PyObject *none) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", NULL, -1, methods};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&module); }
"""
UNUSED = "long unused(long a); long unused(long a) { return a * 5; }"
WHERE = "import tiny.fast as fast; print(fast.answer(), fast.__file__)"


@pytest.fixture
def compiled(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    # The quick installation of pure Python would do, but for the folder of compiled files.
    tiny_project.configure(folder, build_command=[tiny_project.PIP_WHEEL])
    rest = {"pyproject.toml": tiny_project.PYPROJECT, ".gitignore": ".asv\n", "setup.py": SETUP}
    python = {"tiny/__init__.py": "from tiny.fast import answer\n"}
    tiny_project.commit(folder, "base", tiny_project.SUITE | rest | python | {"fast.c": C % ""})
    tiny_project.commit(folder, "an unused function", {"fast.c": C % UNUSED})
    environments.lend(folder, tmp_path_factory)
    return folder


def test_both_sides_are_linked_anew_where_asv_has_installed_them(compiled: Path) -> None:
    said: list[str] = []
    loaded = project.load(compiled / "asv.conf.json")
    with prepare(loaded, Request("HEAD~1", "HEAD"), said.append) as prepared:
        sides = (prepared.base, prepared.head)
        before = [says(side, WHERE) for side in sides]
        places = [Path(text.split()[1]) for text in before]
        contents = [place.read_bytes() for place in places]
        assert prepared.layouts is not None
        with prepared.layouts(said.append) as layouts:
            assert layouts.uncovered == {}
            assert [place.read_bytes() for place in places] == contents
            layouts.lay(1)
            first = [place.read_bytes() for place in places]
            layouts.lay(2)
            second = [place.read_bytes() for place in places]
            assert len({*contents, *first, *second}) == 6
            assert [says(side, WHERE) for side in sides] == before
        assert [place.read_bytes() for place in places] == contents
    with prepare(loaded, Request("HEAD~1", "HEAD"), said.append) as prepared:
        # It is still what was installed: nothing had to be done.
        assert prepared.unproved == ()
        assert [says(side, WHERE) for side in (prepared.base, prepared.head)] == before

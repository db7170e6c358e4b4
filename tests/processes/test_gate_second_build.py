"""The second build of a compiled project: kept apart, complete, and not left installed."""

from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate import prepare_pytest
from hotloop.gate.build.layouts import places_of
from hotloop.gate.model import PytestRequest, Request
from hotloop.gate.preparation import Prepared
from hotloop.gate.prepare import prepare
from hotloop.gate.source import project
from tests import environments, pytest_gate, tiny_project
from tests.gate_sites import says
from tests.tiny_project import git

pytestmark = pytest.mark.timeout(600)

SETUP = """
import os
from setuptools import Extension, setup
setup(ext_modules=[] if "TINY_PURE" in os.environ else [Extension("tiny.fast", ["fast.c"])])
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


EDITABLE = "in-dir={env_dir} python -m pip install --no-deps --no-build-isolation -e {build_dir}"


@pytest.mark.parametrize("install", [None, EDITABLE], ids=["wheels", "editable"])
def test_both_sides_are_linked_anew_where_asv_has_installed_them(
    compiled: Path, install: str | None
) -> None:
    if install is not None:
        tiny_project.configure(compiled, build_command=[], install_command=[install])
    said: list[str] = []
    loaded = project.load(compiled / "asv.conf.json")
    with prepare(loaded, Request("HEAD~1", "HEAD"), said.append) as prepared:
        before = linked_anew(prepared)
    with prepare(loaded, Request("HEAD~1", "HEAD"), said.append) as prepared:
        # It is still what was installed: nothing had to be done.
        assert prepared.unproved == ()
        sides = (prepared.base, prepared.head)
        assert [says(side, WHERE) for side in sides] == before


@pytest.mark.parametrize("install", ["", "pip install --no-build-isolation -e ."])
def test_environments_for_tests_are_linked_anew_too(
    tmp_path: Path, install: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By wheels, each built in an environment of pip's own, or in the checkout without one."""
    for name, value in pytest_gate.LINKED.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "tiny"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    files = {
        "pyproject.toml": tiny_project.PYPROJECT,
        ".gitignore": ".hotloop\n*.so\n*.egg-info\nbuild\n",
        "setup.py": SETUP,
        "tiny/__init__.py": "from tiny.fast import answer\n",
        "tests/test_speed.py": "import tiny\ndef test_it(benchmark): benchmark(tiny.answer)\n",
    }
    tiny_project.commit(folder, "base", files | {"fast.c": C % ""})
    tiny_project.commit(folder, "an unused function", {"fast.c": C % UNUSED})
    asked = PytestRequest(folder, installs=(install,) if install else ())
    said: list[str] = []
    with prepare_pytest.prepare(Request("HEAD~1", "HEAD"), asked, said.append) as prepared:
        assert prepared.unproved == ()
        before = linked_anew(prepared)
    built = said.count("head: building " + prepared.head.revision.commit[:8])
    with prepare_pytest.prepare(Request("HEAD~1", "HEAD"), asked, said.append) as prepared:
        assert prepared.unproved == ()
        sides = (prepared.base, prepared.head)
        assert [says(side, WHERE) for side in sides] == before
        # Nor has a second build that fails taken anything away.
        monkeypatch.setenv("CC", "/nowhere/cc")
        assert prepared.layouts is not None
        with pytest.raises(MeasurementError, match="could not be built again"):
            prepared.layouts(lambda _: None).__enter__()
        assert [says(side, WHERE) for side in sides] == before
    assert said.count("head: building " + prepared.head.revision.commit[:8]) == built
    # What was built without this variable is not used again with it.
    monkeypatch.delenv("CC")
    monkeypatch.setenv("TINY_PURE", "1")
    request = Request("HEAD~1", "HEAD")
    with (
        pytest.raises(MeasurementError, match=r"differ in fast.c, and neither build has anything"),
        prepare_pytest.prepare(request, asked, said.append),
    ):
        pass


def linked_anew(prepared: Prepared) -> list[str]:
    """Lay both sides out twice, and look at every place of the library; what both say of it."""
    sides = (prepared.base, prepared.head)
    before = [says(side, WHERE) for side in sides]
    (library,) = prepared.head.proof.compiled
    of_sides = [places_of(side, library) for side in sides]
    for places, text in zip(of_sides, before, strict=True):
        assert Path(text.split()[1]) in places
    contents = [[place.read_bytes() for place in places] for places in of_sides]
    assert prepared.layouts is not None
    seen = [contents]
    with prepared.layouts(lambda _: None) as layouts:
        assert layouts.uncovered == {}
        for seed in (1, 2):
            assert [[place.read_bytes() for place in places] for places in of_sides] == seen[-1]
            layouts.lay(seed)
            seen.append([[place.read_bytes() for place in places] for places in of_sides])
        # All places of a side have the same, and it is another one each time.
        assert all(len(set(files)) == 1 for sides_files in seen for files in sides_files)
        assert len({file for sides_files in seen for files in sides_files for file in files}) == 6
        assert [says(side, WHERE) for side in sides] == before
    assert [[place.read_bytes() for place in places] for places in of_sides] == contents
    return before

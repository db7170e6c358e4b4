"""The second build of a compiled project: kept apart, complete, and not left installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate import prepare_pytest
from hotloop.gate.build.layouts import places_of
from hotloop.gate.model import PytestRequest, Request
from hotloop.gate.pairs.lanes import lanes_on
from hotloop.gate.pairs.pairs import ProcessPairs
from hotloop.gate.preparation import Prepared
from hotloop.gate.prepare_asv import prepare
from hotloop.gate.source import project
from tests import environments, pytest_gate, tiny_project
from tests.gate_sites import says
from tests.process_pairs import measure_briefly
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
# Compiles it too; pip need not install setuptools first, on either side and in each build.
BACKEND = """
import os, subprocess, sysconfig, zipfile
from pathlib import Path

INFO = {
    "METADATA": "Metadata-Version: 2.1\\nName: tiny\\nVersion: 0\\n",
    "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n",
    "RECORD": "",
}
LIBRARY = "fast" + sysconfig.get_config_var("EXT_SUFFIX")

def compile_into(folder):
    if "TINY_PURE" in os.environ:
        return []
    folder.mkdir(exist_ok=True)
    command = [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-I", sysconfig.get_path("include")]
    subprocess.run([*command, "fast.c", "-o", folder / LIBRARY], check=True)
    return [folder / LIBRARY]

def write(folder, files):
    name = "tiny-0-py3-none-any.whl"
    files |= {f"tiny-0.dist-info/{file}": text for file, text in INFO.items()}
    with zipfile.ZipFile(Path(folder, name), "w") as wheel:
        for file, content in files.items():
            wheel.writestr(file, content)
    return name

def build_wheel(folder, config_settings=None, metadata_directory=None):
    files = [*Path("tiny").glob("*.py"), *compile_into(Path("build"))]
    return write(folder, {f"tiny/{file.name}": file.read_bytes() for file in files})

def build_editable(folder, config_settings=None, metadata_directory=None):
    compile_into(Path("tiny"))
    return write(folder, {"__editable__.tiny.pth": os.getcwd()})
"""
OWN_BACKEND = {
    "pyproject.toml": """
[build-system]
requires = []
build-backend = "tiny_backend"
backend-path = ["."]
[project]
name = "tiny"
version = "0"
""",
    "tiny_backend.py": BACKEND,
}
LOCKED_BY_UV = OWN_BACKEND | {
    "pyproject.toml": OWN_BACKEND["pyproject.toml"]
    + 'requires-python = ">=3.11"\n[dependency-groups]\ndev = ["pytest"]\n'
}
# As a front end of builds calls it.
WHEEL = (
    'python -c "import os, sys; sys.path.append(os.getcwd()); import tiny_backend as it; '
    "os.makedirs(r'{build_cache_dir}', exist_ok=True); it.build_wheel(r'{build_cache_dir}')\""
)
UNUSED = "long unused(long a); long unused(long a) { return a * 5; }"
WHERE = "import tiny.fast as fast; print(fast.answer(), fast.__file__)"


PIP_EDITABLE = "pip install --no-build-isolation -e ."
# Without uv, pip does all of it.
UV = shutil.which("uv")
UV_EDITABLE = PIP_EDITABLE if UV is None else f"uv {PIP_EDITABLE}"
WITH_SETUPTOOLS = {"pyproject.toml": tiny_project.PYPROJECT, "setup.py": SETUP}
AGAIN = pytest.mark.thorough("test_both_sides_are_linked_anew_where_asv_has_installed_them")
BY_ASV_IN_PLACE = pytest.mark.thorough(
    "test_both_sides_are_linked_anew_where_asv_has_installed_them",
    "unit/test_gate_keep_objects.py::test_asv_installs_once_more_what_no_wheel_is_built_of",
)


@pytest.mark.usefixtures("gate_workers")
@pytest.mark.parametrize(
    ("sources", "commands"),
    [
        (OWN_BACKEND, {"build_command": [WHEEL]}),
        pytest.param(
            OWN_BACKEND,
            {"build_command": [], "install_command": [tiny_project.EDITABLE]},
            marks=BY_ASV_IN_PLACE,
        ),
        pytest.param(WITH_SETUPTOOLS, {"build_command": [tiny_project.PIP_WHEEL]}, marks=AGAIN),
        pytest.param(
            WITH_SETUPTOOLS,
            {"build_command": [], "install_command": [tiny_project.PIP_EDITABLE]},
            marks=AGAIN,
        ),
    ],
    ids=["wheels", "editable", "pip's wheels", "pip's editable"],
)
def test_both_sides_are_linked_anew_where_asv_has_installed_them(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    sources: dict[str, str],
    commands: dict[str, object],
) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    tiny_project.configure(folder, tiny_project.CONFIG_FILE, **commands)
    python = {"tiny/__init__.py": "from tiny.fast import answer\n", ".gitignore": ".asv\n"}
    tiny_project.commit(folder, "base", tiny_project.SUITE | sources | python | {"fast.c": C % ""})
    tiny_project.commit(folder, "an unused function", {"fast.c": C % UNUSED})
    environments.lend(folder, tmp_path_factory)
    said: list[str] = []
    loaded = project.load(folder / "asv.conf.json")
    with prepare(loaded, Request("HEAD~1", "HEAD"), said.append) as prepared:
        before = linked_anew(prepared)
    with prepare(loaded, Request("HEAD~1", "HEAD"), said.append) as prepared:
        # It is still what was installed: nothing had to be done.
        assert prepared.unproved == ()
        sides = (prepared.base, prepared.head)
        assert [says(side, WHERE) for side in sides] == before


@pytest.mark.thorough(
    "test_both_sides_are_linked_anew_where_asv_has_installed_them",
    "processes/test_gate_pytest_environments.py::"
    "test_an_environment_of_its_own_is_built_from_each_commit",
    "unit/test_gate_build_variables.py::"
    "test_builds_depend_on_what_compilers_read_and_what_the_projects_settings_name",
    "unit/test_gate_keep_objects.py::test_environments_for_tests_are_linked_anew_and_put_back",
    "unit/test_gate_keep_objects.py::"
    "test_a_wheel_for_tests_is_kept_for_its_variables_and_built_again_beside_what_is_installed",
    "unit/test_gate_slot.py::"
    "test_what_a_command_of_the_users_installs_is_the_commits_and_found_again",
    "unit/test_gate_unbuilt.py::test_what_should_be_compiled_and_is_not_is_a_doubt",
)
@pytest.mark.parametrize(
    ("install", "sources"),
    [
        ("", LOCKED_BY_UV),
        (UV_EDITABLE, LOCKED_BY_UV),
        ("", OWN_BACKEND),
        (PIP_EDITABLE, OWN_BACKEND),
        ("", WITH_SETUPTOOLS),
        (PIP_EDITABLE, WITH_SETUPTOOLS),
    ],
    ids=["uv", "uv's editable", "pip", "pip's editable", "setuptools", "setuptools' editable"],
)
def test_environments_for_tests_are_linked_anew_too(
    tmp_path: Path, install: str, sources: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By wheels, each built in an environment of its own, or in the checkout without one."""
    measure_briefly(monkeypatch)
    offered = {}
    if sources is not WITH_SETUPTOOLS:
        offered = pytest_gate.offer_pytest(tmp_path / "offered")
    for name, value in (pytest_gate.LINKED | offered).items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "tiny"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    files = {
        **sources,
        ".gitignore": ".hotloop\n*.so\n*.egg-info\nbuild\n",
        "tiny/__init__.py": "from tiny.fast import answer\n",
        "tests/test_speed.py": "import tiny\ndef test_it(benchmark): benchmark(tiny.answer)\n",
    }
    tiny_project.write(folder, files)
    if sources is LOCKED_BY_UV and UV is not None:
        subprocess.run([UV, "lock", "--quiet", "--python", sys.executable], cwd=folder, check=True)
    tiny_project.commit(folder, "base", {"fast.c": C % ""})
    tiny_project.commit(folder, "an unused function", {"fast.c": C % UNUSED})
    asked = PytestRequest(folder, installs=(install,) if install else ())
    said: list[str] = []
    with prepare_pytest.prepare(Request("HEAD~1", "HEAD"), asked, said.append) as prepared:
        assert prepared.unproved == ()
        before = linked_anew(prepared)
        # Each side's workers find their own.
        with ProcessPairs(prepared.base, prepared.head, lanes_on(1)) as pairs:
            assert pairs.measure(0, prepared.suite.benchmarks[0], 1).log_ratio is not None
            assert pairs.doubts == ()
    built = sum(f"building {prepared.head.revision.commit[:8]}" in each for each in said)
    # Either commit may be the other side's.
    with prepare_pytest.prepare(Request("HEAD", "HEAD~1"), asked, said.append) as prepared:
        assert prepared.unproved == ()
        sides = (prepared.head, prepared.base)
        assert [says(side, WHERE) for side in sides] == before
        # Nor has a second build that fails taken anything away.
        monkeypatch.setenv("CC", "/nowhere/cc")
        assert prepared.layouts is not None
        with pytest.raises(MeasurementError, match="could not be built again"):
            prepared.layouts(lambda _: None).__enter__()
        assert [says(side, WHERE) for side in sides] == before
    assert sum(f"building {prepared.base.revision.commit[:8]}" in each for each in said) == built
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

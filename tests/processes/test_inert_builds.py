"""The inert commits, compiled: the same instructions in every function, the same answers."""

import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from hotloop.gate.build.elf import sections
from scripts.inert import changes, project
from scripts.inert.changes import Code
from tests.parameters import marked

pytestmark = pytest.mark.timeout(600)

FLAGS = [
    *shlex.split(sysconfig.get_config_var("CFLAGS")),
    *("-fPIC", f"-I{sysconfig.get_paths()['include']}", "-g0", "-ffunction-sections"),
]
# Compiles in half the time; what the functions answer is the same.
UNOPTIMISED = {"CFLAGS": "-O0", "NUMBA_OPT": "0"}
FUNCTIONS = {
    "interpreted": "loop dictionary objects calls text",
    "extension": "chain collatz search calls numbers",
    "native": "chain collatz search states calls",
    "jit": "chain collatz search",
}
# Each folder in a fork of one process, which has loaded what both load.
ANSWERS = """
import importlib, json, os, runpy, sys
functions, *places = sys.argv[1:]
asked = json.loads(functions)
importlib.import_module("numba" if "jit" in asked else "Cython.Build")
import setuptools
for place in places:
    if os.fork() == 0:
        os.chdir(place)
        sys.argv = ["setup.py", "-q", "build_ext", "--inplace"]
        sys.path.insert(0, place)
        if "extension" in asked:
            runpy.run_path("setup.py", run_name="__main__")
        package = __import__("inert", fromlist=list(asked))
        pairs = [(getattr(package, name), f) for name in asked for f in asked[name].split()]
        with open("answers.json", "w") as file:
            json.dump({f"{m.__name__}.{f}": int(getattr(m, f)(37)) for m, f in pairs}, file)
        os._exit(0)
    assert os.wait()[1] == 0
"""


ALL_AT_ONCE = pytest.mark.thorough("test_every_function_in_c_has_the_same_instructions")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("inert") / "project"
    project.make(made)
    return made


def exported(folder: Path, branch: str, to: Path) -> Path:
    to.mkdir(parents=True)
    archive = subprocess.run(
        ["git", "archive", branch], cwd=folder, capture_output=True, check=True
    ).stdout
    subprocess.run(["tar", "-x"], input=archive, cwd=to, check=True)
    return to


def machine_code(file: Path) -> dict[str, bytes]:
    """The instructions of each function of a C file, addresses left open."""
    target = file.with_suffix(".o")
    subprocess.run(
        ["gcc", *FLAGS, "-c", str(file), "-o", str(target)],
        check=True,
        capture_output=True,
    )
    content = target.read_bytes()
    shown = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", "--no-addresses", str(target)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = {one.name for one in sections(content) if one.name.startswith(".text.")}
    parts = shown.split("Disassembly of section ")[1:]
    # What is not linked yet has no target, and objdump names what happens to be at 0.
    return {
        name: re.sub(r"<[^>]*>", "", body).encode()
        for name, _, body in (part.partition(":\n") for part in parts)
        if name in names
    }


@pytest.fixture(scope="module")
def before(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    place = exported(folder, "base-1", tmp_path_factory.mktemp("inert") / "base")
    return machine_code(place / project.PACKAGE / Code.C.value)


@pytest.mark.parametrize(
    "kind",
    [
        # Which are all of these at once.
        *marked(ALL_AT_ONCE, *(kind for kind in changes.KINDS if kind != changes.ALL)),
        changes.ALL,
    ],
)
def test_every_function_in_c_has_the_same_instructions(
    folder: Path, before: dict[str, bytes], tmp_path: Path, kind: str
) -> None:
    after = machine_code(
        exported(folder, f"{kind}-1", tmp_path / "head") / project.PACKAGE / Code.C.value
    )
    assert len(before) >= 8
    assert before == {name: after[name] for name in before}


@pytest.mark.thorough(
    "test_every_function_in_c_has_the_same_instructions",
    "unit/test_inert_project.py::test_the_byte_code_of_every_function_stays_the_same",
    "unit/test_inert_project.py::test_the_tokens_of_every_function_in_cython_stay_the_same",
)
@pytest.mark.parametrize("modules", [["interpreted", "extension", "native"], ["jit"]], ids="-".join)
def test_all_answers_are_the_same(folder: Path, tmp_path: Path, modules: list[str]) -> None:
    places = [exported(folder, branch, tmp_path / branch) for branch in ("base-0", "all-3")]
    asked = {name: FUNCTIONS[name] for name in modules}
    subprocess.run(
        [sys.executable, "-c", ANSWERS, json.dumps(asked), *map(str, places)],
        env=os.environ | UNOPTIMISED,
        check=True,
        capture_output=True,
    )
    base, head = (json.loads((place / "answers.json").read_text()) for place in places)
    assert len(base) == sum(len(each.split()) for each in asked.values())
    assert base == head

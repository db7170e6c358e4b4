"""The inert commits, compiled: the same instructions in every function, the same answers."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.gate.build.elf import sections
from scripts.inert import changes, project
from scripts.inert.changes import Code

pytestmark = pytest.mark.timeout(600)

COMPILE = """
import sysconfig, shlex
words = shlex.split(sysconfig.get_config_var("CFLAGS"))
print("\\n".join([*words, "-fPIC", "-I" + sysconfig.get_paths()["include"]]))
"""
# Compiles in half the time; what the functions answer is the same.
UNOPTIMISED = {"CFLAGS": "-O0"}
ANSWERS = """
import json
from inert import extension, interpreted, jit, native
asked = {
    interpreted: "loop dictionary objects calls text",
    extension: "chain collatz search calls numbers",
    native: "chain collatz search states calls",
    jit: "chain collatz search",
}
pairs = [(module, name) for module in asked for name in asked[module].split()]
print(json.dumps({f"{m.__name__}.{f}": int(getattr(m, f)(37)) for m, f in pairs}))
"""


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
    flags = subprocess.run(
        [sys.executable, "-c", COMPILE], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    target = file.with_suffix(".o")
    subprocess.run(
        ["gcc", *flags, "-g0", "-ffunction-sections", "-c", str(file), "-o", str(target)],
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


@pytest.mark.parametrize("kind", changes.KINDS)
def test_every_function_in_c_has_the_same_instructions(
    folder: Path, tmp_path: Path, kind: str
) -> None:
    before = machine_code(
        exported(folder, "base-1", tmp_path / "base") / project.PACKAGE / Code.C.value
    )
    after = machine_code(
        exported(folder, f"{kind}-1", tmp_path / "head") / project.PACKAGE / Code.C.value
    )
    assert len(before) >= 8
    assert before == {name: after[name] for name in before}


def test_all_answers_are_the_same(folder: Path, tmp_path: Path) -> None:
    found = {}
    for branch in ("base-0", "all-3"):
        place = exported(folder, branch, tmp_path / branch)
        command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
        subprocess.run(
            command, cwd=place, env=os.environ | UNOPTIMISED, check=True, capture_output=True
        )
        told = subprocess.run(
            [sys.executable, "-c", ANSWERS], cwd=place, capture_output=True, text=True, check=True
        ).stdout
        found[branch] = json.loads(told)
    assert len(found["base-0"]) == 18
    assert all(answers == found["base-0"] for answers in found.values())

"""Modules that are loaded with parts of another file, in a process of their own as a worker is."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from hotloop.gate.worker import exchange

FILES = {
    "base.py": "LIMIT = 3\ndef work(n): return n * LIMIT\ndef new(n): return n + 7\n",
    "moved.py": "def old(n): return n + 6\n",
    "tiny.py": "LIMIT = 9\ndef work(n): return -n\ndef new(n): return n + 8\n",
}
SAYS = "import tiny; print(tiny.LIMIT, tiny.work(2), tiny.new(2))"
# Any compiled module; which of its copies is loaded is what is asked.
COMPILED = Path(importlib.util.find_spec("psutil._psutil_linux").origin or "")  # type: ignore[union-attr]
LOADS = f"""
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
spec = PathFinder.find_spec({COMPILED.name.partition(".")[0]!r}, ["head"])
module = module_from_spec(spec)
import os
with open("/proc/self/maps") as maps:
    mapped = {{line.split()[-1] for line in maps if {COMPILED.name!r} in line}}
print(*(os.path.relpath(file) for file in mapped), os.path.relpath(module.__spec__.origin))
"""


def said(folder: Path, file: str, parts: Sequence[Sequence[str]], program: str) -> str:
    """What ``program`` says in a process in which ``parts`` of ``file`` are exchanged."""
    wanted = folder / "wanted.json"
    exchanges = [[path, str(folder / other), part] for path, other, part in parts]
    wanted.write_text(json.dumps([[str(folder / file), exchanges]]), encoding="utf-8")
    begins = f"import sys; sys.path.append({str(Path(exchange.__file__).parents[3])!r}); "
    begins += f"from {exchange.__name__} import begin; begin()\n"
    done = subprocess.run(
        [sys.executable, "-S", "-c", begins + program],
        env=os.environ | {exchange.VARIABLE: str(wanted), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([("work", "base.py", "work")], "9 18 10"),
        ([("<module>", "base.py", "<module>")], "3 -2 10"),
        ([("new", "moved.py", "old")], "9 -2 8"),
        ([("work", "base.py", "work"), ("<module>", "base.py", "<module>")], "3 6 10"),
        # In its own place: what the others are compared with.
        ([("work", "tiny.py", "work")], "9 -2 10"),
    ],
    ids=["a function", "the top level", "a function of another name", "two parts", "its own"],
)
def test_parts_of_a_module_come_from_another_file(
    parts: Sequence[Sequence[str]], says: str, tmp_path: Path
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert said(tmp_path, "tiny.py", parts, SAYS) == says


def test_a_whole_file_comes_from_another(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    program = "import tiny; print(tiny.LIMIT, tiny.work(2), tiny.new(2), tiny.__file__)"
    whole = [("", "base.py", "")]
    assert said(tmp_path, "tiny.py", whole, program) == f"3 6 9 {tmp_path / 'tiny.py'}"


def test_a_compiled_module_comes_from_another_file_and_keeps_its_name(tmp_path: Path) -> None:
    for side in ("base", "head"):
        (tmp_path / side).mkdir()
        shutil.copy(COMPILED, tmp_path / side)
    base, head = (f"{side}/{COMPILED.name}" for side in ("base", "head"))
    assert said(tmp_path, head, [("", base, "")], LOADS) == f"{base} {head}"
    assert said(tmp_path, head, [("", head, "")], LOADS) == f"{head} {head}"

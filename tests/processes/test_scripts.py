"""How the programs in scripts/ end where they cannot run."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.simulations import pair_length

SCRIPTS = Path(__file__).parents[2] / "scripts"
PROGRAMS = sorted(
    each.name
    for each in SCRIPTS.iterdir()
    if each.is_file() and each.read_bytes().startswith(b"#!/usr/bin/env python3")
)


# One that says what it lacks, and one that shows its help all the same.
TRIED = ("explain-error-rates", "results")
BEGINNING = """\
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from scripts.frame import program
"""


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_loads_what_it_needs_by_the_frame_that_tells_what_is_missing(name: str) -> None:
    program = ast.parse((SCRIPTS / name).read_text(encoding="utf-8"))
    *beginning, call = map(ast.unparse, program.body[1:])
    assert beginning == BEGINNING.splitlines()
    said = re.fullmatch(r"sys\.exit\(program\('([\w.]+)'\)\)", call)
    assert said is not None
    module = SCRIPTS.joinpath(*said[1].split(".")).with_suffix(".py")
    assert "\ndef main(" in module.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=[]
            if name in TRIED
            else pytest.mark.thorough(
                "test_a_python_without_the_libraries_is_told_what_to_do",
                "test_a_program_loads_what_it_needs_by_the_frame_that_tells_what_is_missing",
            ),
        )
        for name in PROGRAMS
    ],
)
def test_a_python_without_the_libraries_is_told_what_to_do(name: str) -> None:
    # -S: without what is installed, as another Python of the same machine.
    ran = subprocess.run(
        [sys.executable, "-S", SCRIPTS / name, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode == 0:
        assert ran.stdout.startswith(f"usage: {name}")
    else:
        (line,) = ran.stderr.splitlines()
        assert ran.returncode == 2
        assert line.startswith(f"{name}: ")
        assert f"run .venv/bin/python scripts/{name}" in line


@pytest.mark.parametrize("rows", ["0", "-1", "1.5", "nan", "many"])
def test_a_simulation_needs_a_number_of_rows(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        pair_length.main(["--", rows])
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: gate-pair-length")
    assert f"{rows!r}: give a whole number from 1 on" in err

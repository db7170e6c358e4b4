"""Commands that are started with standard descriptors closed, as cron and daemons do."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.base import descriptors

CLOSINGS = [
    " ".join(chosen)
    for count in (1, 2, 3)
    for chosen in itertools.combinations(("<&-", ">&-", "2>&-"), count)
]
ALL = CLOSINGS[-1]
# Each alone and all, of a command that says something, and where one is that has failed.
ALWAYS = {"broker status": ("<&-", ">&-", "2>&-", ALL), "nonsense": ("2>&-", ALL)}
CASES = [
    pytest.param(
        *(words, code, closing),
        marks=()
        if closing in ALWAYS.get(words, ())
        else pytest.mark.thorough("test_a_command_ends_as_it_does_with_all_of_them_open"),
    )
    for words, code in (("broker status", 0), ("nonsense", 2), ("broker stop mine", 2))
    for closing in CLOSINGS
]
COMPARED = Path("tests", "golden", "comparisons", "all_ok.json")


def ended(words: str, closing: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", "-c", f"{sys.executable} -m hotloop {words} {closing}"],
        capture_output=True,
        text=True,
        env={**os.environ, "HOTLOOP_STATE": str(folder)},
        cwd=Path(__file__).parents[2],
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize(("words", "code", "closing"), CASES)
def test_a_command_ends_as_it_does_with_all_of_them_open(
    words: str, code: int, closing: str, tmp_path: Path
) -> None:
    outcome = ended(words, closing, tmp_path)
    assert outcome.returncode == code
    if ">&-" not in closing.replace("2>&-", "") and code == 0:
        assert outcome.stdout == "no broker is running\n"
    if "2>&-" not in closing and code:
        assert outcome.stderr.startswith("hotloop: ")
    assert "Traceback" not in outcome.stdout + outcome.stderr


def test_an_export_is_no_standard_output(tmp_path: Path) -> None:
    stored = tmp_path / "result.json"
    outcome = ended(f"compare --from {COMPARED} --json {stored}", "<&- >&- 2>&-", tmp_path)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "", "")
    assert stored.read_text(encoding="utf-8").startswith("{")


@pytest.mark.thorough(
    "test_an_export_is_no_standard_output", "test_what_is_missing_is_opened_and_inherited"
)
def test_children_get_all_three_and_an_export_is_no_standard_output(tmp_path: Path) -> None:
    stored = tmp_path / "result.json"
    words = f"compare 1 2 --check none --budget 0.02 --json {stored}"
    outcome = ended(words, "<&- >&- 2>&-", tmp_path)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "", "")
    assert stored.read_text(encoding="utf-8").startswith("{")


def test_what_is_missing_is_opened_and_inherited(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, subprocess, sys\n"
        "from hotloop.base import descriptors\n"
        "descriptors.open_missing()\n"
        "print('nowhere'); sys.stdin.read(); sys.stderr.write('nowhere')\n"
        f"with open({str(tmp_path / 'number')!r}, 'w') as file:\n"
        "    code = 'import os; [os.fstat(k) for k in (0, 1, 2)]'\n"
        "    file.write(f'{file.fileno()} {subprocess.call([sys.executable, \"-c\", code])}')\n",
        encoding="utf-8",
    )
    root = str(Path(__file__).parents[2])
    command = f"{sys.executable} {script} <&- >&- 2>&-"
    done = subprocess.run(["sh", "-c", command], env={**os.environ, "PYTHONPATH": root})
    number, child = (tmp_path / "number").read_text(encoding="utf-8").split()
    assert (done.returncode, int(child)) == (0, 0)
    assert int(number) > max(descriptors.STANDARD)

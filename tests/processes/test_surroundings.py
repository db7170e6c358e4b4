"""Processes of the ladder and of tiles import nothing from the folder that the user stands in."""

from pathlib import Path

import pytest

from tests.surroundings import hotloop, set_trap, was_run

COMPUTE = "compute python --size 8x8 --steps 4 --budget 0.1"
# Its process sets are all alike.
IN_ONE_SET = """
import sys
from functools import partial
from hotloop import cli
from hotloop.timing import measure
measure.Plan = partial(measure.Plan, sets=1)
sys.exit(cli.main())
"""


def test_files_of_the_current_folder_are_not_run_by_a_process_set(tmp_path: Path) -> None:
    set_trap(tmp_path)
    done = hotloop(tmp_path, *COMPUTE.split(), program=("-c", IN_ONE_SET))
    assert done.returncode == 0, done.stderr
    assert "process set 1 of 1" in done.stderr
    assert was_run(tmp_path) == []


@pytest.mark.thorough(
    "test_files_of_the_current_folder_are_not_run_by_a_process_set",
    "processes/test_tiles_command.py::test_files_of_the_current_folder_are_not_run_by_workers",
)
@pytest.mark.parametrize(
    "words",
    [COMPUTE, "tiles --size 64x64 --steps 8 --variant numpy --workers 1 --out picture.npy"],
    ids=["compute", "tiles"],
)
def test_files_of_the_current_folder_are_not_run(tmp_path: Path, words: str) -> None:
    set_trap(tmp_path)
    done = hotloop(tmp_path, *words.split())
    assert done.returncode == 0, done.stderr
    assert was_run(tmp_path) == []

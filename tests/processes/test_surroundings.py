"""The compute ladder's processes import nothing from the folder that the user stands in."""

from pathlib import Path

import pytest

from tests.surroundings import hotloop, set_trap, was_run


@pytest.mark.parametrize(
    "words",
    [
        "compute python --size 8x8 --steps 4 --budget 0.1",
        "tiles --size 64x64 --steps 8 --variant numpy --workers 1 --out picture.npy",
    ],
    ids=["compute", "tiles"],
)
def test_files_of_the_current_folder_are_not_run(tmp_path: Path, words: str) -> None:
    set_trap(tmp_path)
    done = hotloop(tmp_path, *words.split())
    assert done.returncode == 0, done.stderr
    assert was_run(tmp_path) == []

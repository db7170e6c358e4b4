"""What a change touches, in projects that run on other Pythons than the gate does."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.affected_projects import Together, Workshop, changes, labels

pytestmark = pytest.mark.timeout(300)
TOUCHING = (
    "the body of a function",
    "a thread without threading",
    "two methods that change places",
)
INERT = "a comment"


def interpreter(version: str) -> str | None:
    """A Python of this version: on PATH, or beside this one, where pyenv keeps them."""
    beside = Path(sys.base_prefix).parent.glob(f"{version}*/bin/python{version}")
    for command in (f"python{version}", *map(str, beside)):
        try:
            subprocess.run([command, "-c", ""], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return command
    return None


# The oldest that can trace, and those whose tracing is another.
@pytest.mark.thorough(
    "test_a_python_that_cannot_count_its_threads_has_all_benchmarks_measured",
    "processes/test_gate_affected.py::test_a_change_that_matters_touches",
)
@pytest.mark.parametrize("version", ["3.9", "3.12", "3.13"])
def test_it_is_found_on_other_pythons_too(version: str, tmp_path: Path) -> None:
    workshop = workshop_of(version, tmp_path)
    together = Together(
        {what: changes("matters")[what] for what in TOUCHING} | {INERT: changes("inert")[INERT]}
    )
    selection = workshop.select(together.base, together.head)
    for what in TOUCHING:
        assert len(together.of(what, selection.touched)) == 1, what
    (inert,) = together.of(INERT, selection.untouched)
    assert {each.label for each in selection.untouched} == {inert, "other.time_other"}


def test_a_python_that_cannot_count_its_threads_has_all_benchmarks_measured(tmp_path: Path) -> None:
    workshop = workshop_of("3.8", tmp_path)
    selection = workshop.select(*changes("inert")[INERT])
    assert not selection.untouched
    assert set(labels(selection.touched).values()) == {
        "not all of it can be traced: this Python does not number its threads, as 3.9 and later do"
    }


def workshop_of(version: str, folder: Path) -> Workshop:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    return Workshop(folder, python)

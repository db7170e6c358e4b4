"""Golden tests: what a person sees, compared with a stored text to the last space.

``NAME.stdout`` and ``NAME.stderr`` beside this file hold what is expected; a file that
is not there means that nothing is. When a text differs, the test fails with a diff and
leaves the actual text as ``NAME.stdout.actual``, which git ignores. If that is what it
should be, move it over the golden file, and read its diff in the commit as code.
"""

import difflib
from pathlib import Path

import pytest

from tests import printed

FOLDER = Path(__file__).parent


@pytest.fixture
def golden() -> printed.Golden:
    """Call it with a name, the text on stdout and the text on stderr."""
    return compare


def compare(name: str, stdout: str, stderr: str = "") -> None:
    """Fail with a diff unless both texts are the stored ones."""
    differences = [
        _difference(FOLDER / f"{name}.stdout", stdout),
        _difference(FOLDER / f"{name}.stderr", stderr),
    ]
    if any(differences):
        pytest.fail("\n".join(filter(None, differences)), pytrace=False)


def _difference(file: Path, actual: str) -> str:
    expected = file.read_text(encoding="utf-8") if file.exists() else ""
    left_behind = file.with_name(f"{file.name}.actual")
    left_behind.unlink(missing_ok=True)
    if actual == expected:
        return ""
    left_behind.write_text(actual, encoding="utf-8")
    lines = difflib.unified_diff(
        expected.splitlines(), actual.splitlines(), file.name, left_behind.name, lineterm=""
    )
    return "\n".join(lines) or f"{file.name} and {left_behind.name} differ in their line ends"

"""Compiled copies of the user's file, kept from run to run."""

from pathlib import Path

import pytest

from hotloop.techniques.builds import Builds, Built, Recipe
from tests.commands import LIMIT_S

pytestmark = [pytest.mark.timeout(LIMIT_S), pytest.mark.usefixtures("compilers")]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's; what is compiled of it is kept in a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CFLAGS", "-O0 -g0")
    return tmp_path / "mine.py"


def test_a_file_that_is_edited_while_it_compiles_is_compiled_again(
    file: Path, tmp_path: Path
) -> None:
    file.write_text("def f():\n    return 1\n")
    recipe = Recipe("Cython", "cython", file, "mine", {"watched": None})
    with Builds(tmp_path) as builds:
        builds.add(recipe)
        file.write_text("def f():\n    return 2\n")
        assert isinstance(builds.finish("Cython"), Built)
    with Builds(tmp_path) as builds:
        builds.add(recipe)
        assert "Cython" not in builds.done
    file.write_text("def f():\n    return 1\n")
    with Builds(tmp_path) as builds:
        builds.add(recipe)
        assert "Cython" in builds.done


@pytest.mark.thorough(
    "unit/test_try_annotated.py::test_what_was_seen_is_written_and_what_its_author_wrote_stays",
    "processes/test_try_functions.py::test_every_technique_is_equal_or_says_why_not",
)
def test_mypyc_takes_a_function_that_its_author_has_annotated(file: Path, tmp_path: Path) -> None:
    file.write_text("def f(n: int) -> int:\n    return n + 1\n")
    whole = {"types": {"int": 1}}
    seen = {"functions": {"f": {"names": {"n": whole}, "returns": {"": whole}}}, "classes": {}}
    with Builds(tmp_path) as builds:
        builds.add(Recipe("mypyc", "mypyc", file, "mine", {"watched": seen}))
        assert isinstance(builds.finish("mypyc"), Built)

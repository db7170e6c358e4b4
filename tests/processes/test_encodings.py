"""The command where the language settings have no UTF-8, and Python may not turn to it."""

import json
from pathlib import Path

from tests import commands, pytest_project

ASCII = commands.ENVIRONMENT | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def test_what_the_terminal_lacks_is_replaced_and_the_exit_code_is_the_documented_one(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "größe"
    folder.mkdir()
    said = commands.hotloop(folder, "compare", "grün.py", environment=ASCII)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == "hotloop: gr?n.py: there is no file gr?n.py\n"
    # A terminal that has it, in the same language settings.
    telling = ASCII | {"PYTHONIOENCODING": "utf-8"}
    said = commands.hotloop(folder, "compare", "grün.py", environment=telling)
    assert said.stderr == "hotloop: grün.py: there is no file grün.py\n"


def test_a_project_in_a_folder_with_umlauts_is_judged_in_ascii(tmp_path: Path) -> None:
    folder = tmp_path / "prö jekt ß"
    speed = pytest_project.SPEED.replace("test_work", "test_größe")
    pytest_project.make(folder, {"tests/test_größe.py": speed})
    result = folder / "ä.json"
    options = ("--pytest", "--environment", "here", "--quick", "--quiet", "--json", str(result))
    words = ("gate", "base", *options, *commands.ONE_LANE)
    said = commands.hotloop(folder, *words, environment=ASCII)
    assert said.returncode == 0, said.stderr
    assert "tests/test_gr??e.py::test_gr??e" in said.stdout
    (row,) = json.loads(result.read_text(encoding="utf-8"))["benchmarks"]
    assert row["name"] == "tests/test_größe.py::test_größe"
    assert row["ratio"] is not None

"""`make results`: which text of a document is measured, and what takes its place."""

import pytest

from hotloop.base.errors import MeasurementError
from scripts.published import command, documents

TABLE = """Mandelbrot 9 x 9

variant  idea         time
python   loop over    1 s
         scalars
limit    multiplies   2 s

! a doubt
"""
DOCUMENT = """# Title

```
$ hotloop compute
old text
```

Words stay.

<!-- rows of: $ hotloop compute: limit -->

```
old rows
```

```
$ hotloop stream faust \\
      --records 10
kept
```

```
$ python -m timeit
not ours
```
"""


def test_the_commands_of_the_documents_are_found() -> None:
    assert documents.commands(DOCUMENT) == ["hotloop compute", "hotloop stream faust --records 10"]
    known = documents.commands(command.RESULTS.read_text())
    assert {"hotloop compute", "hotloop stream"} <= set(known)
    readme = command.DOCUMENTS[1].read_text()
    assert "<!-- rows of: $ hotloop compute: " in readme


def test_outputs_and_rows_are_replaced_and_all_else_stays() -> None:
    renewed = documents.renewed(DOCUMENT, {"hotloop compute": TABLE})
    block = f"```\n$ hotloop compute\n{TABLE}```"
    rows = "```\nvariant  idea         time\nlimit    multiplies   2 s\n```"
    expected = DOCUMENT.replace("```\n$ hotloop compute\nold text\n```", block)
    assert renewed == expected.replace("```\nold rows\n```", rows)
    assert documents.renewed(DOCUMENT, {}) == DOCUMENT


def test_a_row_keeps_the_lines_that_it_goes_on_in() -> None:
    assert documents.chosen(TABLE, ["python"]).splitlines() == [
        "variant  idea         time",
        "python   loop over    1 s",
        "         scalars",
    ]
    with pytest.raises(MeasurementError, match="no row numba"):
        documents.chosen(TABLE, ["numba"])


def test_a_word_that_no_command_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--only", "nonsense"]) == 2
    assert "no command of results.md has that word" in capsys.readouterr().err
    assert command.main(["--only", "faust", "--list"]) == 0
    assert capsys.readouterr().out == "hotloop stream faust --measure sustain,latency\n"


def test_what_cannot_run_here_is_left_out_of_a_command_of_compute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "can_run", lambda name: name != "taichi")
    words = ["compute", "lanes", "taichi", "--size", "9x9"]
    assert command._here(words) == (["compute", "lanes", "--size", "9x9"], ["taichi"])
    assert command._here(["stream", "faust"]) == (["stream", "faust"], [])

"""The record of ``scripts/try-functions`` as a table."""

from pathlib import Path

import pytest

from hotloop.techniques.inside.builder import level_of
from scripts.try_functions.by_hand import FACTORS
from scripts.try_functions.command import falls_short, main, table
from tests.hot_loop_files import FUNCTIONS


def factor(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


def test_all_functions_were_tried_by_hand() -> None:
    assert FACTORS.keys() == FUNCTIONS.keys()


def test_a_factor_falls_short_by_more_than_both_may_err() -> None:
    assert falls_short(factor(50, 40, 52), by_hand=75)
    assert not falls_short(factor(50, 40, 53), by_hand=75)
    assert falls_short({"why": "line 8"}, by_hand=1.7)
    # Nothing is lost with what gains nothing, or what was not done by hand.
    assert not falls_short({"why": "line 8"}, by_hand=1.06)
    assert not falls_short({"why": "line 8"}, by_hand=None)
    assert not falls_short(None, by_hand=2.0)


def test_the_table_has_both_factors_and_names_what_falls_short() -> None:
    line = {
        "file": "edit",
        "seconds": 61.0,
        "first_rows": [1.5, 11.0],
        "rows": {"Cython": factor(2.7, 2.5, 2.9), "pythran": {"why": "line 5: no"}},
    }
    rows = table([line]).splitlines()
    assert rows[2] == (
        "| `edit` | 2.7x / 2.7x | - / 4.9x | - / 3.9x | - / - | - / 1.2x | no / 64x "
        "| 1.5 s and 11 s | 61 s |"
    )
    assert rows[3:] == [
        "Short of it:",
        "edit, pythran: no, by hand 64x",
        "edit: its first rows came after 11 s",
        "edit: 61 s in all",
        "Why not:",
        "edit, pythran: line 5: no",
    ]


@pytest.mark.parametrize(
    ("flags", "level"), [("", "3"), ("-g -O2", "2"), ("-O3 -O0 -DX-O9", "0"), ("-O", "1")]
)
def test_mypyc_optimises_as_cflags_ask(flags: str, level: str) -> None:
    assert level_of(flags) == level


def test_bad_usage_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = str(tmp_path / "none.jsonl")
    assert main([record, "--report"]) == 2
    assert "there is no such record" in capsys.readouterr().err
    assert main([record, "--only", "fob"]) == 2
    assert "--only fob: there is arrays" in capsys.readouterr().err

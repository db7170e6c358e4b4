"""A stored explanation: which can be, and its words."""

import math
from dataclasses import replace

import pytest

from hotloop.gate.explained import sentence_of
from hotloop.gate.explanation import Explanation, FunctionFacts, Ground, in_c, place, times
from tests import gate_runs


@pytest.mark.parametrize(
    ("base", "head", "text"),
    [
        (40_000, 80_000, "2.0 times as often (40,000 -> 80,000)"),
        (0, 200, "200 times, at base never"),
        (1, 0.25, "0.25 times as often (1 -> 0.25)"),
        (3, 0, "3 times at base, at head never"),
        (1, 0, "once at base, at head never"),
        (1, 1200, "1,200 times as often (1 -> 1,200)"),
    ],
)
def test_counts_in_words(base: float, head: float, text: str) -> None:
    assert times(base, head) == text


def test_functions_of_one_name_are_told_apart() -> None:
    assert place("Line.text~2", "parser.py") == "parser.py:Line.text (no. 2 of its name)"


def test_names_of_what_is_written_in_c() -> None:
    assert in_c("<method 'join' of 'str' objects>") == "str.join"
    assert in_c("<built-in method builtins.len>") == "len"
    assert in_c("<built-in method _json.scan>") == "_json.scan"


@pytest.mark.parametrize(
    "change",
    [
        {"low": None},
        {"low": 0.9},
        {"high": math.inf},
        {"attributed": math.nan},
        {"functions": ()},
        {"ground": Ground.SPREAD},
        {"ground": Ground.NOTHING},
        {"spread_over": 3},
        {"seconds": -1.0},
    ],
)
def test_an_explanation_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    told = next(row.explanation for row in gate_runs.EXPLAINED.benchmarks if row.explanation)
    assert told.ground is Ground.FUNCTION
    with pytest.raises(ValueError, match=r"attributed|named|spread|took"):
        replace(told, **change)  # type: ignore[arg-type]


def test_each_of_several_names_has_its_part() -> None:
    functions = tuple(
        FunctionFacts(name, "a.py", 1, 1, share, share, share, change="changed", is_named=True)
        for name, share in (("less", 0.01), ("more", 0.04))
    )
    told = Explanation(Ground.FUNCTION, functions, 0.05, 0.05, 0.05, None, None, (), 1.0)
    said = sentence_of(replace(gate_runs.SLOWER, explanation=told))
    assert "a.py:more (+4.0), a.py:less (+1.0)" in said


def test_what_is_spread_counts_the_parts_that_were_swapped() -> None:
    functions = tuple(
        FunctionFacts(name, "a.py", None if change == "new" else 1, 1, change=change)
        for name, change in zip(
            "vwxyz", ["new", "changed", "changed", "changed", "new"], strict=True
        )
    )
    told = Explanation(Ground.SPREAD, functions, 0.05, 0.04, 0.06, 4, None, (), 1.0)
    said = sentence_of(replace(gate_runs.SLOWER, explanation=told))
    assert said.endswith("spread over 4 parts that changed: a.py:w, a.py:x, a.py:y and 1 more")

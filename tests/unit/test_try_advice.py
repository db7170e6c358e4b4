"""What ``hotloop try`` says in words: where the time is, and which technique to take."""

from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.outcome import Status
from hotloop.compare.contenders import Source
from hotloop.compare.result import ContenderResult, Factor
from hotloop.techniques.advice import advice
from hotloop.techniques.builds import module_name
from hotloop.techniques.hints import hints
from hotloop.techniques.ladder import REFERENCE, RUNGS
from hotloop.techniques.result import Part, Seen, Technique
from tests.golden.test_try_report import stored
from tests.hot_loop_files import path

FILE = str(path("helpers"))
SEEN = Seen(12, ("int",), "int", 1, False, 0, (), (), None, (), None)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Part("points", FILE, 12, 0.9), None),
        (Part("inside", FILE, 4, 0.4), None),
        (
            Part("inside", FILE, 4, 0.82),
            "about 82 % of the time is in inside, line 4: try that, as in  "
            "hotloop try helpers.py:inside",
        ),
        (Part("method", FILE, 4, 0.82), "about 82 % of the time is in method, line 4"),
        (
            Part("sorted", None, 0, 0.6),
            "about 60 % of the time is in sorted, which is compiled already: no technique makes "
            "that part faster",
        ),
        (
            Part("dumps", "/usr/lib/json/__init__.py", 183, 0.6),
            "about 60 % of the time is in dumps of __init__.py: a technique for this file does "
            "not reach that",
        ),
    ],
)
def test_the_part_with_most_of_the_time_is_named(part: Part, said: str | None) -> None:
    source = Source(path=Path(FILE), function="points")
    assert hints(source, replace(SEEN, profile=(part,))) == (() if said is None else (said,))


def rows(**factors: tuple[float, float, float]) -> list[tuple[Technique, ContenderResult]]:
    """The reference, and techniques whose factors are given with their bounds."""
    like = stored("why_not").comparison.contenders[0]
    assert like.status is Status.OK
    known = {rung.name: rung for rung in RUNGS}
    found = []
    for name, bounds in {REFERENCE.name: None, **factors}.items():
        rung = known.get(name, REFERENCE)
        factor = None if bounds is None else Factor("as it is", *bounds, 0.999)
        row = replace(like, name=name, factor=factor)
        found.append((Technique(name, rung.change, rung.cost, None, ()), row))
    return found


def names(said: tuple[str, ...]) -> list[str]:
    return [sentence.partition(":")[0] for sentence in said]


def test_nothing_is_called_faster_whose_interval_holds_less() -> None:
    said = advice(SEEN, rows(**{"numba": (40.0, 0.9, 90.0), "Cython": (1.04, 1.01, 1.06)}))
    assert said == ("none of them is shown to be faster by 5 % or more: leave it as it is",)


def test_a_smaller_change_is_worth_a_little_less() -> None:
    near = advice(SEEN, rows(**{"numba": (20.0, 19.0, 21.0), "mypyc": (24.0, 23.0, 25.0)}))
    assert names(near)[0] == "numba"
    assert near[1] == "with more change: mypyc 24.0x [23.0, 25.0]"
    far = advice(SEEN, rows(**{"numba": (2.0, 1.9, 2.1), "mypyc": (24.0, 23.0, 25.0)}))
    assert names(far)[0] == "mypyc"
    assert far[1] == "with less change: numba 2.00x [1.90, 2.10]"
    assert "equal on this example" in far[0]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("mycode.py", "mycode"),
        ("my-code.py", "my_code"),
        ("3d.py", "file_3d"),
        ("json.py", "json_"),
    ],
)
def test_a_compiled_module_has_a_name_that_python_takes(file: str, name: str) -> None:
    assert module_name(Path(file)) == name

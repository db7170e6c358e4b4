"""Growth exponents and where one contender overtakes another."""

import random
from dataclasses import replace

import pytest

from hotloop.compare.growth import crossings_of, growth_of
from hotloop.compare.page import page
from hotloop.compare.result import Factor, load
from hotloop.timing.record import Measurement, Run
from tests.diffs import COMPARISONS


def measured(name: str, seconds: float, rng: random.Random) -> Measurement:
    runs = tuple(
        Run(name, k, 1, tuple(seconds * rng.uniform(0.99, 1.01) for _ in range(5)), None)
        for k in range(12)
    )
    return Measurement(runs, {}, 1, None, 1.0, 1.0)


def test_the_exponent_is_that_of_the_largest_sizes() -> None:
    rng = random.Random(5)
    # 1 us whatever the size, and 1 ns for each pair of items.
    parts = [(n, measured("f", 1e-6 + 1e-9 * n**2, rng)) for n in (1.0, 10.0, 1e3, 1e4, 1e5)]
    found = growth_of("f", parts)
    assert found is not None
    assert found.sizes == (1e3, 1e4, 1e5)
    assert found.low <= 2.0 <= found.high
    assert found.high - found.low < 0.02
    assert growth_of("g", parts) is None
    assert growth_of("f", parts[:1]) is None


def factor(value: float) -> Factor:
    return Factor("other", value, value * 0.99, value * 1.01, 0.99)


def test_they_cross_where_the_line_between_the_factors_is_1() -> None:
    sizes = [10.0, 1000.0]
    (found,) = crossings_of(["a", "b"], sizes, [{("a", "b"): factor(0.5)}, {("a", "b"): factor(2)}])
    assert (found.faster, found.slower) == ("a", "b")
    assert found.size == pytest.approx(100)
    assert found.low < 100 < found.high


def test_what_is_not_told_apart_is_no_crossing() -> None:
    open_one = [{("a", "b"): factor(0.5)}, {("a", "b"): factor(1.0)}]
    assert crossings_of(["a", "b"], [1.0, 2.0], open_one) == []
    between = [*open_one, {("a", "b"): factor(0.5)}]
    assert crossings_of(["a", "b"], [1.0, 2.0, 3.0], between) == []


def test_a_contender_without_figures_at_a_size_is_named_there() -> None:
    stored = load(COMPARISONS / "one_wrong_one_failed.json")
    rows = tuple(replace(row, size=1000) for row in stored.contenders)
    shown = page(replace(stored, contenders=rows, size_name="n"))
    said = [row.remark for row in shown.tables[0].rows if row.remark is not None]
    names = [row.name for row in rows if row.seconds is None]
    assert len(said) == len(names) > 0
    assert all(text.startswith(f"{name} ") for text, name in zip(said, names, strict=True))

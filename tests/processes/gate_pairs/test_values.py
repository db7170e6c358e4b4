"""Process pairs of the gate: benchmarks that return something, set-up caches and skips."""

import math
from pathlib import Path

import pytest

from hotloop.gate.model import Ending, Timing
from hotloop.gate.pairs.pairs import ProcessPairs
from tests.process_pairs import bench, head_trouble, measured, ratio

pytestmark = pytest.mark.usefixtures("gate_workers")


def test_values_are_compared_as_they_are(pairs: ProcessPairs) -> None:
    expected = {
        "suite.mem_list": 0.0,
        "suite.track_sign": -math.inf,
        "suite.track_appears": math.inf,
    }
    for name, log_ratio in expected.items():
        pair = measured(pairs, bench(name))
        assert ratio(pair) == log_ratio, name
        assert pair.timing is Timing.VALUES


def test_each_combination_of_parameters_is_its_own(pairs: ProcessPairs) -> None:
    values = [measured(pairs, bench("suite.Params.track_sum", place)).base for place in (1, 2)]
    assert values == [11, 20]


def test_a_set_up_cache_is_made_once_for_each_side(pairs: ProcessPairs, notes: Path) -> None:
    benchmarks = [
        bench(f"suite.Cached.{name}", cache="c") for name in ("track_cache", "time_cache")
    ]
    assert measured(pairs, benchmarks[0]).head == 42
    ratio(measured(pairs, benchmarks[1]))
    assert measured(pairs, benchmarks[0], seed=2).base == 42
    assert sorted(notes.read_text().splitlines()) == ["base setup_cache", "head setup_cache"]


def test_a_set_up_cache_that_fails_fails_all_its_benchmarks(pairs: ProcessPairs) -> None:
    for name in ("track_it", "track_too"):
        pair = measured(pairs, bench(f"suite.BrokenCache.{name}", cache="b"))
        assert head_trouble(pair) == (
            Ending.FAILED,
            "setup_cache raised ValueError: no data today",
        )


def test_skips_are_told_from_failures(pairs: ProcessPairs) -> None:
    ending, message = head_trouble(measured(pairs, bench("suite.Skipping.time_it")))
    assert ending is Ending.SKIPPED
    assert "not on this machine" in message
    for name in ("suite.track_skip", "suite.track_nan"):
        pair = measured(pairs, bench(name))
        assert pair.base_trouble is not None
        assert pair.base_trouble.ending is Ending.SKIPPED, name
    nothing = measured(pairs, bench("suite.track_none"))
    assert nothing.base_trouble is not None
    assert nothing.base_trouble.ending is Ending.FAILED

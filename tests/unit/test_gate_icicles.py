"""An explanation's chains of calls as a picture and as lines."""

from dataclasses import replace

import pytest

from hotloop.gate import folded
from hotloop.gate.explanation import Explanation, Ground, Stack
from hotloop.gate.icicles import icicle_of
from tests import gate_runs


def test_an_icicle_is_as_wide_as_the_time_at_head() -> None:
    stacks = (
        Stack(("run",), 1e-3, 1e-3),
        Stack(("run", "work"), 2e-3, 5e-3),
        Stack(("run", "help"), 2e-3, 2e-3),
        Stack(("run", "gone"), 2e-3, 0.0),
    )
    explained = Explanation(Ground.NOTHING, (), None, None, None, None, "why", (), 1.0, stacks)
    icicle = icicle_of(replace(gate_runs.SLOWER, explanation=explained))
    assert icicle is not None
    boxes = {box.name: box for box in icicle.boxes}
    assert set(boxes) == {"run", "work", "help"}
    assert (boxes["run"].depth, boxes["run"].left, boxes["run"].width) == (0, 0, 1)
    assert boxes["work"].width == pytest.approx(5 / 8)
    assert boxes["help"].left == pytest.approx(5 / 8)
    assert (boxes["work"].change, boxes["help"].change) == (1, 0)


def test_an_icicle_of_an_endless_chain_ends() -> None:
    stacks = (Stack(("f",) * 5000, 1.0, 2.0),)
    explained = Explanation(Ground.NOTHING, (), None, None, None, None, "why", (), 1.0, stacks)
    icicle = icicle_of(replace(gate_runs.SLOWER, explanation=explained))
    assert icicle is not None
    assert len(icicle.boxes) < 200


def test_a_benchmark_without_chains_has_no_icicle() -> None:
    assert icicle_of(gate_runs.SLOWER) is None
    explained = Explanation(Ground.NOTHING, (), None, None, None, None, "why", (), 1.0)
    assert icicle_of(replace(gate_runs.SLOWER, explanation=explained)) is None


def test_chains_are_lines_that_other_tools_read() -> None:
    lines = folded.render(gate_runs.EXPLAINED).splitlines()
    chain = ";".join(gate_runs.CHAIN)
    assert lines == [
        f"suite.time_order(3000, 'a|b');base;{chain} 1000000",
        f"suite.time_order(3000, 'a|b');head;{chain} 1100000",
    ]

"""The spread between builds comes out as it was put in, and the tables count right."""

import functools
import random
from dataclasses import replace

import pytest

from scripts.inert import command, project, report
from scripts.inert.changes import Code
from scripts.inert.record import Run
from scripts.inert.spread import Compared, Spread, spread

SEARCH, LOOP = "native.time_search", "interpreted.time_loop"
RUN = Run(
    tool="hotloop gate",
    kind="order",
    base="base-0",
    head="order-0",
    slower=(),
    faster=(),
    undecided=(),
    ratios={SEARCH: 1.0, LOOP: 1.0},
    exit_code=0,
    seconds=30.0,
    building_seconds=5.0,
    started=1.7e9,
    load=(0.5, 1.5),
    pairs={SEARCH: (0.001, -0.001, 0.0), LOOP: (0.002, -0.001, 0.0)},
)


def runs(builds: float, noise: float, seed: int, bases: int = 4, heads: int = 6) -> list[Compared]:
    """Each base with its heads, eleven pairs each; offsets and noise are normal."""
    chance = random.Random(seed)
    found = []
    for base in range(bases):
        of_base = chance.gauss(0, builds)
        for head in range(heads):
            centre = chance.gauss(0, builds) - of_base
            pairs = tuple(centre + chance.gauss(0, noise) for _ in range(11))
            found.append(Compared(f"base-{base}", f"head-{base}-{head}", pairs))
    return found


@functools.cache
def spreads(builds: float, noise: float) -> list[Spread | None]:
    return [spread(runs(builds, noise, seed)) for seed in range(60)]


again = pytest.mark.thorough("test_the_interval_contains_the_truth_in_nineteen_of_twenty")


@pytest.mark.parametrize(
    ("builds", "noise"),
    [pytest.param(0.02, 0.005, marks=again), (0.003, 0.005), (0.0, 0.005)],
)
def test_the_interval_contains_the_truth_in_nineteen_of_twenty(builds: float, noise: float) -> None:
    found = spreads(builds, noise)
    inside = sum(one is not None and one.low <= builds <= one.high for one in found)
    # The chance of fewer than 50 is below one in a thousand.
    assert inside >= 50


def test_the_estimate_is_near_the_truth() -> None:
    found = spreads(0.02, 0.005)
    mean = sum(one.builds for one in found if one) / len(found)
    assert mean == pytest.approx(0.02, rel=0.1)
    assert all(one is not None and one.pairs == pytest.approx(0.005, rel=0.25) for one in found)


def test_one_run_shows_no_spread() -> None:
    assert spread(runs(0.02, 0.005, 1)[:1]) is None
    assert spread([Compared("a", "b", (0.1,)), Compared("a", "c", (0.2,))]) is None


def test_flags_are_counted_as_built_and_at_the_end() -> None:
    again = replace(RUN, as_built={SEARCH: (0.2, 0.21, 0.19)})
    kept = replace(again, slower=(SEARCH,), exit_code=1)
    told = report.render([RUN, again, kept])
    assert "| hotloop gate | 3 | 2 | 1 | at most" in told
    order = "| hotloop gate | order | 3 | 0, 0 of 3 | 0, 0 of 0 | 2, 1 of 3 | 0, 0 of 0 |"
    assert order in told


def test_the_spread_is_that_of_the_builds_as_they_are() -> None:
    again = replace(RUN, head="order-1", as_built={SEARCH: (0.2, 0.21, 0.19)})
    told = report.render([RUN, again])
    (row,) = [line for line in told.splitlines() if line.startswith(f"| C | {SEARCH}")]
    assert row.startswith(f"| C | {SEARCH} | 3 | 2 |")
    assert row.endswith("| +20.00 |")


def test_slower_runs_have_a_table_of_their_own() -> None:
    slower = replace(RUN, kind=project.SLOWER, head="slower-0", slower=(SEARCH,), exit_code=1)
    told = report.render([slower])
    assert "| hotloop gate | 1 | 0 of 1 | 0 of 0 | 1 of 1 | 0 of 0 | 30 |" in told
    assert "no runs yet" in told


def test_those_with_the_fewest_runs_come_next() -> None:
    done = [
        replace(RUN, kind=each.kind, base=each.base, head=each.head)
        for each in project.comparisons()
        if each.head != "names-2"
    ]
    assert command.next_one(done, "hotloop gate", slower=False).head == "names-2"
    assert command.next_one(done, "asv", slower=False) in project.comparisons()
    assert command.next_one(done, "hotloop gate", slower=True).kind == project.SLOWER


def test_every_kind_of_code_has_a_module_of_benchmarks() -> None:
    for code in Code:
        assert (project.TEMPLATE / "benchmarks" / f"{code.module}.py").exists()

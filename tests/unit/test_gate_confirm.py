"""What is flagged where compiled code differs is measured again, and that decides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import pytest

from hotloop.base.clock import ManualClock
from hotloop.base.errors import MeasurementError
from hotloop.gate.build.layouts import Layouts, differing
from hotloop.gate.build.placing import NotPlaceable
from hotloop.gate.build.process import Say
from hotloop.gate.confirm import Again, confirm
from hotloop.gate.model import (
    Benchmark,
    Contender,
    Ending,
    Kind,
    Pair,
    Proof,
    Revision,
    Side,
    Stop,
    Timing,
    Trouble,
)
from hotloop.gate.pairs.executor import ScriptedPairs
from hotloop.gate.rule import decide
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.findings import Campaign, conclude
from hotloop.gate.rule.limits import ALLOWANCE_PAIRS, Limits
from hotloop.gate.verdicts import Verdict
from tests.campaigns import verdicts

RULE = Rule(false_alarms=0.01, floor=0.005, margin=0.015, benchmarks=8)
LIBRARY = "tiny/fast.so"
PAIRS = 30
Script = Callable[[int], Pair]


def pair(log_ratio: float) -> Pair:
    return Pair(Timing.TURNS, log_ratio, 1.0, 1.0, 10, 1, 0.5)


def around(log_ratio: float) -> Script:
    return lambda number: pair(log_ratio + 0.0001 * (number % 5 - 2))


def contender(side: Side, digest: str) -> Contender:
    return Contender(
        side,
        Revision("a" * 40, side.value, "A change"),
        "virtualenv",
        Path("/nowhere/python"),
        Path("/nowhere/benchmarks"),
        proof=Proof(compiled={LIBRARY: digest}),
    )


def campaign(ratios: Mapping[str, float], kind: Kind = Kind.TIME) -> Campaign:
    """As built."""
    findings = tuple(
        conclude(
            Benchmark(name, (), None, kind, "seconds", 60.0),
            [around(ratio)(number) for number in range(PAIRS)],
            RULE,
        )
        for name, ratio in ratios.items()
    )
    return Campaign(findings, Stop.DECIDED, 10.0, RULE.benchmarks)


class Linked(Layouts):
    """Layouts that link nothing and remember what they were asked."""

    def __init__(self, uncovered: Mapping[str, str] | None = None) -> None:
        self.uncovered = dict(uncovered or {})
        self.seeds: list[int] = []
        self.left = False

    def __enter__(self) -> Self:
        return self

    def lay(self, seed: int) -> None:
        self.seeds.append(seed)

    def __exit__(self, *_: object) -> None:
        self.left = True


@dataclass
class Bench:
    """Everything that measuring again needs, with pairs as scripted."""

    again: Mapping[str, Script] = field(default_factory=dict)
    layouts: Linked = field(default_factory=Linked)
    digests: tuple[str, str] = ("one", "other")
    builds: int = 0

    def build(self, progress: Say) -> Layouts:
        self.builds += 1
        progress("Building")
        return self.layouts

    def confirm(
        self, first: Campaign, layouts: Callable[[Say], Layouts] | None = None
    ) -> tuple[Campaign, tuple[str, ...]]:
        clock = ManualClock()
        again = Again(
            contender(Side.BASE, self.digests[0]),
            contender(Side.HEAD, self.digests[1]),
            layouts or self.build,
            lambda: ScriptedPairs(self.again, lambda s: clock.sleep_ns(round(s * 1e9))),
            Limits(),
            clock,
            seed=1,
        )
        return confirm(first, RULE, again, lambda _what, _done: None)


def test_what_only_its_addresses_made_slower_is_not_flagged() -> None:
    bench = Bench({"a": around(0.0)})
    first = campaign({"a": 0.12, "b": 0.0})
    assert verdicts(first) == {"a": Verdict.SLOWER, "b": Verdict.SAME}
    found, warnings = bench.confirm(first)
    assert verdicts(found) == {"a": Verdict.SAME, "b": Verdict.SAME}
    assert warnings == ()
    a, b = found.findings
    assert a.as_built is first.findings[0]
    assert b is first.findings[1]
    assert found.elapsed_s > first.elapsed_s
    assert bench.layouts.left


def test_what_is_slower_at_every_address_stays_slower_with_the_new_figures() -> None:
    bench = Bench({"a": around(0.03)})
    found, _ = bench.confirm(campaign({"a": 0.12}))
    (finding,) = found.findings
    assert finding.verdict is Verdict.SLOWER
    assert finding.judgement is not None
    assert finding.judgement.ratio == pytest.approx(1.0305, abs=0.001)


def test_a_flag_takes_as_many_layouts_as_all_benchmarks_together_ask_for() -> None:
    bench = Bench({"a": around(0.03)})
    found, _ = bench.confirm(campaign({"a": 0.12}))
    (finding,) = found.findings
    # Alone it would need fewer: the level is that of one of eight.
    assert finding.judgement is not None
    assert finding.judgement.pairs == RULE.first_look
    assert decide.judge(RULE, finding.log_ratios) == finding.judgement
    assert len(set(bench.layouts.seeds)) == len(finding.pairs)


def test_faster_is_a_flag_too() -> None:
    found, _ = Bench({"a": around(0.0)}).confirm(campaign({"a": -0.2}))
    assert verdicts(found) == {"a": Verdict.SAME}


def test_layouts_that_scatter_leave_it_undecided() -> None:
    scattered: Script = lambda number: pair(0.3 * (-1) ** (number // 2))  # noqa: E731
    found, _ = Bench({"a": scattered}).confirm(campaign({"a": 0.12}))
    assert verdicts(found) == {"a": Verdict.UNDECIDED}
    # Not before it has had more pairs than is usual.
    assert len(found.findings[0].pairs) > ALLOWANCE_PAIRS


@pytest.mark.parametrize(
    ("ratios", "digests", "kind"),
    [
        ({"a": 0.0}, ("one", "other"), Kind.TIME),
        ({"a": 0.12}, ("one", "one"), Kind.TIME),
        ({"a": 0.12}, ("one", "other"), Kind.PEAK_MEMORY),
    ],
)
def test_nothing_is_built_again_where_nothing_is_flagged_or_no_address_matters(
    ratios: Mapping[str, float], digests: tuple[str, str], kind: Kind
) -> None:
    bench = Bench(digests=digests)
    first = campaign(ratios, kind)
    assert bench.confirm(first) == (first, ())
    assert bench.builds == 0


@pytest.mark.parametrize("error", [NotPlaceable("no linker"), MeasurementError("no compiler")])
def test_where_it_cannot_be_linked_anew_the_flag_stays_and_is_doubted(error: Exception) -> None:
    def refuse(_progress: Say) -> Layouts:
        raise error

    first = campaign({"a": 0.12, "b": 0.2, "c": 0.3})
    found, (warning,) = Bench().confirm(first, refuse)
    assert found is first
    assert "all that changed a, b and 1 more" in warning
    assert LIBRARY in warning
    assert str(error) in warning


def test_a_library_that_could_not_be_linked_casts_doubt_on_what_is_still_flagged() -> None:
    bench = Bench(
        {"a": around(0.03), "b": around(0.0)}, Linked({LIBRARY: "made by another linker"})
    )
    found, (warning,) = bench.confirm(campaign({"a": 0.12, "b": 0.2}))
    assert verdicts(found) == {"a": Verdict.SLOWER, "b": Verdict.SAME}
    assert "all that changed a:" in warning
    assert "made by another linker" in warning


def test_a_linker_that_refuses_in_the_middle_leaves_the_first_figures() -> None:
    class Refusing(Linked):
        def lay(self, seed: int) -> None:
            super().lay(seed)
            if len(self.seeds) == 3:
                raise NotPlaceable("ld ends with code 1")

    bench = Bench({"a": around(0.0)}, Refusing())
    first = campaign({"a": 0.12})
    found, (warning,) = bench.confirm(first)
    assert found is first
    assert "ld ends with code 1" in warning
    assert bench.layouts.left


def test_what_breaks_where_it_is_linked_anew_keeps_its_first_verdict() -> None:
    trouble = Trouble(Ending.FAILED, "ended by SIGSEGV")
    crashed: Script = lambda _number: Pair(  # noqa: E731
        Timing.TURNS, None, None, None, 0, 0, 0.5, head_trouble=trouble
    )
    bench = Bench({"a": crashed, "b": around(0.0)})
    first = campaign({"a": 0.12, "b": 0.2, "c": 0.0})
    found, (warning,) = bench.confirm(first)
    assert verdicts(found) == {"a": Verdict.SLOWER, "b": Verdict.SAME, "c": Verdict.SAME}
    assert found.findings[0] is first.findings[0]
    assert "all that changed a:" in warning
    assert "linked so, a gave no figures" in warning
    assert "SIGSEGV" in warning


@pytest.mark.parametrize(
    ("base", "head", "pairs"),
    [
        ({"a/f.so": "1"}, {"b/f.so": "1"}, {}),
        ({"a/f.so": "1"}, {"b/f.so": "2"}, {"b/f.so": "a/f.so"}),
        ({"f.so": "1", "c.so": "1"}, {"g.so": "2", "c.so": "2"}, {"g.so": "f.so", "c.so": "c.so"}),
        ({"f.so": "1", "h.so": "2"}, {"g.so": "3"}, {"g.so": None}),
        ({"f.so": "1"}, {"f.so": "1", "g.so": "2"}, {}),
    ],
    ids=["moved", "moved and changed", "renamed", "of several", "new"],
)
def test_a_library_that_was_moved_is_compared_with_what_it_was(
    base: dict[str, str], head: dict[str, str], pairs: dict[str, str | None]
) -> None:
    sides = [
        replace(contender(side, ""), proof=Proof(compiled=compiled))
        for side, compiled in ((Side.BASE, base), (Side.HEAD, head))
    ]
    assert differing(*sides) == pairs


def test_an_interrupted_second_build_keeps_what_was_measured() -> None:
    def interrupt(_progress: Say) -> Layouts:
        raise KeyboardInterrupt

    first = campaign({"a": 0.12, "b": 0.0})
    found, (warning,) = Bench().confirm(first, interrupt)
    assert found.stop is Stop.INTERRUPTED
    assert found.findings == first.findings
    assert "interrupted" in warning

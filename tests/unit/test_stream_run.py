"""The order of a measurement, from a lab that answers from a script, without Kafka or time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from hotloop.base.clock import ManualClock
from hotloop.base.errors import MeasurementError
from hotloop.streams.lab import Fill
from hotloop.streams.loads import GUESS_RECORDS, LATENCY, SUSTAIN, Loads
from hotloop.streams.measures import DRAIN
from hotloop.streams.rebalances import REBALANCE, Group, Rebalances
from hotloop.streams.run import (
    BUDGET_S,
    DEFAULT_RECORDS,
    INTERRUPTED,
    LIMIT,
    SHORTEST_STRETCH_S,
    STRETCH_S,
    Contender,
    Plan,
    Records,
    measure,
)
from stream.consume.job import GroupProtocol
from stream.faults.handover import Cost
from stream.faults.rebalance import Event, Rebalanced
from stream.measure.drain import Drained
from stream.measure.figures import Latency
from stream.measure.search import Answer, LimitedBy
from stream.measure.sustain import LatencyAt, Sustained
from tests.streams import CLEAN, REPORT, SESSIONS_S, drained

S = 1_000_000_000


@dataclass
class ScriptedLab:
    """``rates``: of each variant's runs, in turn, over and over; an exception is raised instead.

    ``overhead_s``: what every run takes besides its stretch.
    """

    clock: ManualClock
    rates: dict[str, Sequence[float | BaseException]]
    overhead_s: float = 1.0
    sustained_per_s: float | None = 700.0
    broken: Exception | None = None
    log: list[str] = field(default_factory=list)
    turns: dict[str, int] = field(default_factory=dict)

    def fill(self, records: int) -> Fill:
        self.log.append(f"fill {records}")
        return Fill(records, 200_000.0, 3.0)

    def drain(self, variant: str, workers: int, stretch_s: float | None) -> Drained:
        self.log.append(f"{variant} x{workers} {stretch_s}")
        rate = self._next(variant, stretch_s)
        return drained(100, rate, cpu=0.1, broker_cpu=0.01)

    def raw_fetch(self, stretch_s: float | None) -> float:
        self.log.append(f"raw {stretch_s}")
        return self._next(LIMIT, stretch_s)

    def perf_test(self) -> float:
        self.log.append("perf")
        return 300_000.0

    def search(self, variant: str, first_per_s: float, say: Callable[[str], None]) -> Sustained:
        self.log.append(f"search {variant} from {first_per_s:g}")
        return Sustained(Answer(self.sustained_per_s, 720.0, LimitedBy.CONSUMER), (), CLEAN)

    def latency_at(self, variant: str, offered_per_s: float) -> LatencyAt:
        self.log.append(f"latency {variant} at {offered_per_s:g}")
        nothing = LimitedBy.NOTHING.value
        latency = Latency(offered_per_s, 100, 0.001, 0.002, 0.003, 0.004, 0.005, 0, nothing)
        return LatencyAt(latency, CLEAN)

    def rebalance(
        self, variant: str, protocol: GroupProtocol, say: Callable[[str], None]
    ) -> Rebalanced:
        self.log.append(f"rebalance {variant} {protocol.value}")
        self.rates.setdefault(f"{variant} {protocol.value}", [1.0])
        self._next(f"{variant} {protocol.value}", None)
        return Rebalanced(0.01, dict.fromkeys(Event, Cost(1.0, None, 2.0, 3)), CLEAN, REPORT)

    def check(self) -> None:
        if self.broken is not None:
            raise self.broken

    def _next(self, name: str, stretch_s: float | None) -> float:
        turn = self.turns.get(name, 0)
        self.turns[name] = turn + 1
        self.clock.time_ns += int((self.overhead_s + (stretch_s or 1.0)) * S)
        script = self.rates[name]
        answer = script[turn % len(script)]
        if isinstance(answer, BaseException):
            raise answer
        return answer


def plan(*variants: str, **changes: object) -> Plan:
    given: dict[str, object] = {
        "variants": variants,
        "protocols": dict.fromkeys(variants, tuple(GroupProtocol)[:2]),
        "sessions_s": SESSIONS_S,
        "measures": frozenset({DRAIN}),
        "records": None,
        "all_workers": 1,
        "workers": 1,
        "runs": 5,
        "seed": 7,
    }
    return Plan(**(given | changes))  # type: ignore[arg-type]


def run(plan: Plan, **lab: object) -> tuple[Records, ScriptedLab]:
    clock = ManualClock()
    rates: dict[str, object] = {name: [100.0] for name in (*plan.variants, LIMIT)}
    scripted = ScriptedLab(clock, rates | lab.pop("rates", {}), **lab)  # type: ignore[arg-type, operator]
    return measure(plan, scripted, clock, lambda what, done: None), scripted


def test_every_round_has_every_contender_once_and_the_order_is_random() -> None:
    _, lab = run(plan("a", "b", "c"))
    assert lab.log[0] == f"fill {DEFAULT_RECORDS}"
    assert lab.log[-1] == "perf"
    names = [line.split()[0] for line in lab.log[1:-1]]
    rounds = [names[k : k + 4] for k in range(0, len(names), 4)]
    assert len(rounds) == 5
    assert all(sorted(one) == ["a", "b", "c", "raw"] for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1


def test_the_seed_fixes_the_order() -> None:
    logs = [run(plan("a", "b", "c", seed=seed))[1].log for seed in (7, 7, 8)]
    assert logs[0] == logs[1] != logs[2]


def test_where_there_is_time_every_stretch_is_whole() -> None:
    _, lab = run(plan("a"))
    assert {line.split()[-1] for line in lab.log if line.startswith("a")} == {str(STRETCH_S)}


def test_stretches_are_shortened_after_the_first_round_to_end_within_the_budget() -> None:
    records, lab = run(plan(*"abcdefghijk"), overhead_s=2.0)
    stretches = [float(line.split()[-1]) for line in lab.log if " x1 " in line]
    assert set(stretches[:11]) == {STRETCH_S}
    assert all(SHORTEST_STRETCH_S < stretch < STRETCH_S for stretch in stretches[11:])
    assert lab.clock.time_ns / S <= BUDGET_S
    assert len(records.rates(Contender("a", 1))) == 5


def test_a_machine_that_becomes_slow_on_the_way_still_ends_within_the_budget() -> None:
    class Slowing(ScriptedLab):
        def perf_test(self) -> float:
            return 1.0

        def _next(self, name: str, stretch_s: float | None) -> float:
            self.overhead_s += 0.02
            return super()._next(name, stretch_s)

    asked = plan(*"abcdefghijk")
    clock = ManualClock()
    lab = Slowing(clock, {name: [100.0] for name in (*asked.variants, LIMIT)}, overhead_s=0.8)
    measure(asked, lab, clock, lambda what, done: None)
    assert clock.time_ns / S <= BUDGET_S


def test_a_stretch_is_never_shorter_than_what_says_something() -> None:
    _, lab = run(plan(*"abcdefghijk"), overhead_s=9.0)
    assert lab.log[-2].endswith(str(SHORTEST_STRETCH_S))


def test_a_fixed_number_of_records_is_filled_and_read_whole() -> None:
    _, lab = run(plan("a", records=5_000))
    assert lab.log[0] == "fill 5000"
    assert {line.split()[-1] for line in lab.log[1:-1]} == {"None"}


def test_a_wide_interval_gets_more_runs_and_a_narrow_one_none() -> None:
    wide = [100.0, 140.0, 90.0, 100.0, 101.0]
    records, _ = run(plan("steady", "wide"), rates={"wide": wide})
    assert len(records.rates(Contender("steady", 1))) == 5
    assert 5 < len(records.rates(Contender("wide", 1))) <= 10


def test_more_runs_stop_as_soon_as_the_interval_is_narrow() -> None:
    rates = [80.0, 100.0, 100.0, 100.0, 121.0, 100.0, 100.0, 100.0, 100.0, 100.0]
    records, _ = run(plan("a"), rates={"a": rates})
    # Eight runs allow an interval without the two extremes.
    assert len(records.rates(Contender("a", 1))) == 8


def test_several_workers_are_compared_with_one_in_the_same_rounds() -> None:
    records, lab = run(plan("a", workers=2, all_workers=2))
    assert len(records.rates(Contender("a", 1))) == len(records.rates(Contender("a", 2))) == 5
    names = [line.rsplit(" ", 1)[0] for line in lab.log[1:-1]]
    assert sorted(names[:3]) == ["a x1", "a x2", "raw"]


def test_several_workers_are_stopped_by_time_even_where_records_are_fixed() -> None:
    _, lab = run(plan("a", workers=2, all_workers=2, records=5_000))
    assert "None" not in {line.split()[-1] for line in lab.log if line.startswith("a")}


def test_a_failure_costs_its_own_variant_and_keeps_what_it_had() -> None:
    records, lab = run(plan("good", "bad"), rates={"bad": [100.0, MeasurementError("it hung")]})
    assert records.failures == {"bad": "it hung"}
    assert len(records.rates(Contender("bad", 1))) == 1
    assert len(records.rates(Contender("good", 1))) == 5
    assert sum(line.startswith("bad") for line in lab.log) == 2


def test_a_failing_raw_fetch_costs_the_limit_alone() -> None:
    records, _ = run(plan("a"), rates={LIMIT: [MeasurementError("no fetch")]})
    assert records.failures == {LIMIT: "no fetch"}
    assert len(records.rates(Contender("a", 1))) == 5


def test_a_dead_broker_ends_the_run_and_costs_all_that_was_to_come() -> None:
    records, lab = run(
        plan("a", "b"),
        rates={"b": [100.0, MeasurementError("connection lost")]},
        broken=MeasurementError("broker 1 ended"),
    )
    assert records.failures == {"b": "connection lost", "a": "broker 1 ended"}
    assert lab.log[-1].startswith("b")


def test_a_fill_that_fails_is_the_reason_of_every_variant() -> None:
    class NoFill(ScriptedLab):
        def fill(self, records: int) -> Fill:
            raise MeasurementError("no load")

    clock = ManualClock()
    records = measure(plan("a", "b"), NoFill(clock, {}), clock, lambda what, done: None)
    assert records.failures == {"a": "no load", "b": "no load"}


def test_nothing_is_asked_of_the_lab_where_nothing_can_run() -> None:
    records, lab = run(plan())
    assert (lab.log, records.failures) == ([], {})


def test_a_search_begins_below_the_drain() -> None:
    _, lab = run(plan("a", measures=frozenset({DRAIN, SUSTAIN})))
    assert lab.log[-1] == "search a from 75"


def test_a_search_begins_no_higher_than_any_generator_sends() -> None:
    both = frozenset({DRAIN, SUSTAIN})
    _, lab = run(plan("a", measures=both, records=1_000), rates={"a": [8_450_000.0]})
    assert lab.log[-1] == "search a from 300000"


def test_a_search_without_a_drain_takes_a_short_one_first() -> None:
    records, lab = run(plan("a", measures=frozenset({SUSTAIN})))
    assert lab.log == [f"fill {GUESS_RECORDS}", "a x1 1.0", "search a from 75"]
    assert records.rates(Contender("a", 1)) == []
    assert len(records.accounts["a"]) == 2


def test_latency_is_measured_at_shares_of_what_was_sustained() -> None:
    records, lab = run(plan("a", measures=frozenset({LATENCY})))
    assert lab.log[-3:] == ["latency a at 350", "latency a at 490", "latency a at 630"]
    assert len(records.part(Loads).latencies["a"]) == 3
    assert len(records.accounts["a"]) == 5


def test_a_variant_that_sustains_nothing_has_no_latency_and_a_reason() -> None:
    records, lab = run(plan("a", measures=frozenset({LATENCY})), sustained_per_s=None)
    assert records.failures == {"a": "a sustained none of 0 offered rates"}
    assert not any(line.startswith("latency") for line in lab.log)


REBALANCES = frozenset({REBALANCE})


def test_every_group_is_rebalanced_once_a_round_in_random_order_and_nothing_is_filled() -> None:
    records, lab = run(plan("a", "b", measures=REBALANCES))
    rounds = [tuple(lab.log[k : k + 4]) for k in range(0, len(lab.log), 4)]
    every = [f"rebalance {name} {one}" for name in "ab" for one in ("cooperative", "eager")]
    assert all(sorted(one) == every for one in rounds)
    assert len(rounds) == 5
    assert len(set(rounds)) > 1
    assert {len(runs) for runs in records.part(Rebalances).found.values()} == {5}
    assert len(records.accounts["a"]) == 10
    assert records.has_figures


def test_a_protocol_that_fails_costs_no_other_and_keeps_what_it_had() -> None:
    records, lab = run(
        plan("a", measures=REBALANCES), rates={"a eager": [1.0, MeasurementError("no member")]}
    )
    eager, cooperative = (Group("a", one) for one in tuple(GroupProtocol)[:2])
    rebalances = records.part(Rebalances)
    assert (rebalances.failures, records.failures) == ({eager: "no member"}, {})
    assert [len(rebalances.found[one]) for one in (eager, cooperative)] == [1, 5]
    assert lab.log.count("rebalance a eager") == 2


def test_an_interruption_keeps_the_rebalances_and_says_what_is_missing() -> None:
    records, _ = run(
        plan("a", "b", measures=REBALANCES), rates={"b eager": [1.0, KeyboardInterrupt()]}
    )
    assert records.is_interrupted
    assert records.failures == dict.fromkeys("ab", INTERRUPTED)
    assert records.has_figures


@pytest.mark.parametrize("variants", [1, 11, 30])
def test_the_expected_time_of_a_drain_is_kept_within_a_fifth(variants: int) -> None:
    asked = plan(*(f"v{k}" for k in range(variants)))
    clock = ManualClock()
    lab = ScriptedLab(clock, {name: [100.0] for name in (*asked.variants, LIMIT)}, overhead_s=1.7)
    measure(asked, lab, clock, lambda what, done: None)
    assert clock.time_ns / S <= asked.expected_s() * 1.2


def test_progress_never_reaches_the_end_before_the_end() -> None:
    told: list[float] = []
    asked = plan("a", "b")
    clock = ManualClock()
    lab = ScriptedLab(clock, {name: [100.0] for name in ("a", "b", LIMIT)}, overhead_s=30.0)
    measure(asked, lab, clock, lambda what, done: told.append(done))
    assert told == sorted(told)
    assert max(told) < 1

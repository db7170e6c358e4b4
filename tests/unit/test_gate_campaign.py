"""Who gets the next pair, and when sampling stops: whole campaigns without processes."""

import itertools
import math
import random
import re
from dataclasses import replace
from threading import Barrier, Event

import pytest

from hotloop.base.clock import ManualClock
from hotloop.gate.model import LARGEST_BATCH, Pair, Stop
from hotloop.gate.pairs.executor import ScriptedPairs
from hotloop.gate.rule import campaign, findings, limits
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.limits import Limits
from hotloop.gate.verdicts import Verdict
from tests.campaigns import (
    PAIR_S,
    Play,
    benchmark,
    good,
    measured,
    noisy,
    run,
    verdicts,
)


def test_sampling_ends_when_every_benchmark_is_decided() -> None:
    done, _ = run({"a": noisy(0.0, 0.003), "b": noisy(0.03, 0.003)})
    assert verdicts(done) == {"a": Verdict.SAME, "b": Verdict.SLOWER}
    assert done.stop is Stop.DECIDED
    assert [len(entry.pairs) for entry in done.findings] == [5, 9]


def test_pairs_of_all_benchmarks_are_spread_over_the_whole_run() -> None:
    _, pairs = run({name: noisy(0.0, 0.003) for name in "abcd"})
    order = measured(pairs)
    for wave in range(5):
        assert sorted(order[4 * wave : 4 * wave + 4]) == ["a", "b", "c", "d"]
    assert len({tuple(order[4 * w : 4 * w + 4]) for w in range(5)}) > 1


def test_a_wave_takes_the_benchmarks_of_a_module_in_a_row_and_alike() -> None:
    names = [f"{module}.time_{n}" for module in "xyz" for n in range(3)]
    _, pairs = run({name: noisy(0.0, 0.003) for name in names})
    visits = list(zip(measured(pairs), pairs.seeds, strict=True))
    for start in range(0, len(visits), 3):
        batch = visits[start : start + 3]
        assert len({name[0] for name, _ in batch}) == 1
        assert len({seed for _, seed in batch}) == 1
    assert len(set(pairs.seeds)) == len(visits) / 3
    assert pairs.following == [2, 1, 0] * (len(visits) // 3)


def test_a_long_module_is_shared_out_in_parts() -> None:
    names = [f"x.time_{n}" for n in range(LARGEST_BATCH + 1)]
    _, pairs = run({name: noisy(0.0, 0.003) for name in names}, Limits(pairs=1))
    assert len(set(pairs.seeds)) == 2


def test_every_lane_measures_at_once() -> None:
    both = Barrier(2)

    def meet(_number: int) -> Pair:
        both.wait(timeout=60)
        return good(0.0)

    done, _ = run({"a": meet, "b": meet}, Limits(pairs=3), lanes=2)
    assert [len(entry.pairs) for entry in done.findings] == [3, 3]


def test_a_pair_under_way_of_a_benchmark_that_is_decided_is_cancelled_and_not_counted() -> None:
    decided = Event()

    def play(number: int) -> Pair:
        if number == 1:
            decided.wait(timeout=60)
        return good(0.0)

    class Cancelled(ScriptedPairs):
        def cancel(self, lane: int) -> None:
            super().cancel(lane)
            decided.set()

    pairs = Cancelled({"a": play}, lanes=2)
    done = campaign.run(
        [benchmark("a")],
        pairs,
        Rule(0.01, 0.005, 0.015, 1),
        Limits(),
        ManualClock(),
        random.Random(1),
        lambda text, part: None,
    )
    assert done.stop is Stop.DECIDED
    assert len(done.findings[0].pairs) == 5
    assert len(measured(pairs)) == 6
    assert any(line.startswith("cancel") for line in pairs.log)


def test_a_pair_is_not_started_beyond_the_number_asked_for() -> None:
    done, pairs = run({"a": noisy(0.0, 0.003)}, Limits(pairs=3))
    assert measured(pairs) == ["a", "a", "a"]
    assert done.stop is Stop.PAIRS
    assert verdicts(done) == {"a": Verdict.UNDECIDED}


def test_time_goes_where_the_answer_is_not_clear() -> None:
    done, _ = run({"quiet": noisy(0.0, 0.002), "wild": noisy(0.012, 0.02)})
    quiet, wild = done.findings
    assert len(quiet.pairs) == 5
    assert len(wild.pairs) > 3 * len(quiet.pairs)
    assert wild.verdict is Verdict.UNDECIDED
    assert done.stop is Stop.BUDGET


def test_the_budget_ends_the_sampling_and_the_rest_is_undecided() -> None:
    done, _ = run({"a": noisy(0.03, 0.003), "b": noisy(0.03, 0.003)}, Limits(budget_s=0.5))
    assert done.stop is Stop.BUDGET
    assert set(verdicts(done).values()) == {Verdict.UNDECIDED}
    assert done.elapsed_s == pytest.approx(2 * PAIR_S)


def test_a_benchmark_that_got_no_time_says_so() -> None:
    done, _ = run({"a": noisy(0.0, 0.003), "b": noisy(0.0, 0.003)}, Limits(budget_s=0.1))
    missed = next(entry for entry in done.findings if not entry.pairs)
    assert missed.judgement is None
    assert missed.verdict is Verdict.UNDECIDED
    assert missed.reason == "no time was left to measure it"


@pytest.mark.parametrize(
    "number",
    [
        *(1, 8),
        pytest.param(
            60,
            marks=pytest.mark.thorough(
                "test_every_benchmark_of_a_suite_of_any_size_comes_to_its_second_test"
            ),
        ),
    ],
)
def test_every_benchmark_of_a_suite_of_any_size_comes_to_its_second_test(number: int) -> None:
    done, _ = run({f"a{k}": noisy(0.06, 0.05, elapsed_s=1.0) for k in range(number)})
    _, second = itertools.islice(Rule(0.01, 0.005, 0.015, number).looks(Verdict.SLOWER), 2)
    assert min(len(entry.pairs) for entry in done.findings) >= second


def test_one_that_may_be_slower_comes_before_those_that_cannot() -> None:
    script = {f"level{k}": noisy(0.0, 0.03) for k in range(30)} | {"slower": noisy(0.03, 0.03)}
    done, _ = run(script)
    *level, slower = done.findings
    assert slower.verdict is Verdict.SLOWER
    assert slower.given_up_after is None
    # All alike up to the first look; what is left then goes to the one that may be slower.
    assert len(slower.pairs) > max(len(entry.pairs) for entry in level)
    # Had each the same number, the time would have ended before.
    allowed_s = 31 * max(limits.ALLOWANCE_S, 23 * PAIR_S)
    assert done.elapsed_s <= allowed_s + PAIR_S
    assert len(slower.pairs) * 31 * PAIR_S > allowed_s


def test_pairs_that_now_and_then_take_longer_take_no_pairs_from_the_others() -> None:
    """As on a machine with other work to do."""

    def play(centre: float) -> Play:
        usual = noisy(centre, 0.05)
        return lambda number: replace(
            usual(number), elapsed_s=1.0 if number % 3 else 6.0 + 6.0 * (number == 0)
        )

    done, _ = run({f"a{k}": play(0.06) for k in range(8)})
    assert min(len(each.pairs) for each in done.findings) >= limits.ALLOWANCE_PAIRS - 1


def test_one_that_was_given_up_may_become_the_same_and_is_never_flagged() -> None:
    """Whatever its later pairs say: when they are taken depends on its earlier ones."""
    rule = Rule(0.01, 0.005, 0.015, 1)
    book = campaign._Book([benchmark("a")], rule, Limits(budget_s=30.0), ManualClock(), 1, None)
    first = rule.first_look
    steps = [0.02 * (-1) ** number for number in range(first)]
    for step in steps:
        book.add(benchmark("a"), good(step, elapsed_s=0.01), lane=0)
    assert book.given_up == {}
    book.given_up[benchmark("a")] = first
    for number in range(60):
        book.add(benchmark("a"), good(0.05 + number / 1000), lane=0)
    assert book.done == book.hopeless
    finding = findings.conclude(benchmark("a"), book.pairs[benchmark("a")], rule, first)
    assert finding.verdict is Verdict.UNDECIDED
    flagged = findings.conclude(benchmark("a"), book.pairs[benchmark("a")], rule)
    assert flagged.verdict is Verdict.SLOWER


def test_what_can_no_longer_be_decided_is_not_measured_any_more() -> None:
    done, _ = run({f"wild{k}": lambda n: good(0.5 * (-1) ** n) for k in range(20)})
    assert set(verdicts(done).values()) == {Verdict.UNDECIDED}
    assert done.stop is Stop.BUDGET
    first = Rule(0.01, 0.005, 0.015, 20).first_look
    assert min(len(entry.pairs) for entry in done.findings) == first
    # Those that stopped first left their time to others.
    assert all(entry.given_up_after is not None for entry in done.findings)
    assert all(len(entry.pairs) == entry.given_up_after for entry in done.findings)


def test_slow_benchmarks_are_allowed_time_for_some_pairs() -> None:
    done, _ = run({"slow": noisy(0.03, 0.004, elapsed_s=2.0)})
    assert verdicts(done) == {"slow": Verdict.SLOWER}
    assert done.elapsed_s > limits.ALLOWANCE_S


def test_generosity_multiplies_the_time() -> None:
    script = {"wild": noisy(0.0, 0.5)}
    once, _ = run(script, stops_early=lambda ratios: False)
    tenfold, _ = run(script, Limits(generosity=10.0), stops_early=lambda ratios: False)
    assert tenfold.elapsed_s == pytest.approx(10 * once.elapsed_s, rel=0.01)


def all_a_little_slower() -> dict[str, Play]:
    return {f"a{seed}": noisy(0.01, 0.006, seed=seed) for seed in range(8)}


# Of eight such benchmarks.
USUAL_S = 8 * limits.ALLOWANCE_PAIRS * PAIR_S


def test_what_looks_slower_when_the_time_is_up_gets_as_many_pairs_again() -> None:
    within, _ = run(all_a_little_slower(), Limits(budget_s=USUAL_S))
    done, _ = run(all_a_little_slower())
    found = [
        (len(first.pairs), len(now.pairs))
        for first, now in zip(within.findings, done.findings, strict=True)
        if first.verdict is Verdict.UNDECIDED and now.verdict is Verdict.SLOWER
    ]
    assert len(found) >= 2
    assert all(first < now <= limits.OVERTIME * first for first, now in found)
    # Of what does not look slower none got more than before.
    others = [
        (len(first.pairs), len(now.pairs))
        for first, now in zip(within.findings, done.findings, strict=True)
        if now.verdict is Verdict.UNDECIDED and len(now.pairs) <= len(first.pairs)
    ]
    assert others
    assert done.elapsed_s < limits.OVERTIME * within.elapsed_s


def test_a_budget_that_was_given_has_no_overtime() -> None:
    done, _ = run(all_a_little_slower(), Limits(budget_s=USUAL_S))
    assert Verdict.UNDECIDED in verdicts(done).values()
    assert done.stop is Stop.BUDGET
    assert done.elapsed_s <= USUAL_S + PAIR_S


def test_equal_commits_have_no_overtime_however_noisy() -> None:
    for seed in range(5):
        script = {f"a{k}": noisy(0.0, 0.02, seed=8 * seed + k) for k in range(8)}
        done, _ = run(script)
        assert done.elapsed_s <= USUAL_S + PAIR_S


def test_overtime_may_begin_after_nothing_was_open() -> None:
    """While the pair is under way whose test will say so, the other lane waits."""
    clock, rule = ManualClock(), Rule(0.01, 0.005, 0.015, 1)
    late = benchmark("late")
    book = campaign._Book([late], rule, Limits(), clock, 2, None)
    waves = campaign._Waves(book, random.Random(1))
    for number in range(rule.first_look - 1):
        book.start(late)
        book.add(late, good(0.01 + 0.003 * number), lane=0)
    book.start(late)
    clock.sleep_ns(round(book.budget_s() * 1e9))
    assert waves.next_batch() is None
    book.add(late, good(0.004), lane=0)
    assert book.may_have_overtime(late)
    assert waves.next_batch() is not None


def test_overtime_is_told() -> None:
    told: list[str] = []
    run(all_a_little_slower(), progress=lambda text, part: told.append(text))
    late = [text for text in told if "overtime" in text]
    assert re.fullmatch(
        r"\d+ pairs, \d of 8 benchmarks decided, overtime for \d that may be slower", late[0]
    )
    assert told.index(late[0]) > 100


def test_ctrl_c_keeps_what_was_measured() -> None:
    def interrupted(number: int) -> Pair:
        if number == 8:
            raise KeyboardInterrupt
        return good(0.001)

    done, pairs = run({"a": noisy(0.0, 0.003), "b": interrupted}, stops_early=lambda ratios: False)
    assert done.stop is Stop.INTERRUPTED
    assert verdicts(done) == {"a": Verdict.SAME, "b": Verdict.SAME}
    assert pairs.log[-1] == "stop"


def test_any_other_error_ends_the_pairs_that_are_under_way() -> None:
    def breaks(number: int) -> Pair:
        raise RuntimeError

    clock = ManualClock()
    pairs = ScriptedPairs({"a": breaks, "b": breaks})
    with pytest.raises(RuntimeError):
        campaign.run(
            [benchmark("a"), benchmark("b")],
            pairs,
            Rule(0.01, 0.005, 0.015, 2),
            Limits(),
            clock,
            random.Random(1),
            lambda text, part: None,
        )
    assert pairs.log[-1] == "stop"


def test_the_same_seed_gives_the_same_order() -> None:
    script: dict[str, Play] = {name: lambda _number: good(0.0) for name in "abc"}
    orders = [measured(run(script, seed=seed)[1]) for seed in (4, 4, 5)]
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize(
    "values",
    [
        {"budget_s": 0.0},
        {"budget_s": math.nan},
        {"budget_s": math.inf},
        {"generosity": 0.0},
        {"pairs": 0},
    ],
)
def test_limits_that_make_no_sense_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each of them names its own value
        Limits(**values)  # type: ignore[arg-type]


def test_where_the_time_ends_before_a_benchmarks_turn_it_takes_no_share() -> None:
    script = {name: noisy(0.0, 0.003) for name in "abcd"}
    done, _ = run(script, Limits(budget_s=0.5))
    reached = [entry for entry in done.findings if entry.pairs]
    assert 0 < len(reached) < 4
    assert done.tested == len(reached)


def test_time_that_forks_lost_is_given_back_to_the_budget() -> None:
    lost_s = 100.0

    def play(number: int) -> Pair:
        pair = good(0.0)
        return replace(pair, elapsed_s=lost_s, lost_s=lost_s) if number == 0 else pair

    done, _ = run({"a": play}, Limits(budget_s=20 * PAIR_S), stops_early=lambda ratios: False)
    assert len(done.findings[0].pairs) == 1 + 20
    assert done.elapsed_s > lost_s

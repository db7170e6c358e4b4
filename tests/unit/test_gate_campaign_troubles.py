"""Pairs without a figure: what they decide, and what they leave to the others."""

import math
import random
from dataclasses import replace

import pytest

from hotloop.base.clock import ManualClock
from hotloop.gate.model import Ending, Pair, Stop, Trouble
from hotloop.gate.pairs.executor import ScriptedPairs
from hotloop.gate.rule import campaign, findings
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.limits import ALLOWANCE_PAIRS, Limits
from hotloop.gate.verdicts import Verdict
from scripts.error_rates.drawn import AtOnce
from tests.campaigns import FAILS, PAIR_S, SKIPS, Play, bad, benchmark, good, noisy, run, verdicts


@pytest.mark.parametrize(
    ("base", "head", "verdict", "words"),
    [
        (None, FAILS, Verdict.BROKEN, "ValueError: boom"),
        (FAILS, None, Verdict.NEW, "does not run at base: ValueError: boom"),
        (FAILS, FAILS, Verdict.FAILED, "fails at base and at head"),
        (SKIPS, SKIPS, Verdict.SKIPPED, "needs a GPU"),
        (None, SKIPS, Verdict.SKIPPED, "at head: needs a GPU"),
        (SKIPS, None, Verdict.NEW, "does not run at base: needs a GPU"),
        (SKIPS, FAILS, Verdict.FAILED, "skipped at base, fails at head"),
    ],
)
def test_who_fails_decides_the_verdict(
    base: Trouble | None, head: Trouble | None, verdict: Verdict, words: str
) -> None:
    done, _ = run({"a": lambda _: bad(base, head), "b": noisy(0.0, 0.003)})
    entry = done.findings[0]
    assert entry.verdict is verdict
    assert entry.reason is not None
    assert words in entry.reason
    assert done.findings[1].verdict is Verdict.SAME


def test_a_single_failure_is_tried_again_and_forgiven() -> None:
    play = noisy(0.0, 0.003)
    done, _ = run({"a": lambda n: bad(head=FAILS) if n == 0 else play(n)})
    assert verdicts(done) == {"a": Verdict.SAME}
    assert len(done.findings[0].log_ratios) == 5


def test_a_head_that_fails_now_and_then_is_broken_and_says_how_often() -> None:
    play = noisy(0.0, 0.02)
    done, _ = run({"a": lambda n: bad(head=FAILS) if n in (3, 5, 6) else play(n)})
    entry = done.findings[0]
    assert entry.verdict is Verdict.BROKEN
    assert entry.reason == "3 of 7 pairs of processes failed: ValueError: boom"


LACKS = Trouble(Ending.ABSENT, "there is no parameter 7 there, but 8")


def test_a_parameter_that_only_some_of_heads_processes_have_is_no_breakage() -> None:
    done, _ = run({"a": lambda _: bad(head=LACKS), "b": lambda _: bad(head=FAILS)})
    assert verdicts(done) == {"a": Verdict.FAILED, "b": Verdict.BROKEN}
    said = "its parameters are others in each process: there is no parameter 7 there, but 8"
    assert done.findings[0].reason == said


def test_a_parameter_that_base_lacks_is_no_fault_of_the_suite() -> None:
    done, _ = run({"a": lambda _: bad(base=LACKS)})
    assert verdicts(done) == {"a": Verdict.NEW}
    said = "does not run at base: there is no parameter 7 there, but 8"
    assert done.findings[0].reason == said


def test_what_never_runs_takes_no_share_of_the_false_alarms() -> None:
    silent: dict[str, Play] = {f"s{n}": lambda _: bad(SKIPS, SKIPS) for n in range(60)}
    silent |= {f"f{n}": lambda _: bad(FAILS, FAILS) for n in range(30)}
    silent |= {f"n{n}": lambda _: bad(base=FAILS) for n in range(20)}
    silent |= {f"b{n}": lambda _: bad(head=FAILS) for n in range(10)}
    alone, _ = run({"a": noisy(0.03, 0.003), "b": noisy(0.0, 0.003)})
    among, _ = run(silent | {"a": noisy(0.03, 0.003), "b": noisy(0.0, 0.003)})
    assert (alone.tested, among.tested) == (2, 2)
    assert among.findings[-2:] == alone.findings
    assert len(among.findings[-2].pairs) == 9


@pytest.mark.parametrize("late", [bad(SKIPS, SKIPS), good(0.0)], ids=["skipped", "runs"])
def test_nothing_is_decided_before_all_have_shown_whether_they_run(late: Pair) -> None:
    """The last one's first pair is still under way in another lane."""
    first, last = benchmark("first"), benchmark("last")
    rule = Rule(0.01, 0.005, 0.015, 2)
    book = campaign._Book([first, last], rule, Limits(), ManualClock(), 2, None)
    for number in range(30):
        book.add(first, good(0.05 + number / 1000), lane=0)
    assert not book.done
    book.add(last, late, lane=1)
    assert book.done == ({first} if late.log_ratio is not None else {first, last})
    assert book.shared_rule().benchmarks == (2 if late.log_ratio is not None else 1)
    judgement = findings.conclude(first, book.pairs[first], book.shared_rule()).judgement
    assert judgement is not None
    # Judged as if it had stopped where the rule decides.
    assert judgement.pairs == book.shared_rule().first_look


def test_one_that_gives_figures_and_then_fails_was_tested() -> None:
    def flaky(number: int) -> Pair:
        return bad(head=FAILS) if number > 2 else good(0.0)

    done, _ = run({"flaky": flaky, "a": noisy(0.0, 0.003)})
    assert done.tested == 2


def test_what_never_runs_leaves_its_time_to_nobody() -> None:
    silent: dict[str, Play] = {f"s{n}": lambda _: bad(SKIPS, SKIPS) for n in range(50)}
    # Never decided: as wide as the floor and the margin are narrow.
    done, _ = run(silent | {"a": noisy(0.0, 0.05)})
    assert done.stop is Stop.BUDGET
    assert done.elapsed_s < 50 * PAIR_S + ALLOWANCE_PAIRS * PAIR_S + 2 * PAIR_S


def test_equal_commits_flag_no_more_where_figures_are_missing_whatever_decides_which() -> None:
    """On equal code a pair that gives no figure says nothing of which side is which."""
    rng = random.Random(8)
    runs, flagged, chance = 60, 0, 0.2

    def play(width: float) -> Play:
        # The wilder the first pair would be, the likelier it fails; then the benchmark is out.
        fails = abs(rng.gauss(0.0, 1.0)) > width
        return lambda _: bad(FAILS, FAILS) if fails else good(rng.gauss(0.0, 0.01))

    for seed in range(runs):
        script = {name: play(0.7) for name in "abcd"}
        done = campaign.run(
            [benchmark(name) for name in script],
            ScriptedPairs(script),
            Rule(chance, 0.0, 0.015, len(script)),
            Limits(pairs=16),
            ManualClock(),
            random.Random(seed),
            lambda text, part: None,
            threads=AtOnce,
        )
        found = set(verdicts(done).values())
        flagged += bool(found & {Verdict.SLOWER, Verdict.FASTER})
    # Three standard deviations above the bound.
    assert flagged / runs <= chance + 3 * math.sqrt(chance * (1 - chance) / runs)


def test_a_pair_that_failed_in_forks_and_in_fresh_processes_is_not_tried_again() -> None:
    twice = replace(bad(head=FAILS), attempts=2)
    done, _ = run({"a": lambda _number: twice})
    assert verdicts(done) == {"a": Verdict.BROKEN}
    assert len(done.findings[0].pairs) == 1

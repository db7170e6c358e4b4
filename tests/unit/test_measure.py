"""Whole measurements, scripted: the order of actions is compared as text."""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, pairwise

import pytest

from hotloop.base.clock import ManualClock
from hotloop.timing.executor import ScriptedExecutor, ScriptedSet, Taken, WorkerLost
from hotloop.timing.measure import Judge, Plan, measure
from hotloop.timing.record import Contender, Failure, Measurement, Run, Stage, Threads
from hotloop.timing.schedule import Slot


def contenders(*names: str) -> list[Contender]:
    return [Contender(name, "tests.contenders:spin", {}) for name in names]


def always(seconds: float) -> Callable[[int], float]:
    return lambda turn: seconds


def scripted(**seconds: float) -> ScriptedExecutor:
    return ScriptedExecutor({name: always(s) for name, s in seconds.items()})


def ignore(text: str, part: float) -> None:
    pass


def run(
    executor: ScriptedExecutor,
    names: Sequence[str],
    *,
    budget_s: float = 0.1,
    sets: int = 2,
    judge: Judge = lambda answers: {},
    seed: int = 1,
) -> Measurement:
    plan = Plan(seed=seed, budget_s=budget_s, sets=sets)
    return measure(contenders(*names), executor, plan, judge, ManualClock(), ignore)


def test_first_calls_then_the_check_then_timing_in_fresh_processes_each_set() -> None:
    executor = scripted(only=0.02)
    run(executor, ["only"], budget_s=0.08)
    assert executor.log == [
        "open only",
        "first only",
        "time only x1",
        *["after a pause only", "time only x1"] * 2,
        "after a pause only",
        "time only x1",
        "time only x1",
        "finish only",
        "close",
        "open only",
        "warm only 1",
        "after a pause only",
        "time only x1",
        "time only x1",
        "finish only",
        "close",
    ]


def test_a_slow_contender_gets_one_sample_a_set_and_no_full_warm_up() -> None:
    executor = scripted(slow=1.5, fast=0.02)
    result = run(executor, ["slow", "fast"], budget_s=0.2, sets=5)
    assert [len(r.samples_s) for r in result.runs_of("slow")] == [1] * 5
    assert [len(r.samples_s) for r in result.runs_of("fast")] == [2] * 5
    assert executor.log.count("warm slow 0") == 4
    assert executor.log.count("warm fast 1") == 4


def test_short_calls_are_batched_until_the_clock_can_read_them() -> None:
    executor = scripted(tiny=1e-5)
    result = run(executor, ["tiny"], budget_s=0.01)
    # The single call of the calibration is too short to be a sample.
    assert [(r.calls, len(r.samples_s)) for r in result.runs_of("tiny")] == [(50, 10), (50, 10)]


def turns(log: Sequence[str]) -> list[str]:
    """The log of the last set's slots: "a" for a call after a pause, "+a" for a sample."""
    begin = max(i for i, line in enumerate(log) if line.startswith("warm "))
    found = [line for line in log[begin:] if line.startswith(("after", "time"))]
    return [line.replace("after a pause ", "").replace("time ", "+").split()[0] for line in found]


def test_each_turn_begins_with_a_call_that_is_no_sample() -> None:
    executor = ScriptedExecutor({"a": lambda turn: 0.02 - 1e-5 * turn, "b": always(0.02)})
    result = run(executor, ["a", "b"], budget_s=0.2)
    seen = turns(executor.log)
    assert sorted(seen[:4]) == ["+a", "+b", "a", "b"]
    for before, now in pairwise(seen):
        # Either the turn was another's, or this call follows one of its own.
        assert now == before or now.startswith("+") == (now[-1] == before[-1])
    for process in result.runs_of("a"):
        assert len(process.samples_s) == 5
        assert process.after_pause_s
        assert not set(process.samples_s) & set(process.after_pause_s)


def test_a_team_of_threads_warms_up_for_longer_and_has_more_samples_in_a_turn() -> None:
    executor = scripted(team=0.005, one=0.005)
    both = [Contender("team", "m:f", {}, Threads.ALL), Contender("one", "m:f", {})]
    plan = Plan(seed=1, budget_s=0.4, sets=2)
    measure(both, executor, plan, lambda answers: {}, ManualClock(), ignore)
    seen = turns(executor.log)
    assert seen.count("+team") == seen.count("+one") == 40
    assert [len(list(same)) for who, same in groupby(seen) if who == "+team"] == [20, 20]
    assert seen.count("team") == 2


def test_the_share_is_of_a_warm_call_not_of_the_first_one_after_a_pause() -> None:
    cold = {0, 1, 2, 4, 6}
    executor = ScriptedExecutor({"a": lambda turn: 0.02 if turn in cold else 0.005})
    result = run(executor, ["a"], budget_s=0.1, sets=1)
    assert [len(process.samples_s) for process in result.runs_of("a")] == [20]


def test_a_long_call_is_its_own_warm_up() -> None:
    executor = scripted(long=0.2, other=0.2)
    result = run(executor, ["long", "other"], budget_s=0.8)
    assert not any(line.startswith("after") for line in executor.log)
    # The calibration's call is a sample then.
    assert executor.log.count("time long x1") == 4
    assert all(process.after_pause_s == () for process in result.runs)


def test_only_the_first_process_times_a_first_call() -> None:
    result = run(scripted(a=0.02), ["a"])
    assert [r.first_call_s for r in result.runs_of("a")] == [0.02, None]


@pytest.mark.parametrize(("sets", "previews"), [(3, [(["a"], ["b"])]), (1, [])])
def test_what_the_first_set_gave_is_told_once_and_only_before_others(
    sets: int, previews: list[tuple[list[str], list[str]]]
) -> None:
    told = []

    def preview(so_far: Measurement) -> None:
        told.append(([run.contender for run in so_far.runs], list(so_far.failures)))

    executor = ScriptedExecutor({"a": always(0.02), "b": Failure(Stage.SET_UP, "E", "missing")})
    plan = Plan(seed=1, budget_s=0.1, sets=sets)
    both = contenders("a", "b")
    measure(both, executor, plan, lambda answers: {}, ManualClock(), ignore, preview=preview)
    assert told == previews


def test_time_inside_the_contenders_is_summed_over_processes() -> None:
    result = run(scripted(a=0.02), ["a"], budget_s=0.08)
    # First call, five calls of calibration, a call after a pause, two samples; in the second
    # process the last three of these.
    assert result.inside_s == pytest.approx(0.02 * 12)


def test_the_wrong_one_is_named_before_it_is_timed_and_leaves() -> None:
    executor = scripted(good=0.02, bad=0.02)
    result = run(
        executor, ["good", "bad"], judge=lambda a: {"bad": "1 pixel"} if "bad" in a else {}
    )
    assert result.failures == {"bad": Failure(Stage.CHECK, "WrongAnswer", "1 pixel")}
    assert not any(line.startswith("time bad") for line in executor.log)
    assert executor.log.count("open good") == 1
    assert result.runs_of("good")


def test_one_that_turns_wrong_while_it_is_timed_loses_its_row() -> None:
    calls = iter(range(100))

    def judge(answers: Mapping[str, object]) -> dict[str, str]:
        return {"a": "the last answer differs"} if next(calls) == 1 else {}

    result = run(scripted(a=0.02, b=0.02), ["a", "b"], judge=judge)
    assert result.failures["a"].error == "WrongAnswer"
    assert not result.runs_of("a")
    assert len(result.runs_of("b")) == 2


def test_what_cannot_be_set_up_costs_its_own_row() -> None:
    missing = Failure(Stage.SET_UP, "Unavailable", "numba is not installed")
    executor = ScriptedExecutor({"numba": missing, "python": lambda turn: 0.02})
    result = run(executor, ["python", "numba"])
    assert result.failures == {"numba": missing}
    assert len(result.runs_of("python")) == 2


class SetThatLoses(ScriptedSet):
    """Loses the worker ``b`` the first time that it is timed in the second set."""

    def run(self, names: Sequence[str], slots: Sequence[Slot]) -> list[Taken]:
        if "b" in names and self.executor.log.count("close") == 1:
            raise WorkerLost("b", Failure(Stage.TIMING, "WorkerDied", "killed by SIGSEGV"))
        return super().run(names, slots)


class LosingExecutor(ScriptedExecutor):
    def open(self, contenders: Sequence[Contender]) -> SetThatLoses:
        opened = super().open(contenders)
        return SetThatLoses(self, opened.names)


def test_a_worker_lost_in_mid_set_voids_the_set_which_is_measured_again_without_it() -> None:
    executor = LosingExecutor({name: lambda turn: 0.02 for name in "abc"})
    result = run(executor, ["a", "b", "c"])
    assert result.failures["b"].message == "killed by SIGSEGV"
    assert not result.runs_of("b")
    assert [run.process for run in result.runs_of("a")] == [0, 1]
    assert [run.process for run in result.runs_of("c")] == [0, 1]
    assert executor.log.count("open a c") == 1


def test_when_everything_fails_nothing_is_measured_and_everything_is_named() -> None:
    broken = Failure(Stage.SET_UP, "ImportError", "no")
    result = run(ScriptedExecutor({"a": broken, "b": broken}), ["a", "b"])
    assert result.runs == ()
    assert set(result.failures) == {"a", "b"}


def test_the_seed_decides_the_order_and_is_kept() -> None:
    logs = []
    for seed in (1, 1, 2):
        executor = scripted(a=0.01, b=0.01, c=0.01)
        assert run(executor, ["a", "b", "c"], seed=seed).seed == seed
        logs.append(executor.log)
    assert logs[0] == logs[1] != logs[2]


def test_two_contenders_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="different names: a, a"):
        run(scripted(a=1.0), ["a", "a"])


@pytest.mark.parametrize("budget_s", [0.0, -1.0, float("inf"), float("nan")])
def test_a_budget_is_a_positive_time(budget_s: float) -> None:
    with pytest.raises(ValueError, match="budget"):
        Plan(seed=1, budget_s=budget_s)


def test_a_plan_has_sets() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Plan(seed=1, budget_s=1.0, sets=0)


def test_a_run_without_samples_or_with_impossible_ones_is_refused() -> None:
    with pytest.raises(ValueError, match="without samples"):
        Run("a", 0, 1, (), None)
    with pytest.raises(ValueError, match="took -1"):
        Run("a", 0, 1, (-1.0,), None)
    with pytest.raises(ValueError, match="0 calls"):
        Run("a", 0, 0, (1.0,), None)


@pytest.mark.parametrize("target", ["module", "module:", ":function", ""])
def test_a_target_names_a_module_and_a_function(target: str) -> None:
    with pytest.raises(ValueError, match=r"package\.module:function"):
        Contender("a", target, {})


def test_random_orders_differ_between_sets() -> None:
    executor = scripted(a=0.01, b=0.01)
    run(executor, ["a", "b"], budget_s=0.4, seed=random.Random(5).randrange(1000))
    text = "\n".join(executor.log)
    first, second = (part for part in text.split("close") if "time" in part)
    order = [[line for line in part.splitlines() if "time" in line] for part in (first, second)]
    assert order[0] != order[1]


def test_contenders_that_are_about_as_fast_have_as_many_samples_of_as_many_calls() -> None:
    """Samples of 0.5 ms hold 10 calls of 60 us and 13 of 40 us: both get 13, and as many turns."""
    result = run(scripted(a=60e-6, b=40e-6, c=2.5e-6), ["a", "b", "c"])
    calls = {each.contender: each.calls for each in result.runs}
    assert calls == {"a": 13, "b": 13, "c": 200}
    for process in range(2):
        rounds = {each.contender: each.rounds for each in result.runs if each.process == process}
        assert rounds["a"] == rounds["b"]
        # Together they take what is theirs: 13 calls of 50 us on average.
        assert len(rounds["a"]) == round(0.1 / 2 / (13 * 50e-6))
        assert len(rounds["c"]) > len(rounds["a"])


def test_more_sets_are_asked_for_once_with_what_was_measured() -> None:
    asked: list[int] = []
    parts: list[tuple[str, float]] = []

    def more_sets(runs: Sequence[Run]) -> int:
        asked.append(len(runs))
        return 3

    plan = Plan(seed=1, budget_s=0.1, sets=2)
    executor = scripted(a=0.02, b=0.02)
    result = measure(
        contenders("a", "b"),
        executor,
        plan,
        lambda answers: {},
        ManualClock(),
        lambda text, part: parts.append((text, part)),
        more_sets,
    )
    assert asked == [4]
    assert [run.process for run in result.runs_of("a")] == [0, 1, 2, 3, 4]
    assert parts[-1][0] == "timing, process set 5 of 5"
    assert all(0 <= part <= 1 for _, part in parts)
    # The added sets are like the others.
    assert len({len(run.samples_s) for run in result.runs}) == 1


def test_a_record_has_the_calls_that_were_made_though_the_pace_setter_was_wrong_at_last() -> None:
    answers_seen: list[Mapping[str, object]] = []

    def judge(answers: Mapping[str, object]) -> Mapping[str, str]:
        answers_seen.append(answers)
        return {"pace": "wrong at the end"} if len(answers_seen) == 2 else {}

    # Samples of 0.5 ms: 50 calls of 10 us, 34 of 15 us.
    result = run(scripted(pace=1e-5, slower=1.5e-5), ["pace", "slower"], budget_s=0.01, judge=judge)
    first, second = result.runs_of("slower")
    assert (first.calls, second.calls) == (50, 34)

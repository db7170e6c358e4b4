"""The trial of lanes, with real processes on real CPUs."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.base import conditions
from hotloop.gate.pairs import lanes, trial
from hotloop.gate.pairs.how_many import Choice, Reading, most_lanes
from hotloop.gate.pairs.lanes import in_order
from tests import process_pairs

if not process_pairs.CAN_PIN:
    pytest.skip("this system cannot pin", allow_module_level=True)

CPUS = sorted(os.sched_getaffinity(0))
ROOT = Path(__file__).parents[2]


def test_every_lane_has_a_reading_in_each_turn_on_the_cpu_it_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A busy machine makes a choice without a trial; a test waits for it.
    monkeypatch.setattr(trial, "ANSWER_LIMIT_S", 60.0)
    process_pairs.know_others()
    pinned = set()
    reading = trial._Loop.reading

    def seen(loop: trial._Loop) -> Reading:
        found = reading(loop)
        pinned.add((loop._process.pid, *os.sched_getaffinity(loop._process.pid)))
        return found

    monkeypatch.setattr(trial._Loop, "reading", seen)
    trials = trial.try_lanes([CPUS[-1]] * 3, (1, 3), random.Random(1))
    assert {count: {len(turn) for turn in turns} for count, turns in trials.items()} == {
        1: {1},
        3: {3},
    }
    assert all(len(turns) == trial.TURNS for turns in trials.values())
    assert [cpus for _pid, *cpus in pinned] == [[CPUS[-1]]] * 3
    assert not process_pairs.workers()


def test_a_choice_is_within_what_the_machine_has() -> None:
    choice = trial.choose_lanes(seed=7)
    assert 1 <= choice.lanes <= most_lanes(len(CPUS))
    assert choice.why


def test_with_one_cpu_there_is_one_lane_and_no_trial() -> None:
    said = "from hotloop.gate.pairs.trial import choose_lanes; print(choose_lanes())"
    asked = (
        f"import os; os.sched_setaffinity(0, [{CPUS[-1]}])\n"
        "import subprocess; subprocess.Popen = None\n" + said
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(Choice(1, "this process may use one CPU"))


def test_without_pinning_there_is_one_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "pinnable_cpus", lambda: None)
    assert trial.choose_lanes() == Choice(1, "this system cannot pin processes to CPUs")


@pytest.mark.parametrize("loop", ["import sys; sys.exit(3)", "print('\\nmany 0.1')", "print('')"])
def test_a_loop_that_ends_or_says_nonsense_leaves_the_usual_lanes(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    process_pairs.know_others()
    monkeypatch.setattr(trial, "LOOP", loop)
    assert trial.try_lanes(CPUS[:1], (1,), random.Random(1)) == {}
    assert not process_pairs.workers()


def test_a_loop_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    process_pairs.know_others()
    monkeypatch.setattr(trial, "LOOP", "import time; time.sleep(600)")
    monkeypatch.setattr(trial, "ANSWER_LIMIT_S", 0.3)
    assert trial.try_lanes(CPUS[:1], (1,), random.Random(1)) == {}
    assert not process_pairs.workers()


def test_an_interpreter_that_does_not_start_leaves_the_usual_lanes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert trial.try_lanes(CPUS[:1], (1,), random.Random(1)) == {}


def test_ctrl_c_ends_every_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    process_pairs.know_others()

    def interrupted(_loop: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(trial._Loop, "reading", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trial.try_lanes(CPUS[-1:] * 2, (1, 2), random.Random(1))
    assert not process_pairs.workers()


@pytest.mark.parametrize(
    ("text", "cpus"),
    [
        ("200000 100000\n", 2),
        ("150000 100000\n", 1),
        ("50000 100000\n", 1),
        ("max 100000\n", None),
        ("\n", None),
        ("1 0\n", None),
        (None, None),
    ],
)
def test_a_quota_is_whole_cpus(
    text: str | None, cpus: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conditions, "_CGROUPS", tmp_path)
    monkeypatch.setattr(conditions, "_CGROUP", tmp_path / "none")
    if text is not None:
        (tmp_path / "cpu.max").write_text(text)
    assert trial.cpus_of_quota() == cpus


def test_a_quota_decides_without_a_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "pinnable_cpus", lambda: frozenset(range(8)))
    monkeypatch.setattr(trial, "cpus_of_quota", lambda: 3)
    assert trial.choose_lanes() == Choice(3, "a quota allows 3 of 8 CPUs")


def test_lanes_get_one_cpu_of_each_core_before_its_second_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "core_of", lambda cpu: cpu % 4)
    assert in_order(frozenset(range(8))) == [7, 6, 5, 4, 3, 2, 1, 0]
    monkeypatch.setattr(lanes, "core_of", lambda cpu: cpu // 2)
    assert in_order(frozenset(range(8))) == [7, 5, 3, 1, 6, 4, 2, 0]
    monkeypatch.setattr(lanes, "core_of", lambda cpu: cpu)
    assert in_order(frozenset({2, 4, 9})) == [9, 4, 2]

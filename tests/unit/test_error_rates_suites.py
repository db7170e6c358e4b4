"""Simulated suites: whole campaigns with drawn pairs, counted right."""

import io
from pathlib import Path

import pytest

from hotloop.base.machine import read_machine
from hotloop.gate.model import Stop
from hotloop.gate.verdicts import Verdict
from scripts import records
from scripts.error_rates import command, equal, record, suites
from scripts.error_rates.suites import Case, Part

RECORDS = Path(__file__).parents[2] / "docs/records/error-rates.jsonl"
SMALL = Case("six, one +10 %", (Part(5, 0.002), Part(1, 0.002, 0.10)))
NOISY = Case("six wild", (Part(6, 0.5),))


def rows(*cases: Case) -> list[list[str]]:
    out = io.StringIO()
    suites.write(out, 3, cases)
    lines = out.getvalue().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_run_is_the_gate_s_own_and_repeats_from_its_seed() -> None:
    machine = read_machine(())
    first, again = (suites.simulated(SMALL, 5, machine) for _ in range(2))
    assert first == again != suites.simulated(SMALL, 6, machine)
    assert first.stopped_by is Stop.DECIDED
    assert len(first.having(Verdict.SAME)) == 5
    (slower,) = first.having(Verdict.SLOWER)
    assert slower.name in {b.name for b, part in SMALL.benchmarks() if part.slowdown}
    pairs = sum(len(b.log_ratios) for b in first.benchmarks)
    assert first.measuring_seconds == pytest.approx(pairs * suites.PAIR_S)


def test_each_case_is_a_row_with_what_was_found_and_what_the_gate_answers() -> None:
    head, _, small, noisy = rows(SMALL, NOISY)
    assert head[:3] == ["benchmarks", "slowed ones found", "runs that flag another"]
    assert small[:4] == ["six, one +10 %", "100 % of 3", "0 of 3", "0.0 %"]
    assert small[6] == "1: 3"
    assert noisy[:4] == ["six wild", "", "0 of 3", "100.0 %"]
    assert noisy[6] == "0: 3"


def test_a_number_of_runs_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--suites", "0"]) == 2
    assert "--suites 0: at least one run" in capsys.readouterr().err


def test_runs_on_equal_commits_are_drawn_from_the_recorded_pairs() -> None:
    out = io.StringIO()
    equal.write(out, record.of_version(records.read(RECORDS, record.Run), record.UNKNOWN), 2)
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in
             out.getvalue().splitlines()]  # fmt: skip
    assert [line[0] for line in lines[2:]] == [setting.words for setting in equal.SETTINGS]
    assert [line[1] for line in lines[2:]] == ["0 of 2"] * len(equal.SETTINGS)
    # As long as the real ones took.
    assert 10 < float(lines[2][4]) < 40


def test_pairs_to_draw_from_are_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--equal-runs", "5"]) == 2
    assert "--report FILE to draw them from" in capsys.readouterr().err


def test_each_choice_of_a_floor_is_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--floors", "40", "--build-sd", "0,1"]) == 0
    head, _, *choices = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in capsys.readouterr().out.splitlines()
    ]
    assert [row[0] for row in choices] == ["0 %", "0.25 %", "0.25 %", "0.5 %", "0.75 %", "1 %"]
    assert head[-1] == "runs flagging, builds off by sd 1 %"
    # +2 % is found at the lower noise up to the floor of 0.75 %, and 1 % is not above a floor of 1.
    place = head.index("+2 % found, noise 0.3 %")
    assert [float(row[place]) for row in choices[:5]] == [100.0] * 5
    assert float(choices[-1][head.index("+1 % found, noise 0.3 %")]) < 10
    assert all(float(row[-2]) == 0 for row in choices[1:])
    # The higher the floor, the less a build of its own is flagged.
    assert float(choices[0][-1]) > float(choices[-1][-1]) > 50


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--floors", "0"], "--floors 0: at least one run"),
        (["--floors", "5", "--build-sd=-1"], "--build-sd -1: give per cent from 0 to 100"),
        (["--floors", "5", "--build-sd", "x"], "--build-sd: 'x' is not a number"),
    ],
)
def test_choices_that_are_none_are_refused(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(words) == 2
    assert complaint in capsys.readouterr().err

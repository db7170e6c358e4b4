"""The account against lives of a topic whose losses are known, and what is read as a finding."""

import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotloop.streams import result as stream_result
from scripts.fuzz_stream import command, histories, results
from stream.account.figures import Account
from stream.account.ledger import Extent, Sightings, Topic, settle

SCRIPT = Path(__file__).parents[2] / "scripts" / "fuzz-stream"
SEEDS = 300


def test_a_record_is_lost_where_the_client_lost_it_and_nowhere_else() -> None:
    findings = {seed: histories.try_seed(seed) for seed in range(SEEDS)}
    assert {seed: found for seed, found in findings.items() if found} == {}


@pytest.mark.thorough("test_a_record_is_lost_where_the_client_lost_it_and_nowhere_else")
@given(st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_no_chance_makes_a_loss_that_the_client_did_not_make(chance: random.Random) -> None:
    assert histories.findings(histories.live(chance)) == []


def test_lives_have_losses_and_every_other_ending() -> None:
    accounts = [
        histories.account(histories.live(random.Random(seed)), whole=True) for seed in range(SEEDS)
    ]
    for name in ("lost", "not_reached", "expired", "missing", "unknown", "duplicated", "bad"):
        assert sum(getattr(account, name) > 0 for account in accounts) > SEEDS / 50, name


@pytest.mark.parametrize("blamed", ["not_reached", "expired", "missing"])
def test_blame_for_what_the_client_did_not_lose_is_found(
    monkeypatch: pytest.MonkeyPatch, blamed: str
) -> None:
    def unjust(topic: Topic, seen: Sightings, extent: Extent, *, whole: bool) -> Account:
        account = settle(topic, seen, extent, whole=whole)
        return replace(account, lost=account.lost + getattr(account, blamed))

    monkeypatch.setattr(histories, "settle", unjust)
    assert any(histories.try_seed(seed) for seed in range(SEEDS))


def test_a_loss_that_is_not_told_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(topic: Topic, seen: Sightings, extent: Extent, *, whole: bool) -> Account:
        return replace(settle(topic, seen, extent, whole=whole), lost=0)

    monkeypatch.setattr(histories, "settle", blind)
    assert any(histories.try_seed(seed) for seed in range(SEEDS))


def test_damaged_results_are_a_value_or_a_sentence() -> None:
    findings = {seed: results.try_seed(seed) for seed in range(SEEDS)}
    assert {seed: found for seed, found in findings.items() if found} == {}


def test_a_reader_that_breaks_on_damage_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(text: str, source: str = "") -> object:
        raise KeyError("variants")

    monkeypatch.setattr(stream_result, "from_json", careless)
    assert results.try_seed(1)[0].startswith("stream: raised KeyError")


def test_a_finding_is_told_with_its_seed_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(histories, "try_seed", lambda seed: ["wrong"] if seed == 417 else [])
    assert command.main(["ledger", "--seed", "417"]) == 1
    assert capsys.readouterr().out == ("ledger --seed 417:\n    wrong\n1 tried, 1 with findings\n")


def test_a_time_that_is_none_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["ledger", "--minutes", "nan"]) == 2
    assert capsys.readouterr().err == "fuzz-stream: --minutes nan: give a number above 0\n"


def test_the_script_runs_by_itself() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "ledger", "--seed", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1 tried, 0 with findings\n"

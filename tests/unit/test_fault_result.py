"""The stored result of faults, and the command's arguments: refused before anything starts."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.base.outcome import exit_code
from hotloop.cli import Parser, main
from hotloop.faults.options import Options, add_arguments, parse_options
from hotloop.faults.result import SCHEMA, FaultReport, from_json, load, to_json
from stream.faults.plans import FAULTS
from tests.fault_runs import FAILED, OK, RESULT, UNAVAILABLE, UNTESTED, WRONG


def parse(*words: str) -> Options:
    parser = Parser(prog="hotloop fault")
    add_arguments(parser)
    return parse_options(parser.parse_args(list(words)))


def refused(words: list[str]) -> str:
    err = io.StringIO()
    assert main(words, io.StringIO(), err) == 2
    return err.getvalue()


def test_what_is_stored_comes_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text(to_json(RESULT))
    assert load(path) == RESULT
    assert json.loads(path.read_text())["schema"] == SCHEMA == "hotloop.stream-fault/1"


def test_a_ladders_result_is_not_taken_for_one_of_faults() -> None:
    with pytest.raises(MeasurementError, match=r"hotloop\.stream/1"):
        from_json(to_json(RESULT).replace(SCHEMA, "hotloop.stream/1"))


def test_a_missing_key_is_named() -> None:
    content = json.loads(to_json(RESULT))
    del content["faults"][0]["account"]["lost"]
    with pytest.raises(MeasurementError, match=r"faults\[0\].account.lost is missing"):
        from_json(json.dumps(content))


@pytest.mark.parametrize(
    ("report", "changes"),
    [
        (OK, {"account": None}),
        (OK, {"pause_seconds": None}),
        (WRONG, {"reason": None}),
        (UNAVAILABLE, {"account": OK.account, "pause_seconds": 1.0}),
        (UNTESTED, {"pause_seconds": None}),
    ],
)
def test_a_report_without_what_its_status_needs_is_refused(
    report: FaultReport, changes: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=report.fault):
        replace(report, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reports", "asked", "code"),
    [
        ((OK,), (), 0),
        ((OK, WRONG), (), 1),
        ((WRONG, FAILED), (), 4),
        ((OK, UNTESTED), (), 4),
        ((UNAVAILABLE,), (), 4),
        ((OK, UNAVAILABLE), ("quix",), 4),
    ],
)
def test_the_exit_code_says_lost_or_not_carried_out(
    reports: tuple[FaultReport, ...], asked: tuple[str, ...], code: int
) -> None:
    assert exit_code(reports, asked) == code


def test_a_fault_harms_faust_unless_others_are_named() -> None:
    assert parse("pause").variants == ("faust",)
    assert parse("pause", "confluent").variants == ("confluent",)


def test_several_faults_are_given_with_commas_and_none_twice() -> None:
    named = [fault.name for fault in parse("poison,pause,poison").faults]
    assert named == ["poison", "pause"]
    assert parse("all").faults == FAULTS


def test_the_rate_is_a_thousand_unless_it_is_given() -> None:
    assert parse("pause").rate_per_s == 1_000
    assert parse("pause", "--rate", "250.5").rate_per_s == 250.5


def test_a_users_cluster_takes_the_faults_that_harm_consumers_only(tmp_path: Path) -> None:
    login = tmp_path / "client.properties"
    login.write_text("security.protocol=PLAINTEXT\n", encoding="utf-8")
    words = ["agent-kill,rebalance", "--bootstrap", "h:1", "--security", str(login)]
    options = parse(*words)
    assert options.bootstrap == "h:1"
    assert options.security.protocol == "PLAINTEXT"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("fault", "which fault? Give agent-kill, "),
        ("fault --rate 100", "which fault? Give agent-kill, "),
        ("stream --fault pause", "hotloop fault pause"),
        ("fault agent-kil", "did you mean agent-kill"),
        ("fault broker-kill --bootstrap h:1", "broker-kill would harm the brokers at h:1"),
        ("fault pause --rate nan", "--rate nan"),
        ("fault pause --rate 9", "from 10 to 100000"),
        ("fault pause --rate many", "--rate many"),
        ("fault pause --measure sustain", "unrecognized arguments: --measure"),
        ("fault pause --workers 2", "unrecognized arguments: --workers"),
        ("fault pause --nodes 3", "unrecognized arguments: --nodes"),
        ("fault pause --csv f.csv", "unrecognized arguments: --csv"),
        ("fault pause fuast", "did you mean faust"),
        ("fault pause --json /no/such/folder/f.json", "cannot write there"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_one_sentence(words: str, said: str) -> None:
    complaint = refused(words.split())
    assert said in complaint
    assert complaint.startswith("hotloop: ")
    assert complaint.count("\n") == 1

"""The options of ``hotloop calibrate``, each parsed, each refused in one sentence."""

from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from hotloop.calibrate import options as calibrate_options
from hotloop.calibrate.options import Options
from hotloop.cli import Parser
from hotloop.gate.arguments import AskedRule
from hotloop.gate.model import Effort, Request


def parsed(*words: str) -> Options:
    parser = Parser(prog="hotloop calibrate", allow_abbrev=False)
    calibrate_options.add_arguments(parser)
    return calibrate_options.parse_options(parser.parse_intermixed_args(list(words)))


def test_without_options_it_is_head_and_thirty_pairs() -> None:
    assert parsed() == Options(
        request=Request("HEAD", "HEAD", config=Path("asv.conf.json")),
        stored=None,
        pairs=30,
        effort=Effort.USUAL,
        budget_s=None,
        rule=AskedRule(false_alarms=None, floor=None),
        runs=10_000,
        seed=None,
        lanes=None,
        json=None,
        quiet=False,
    )


def test_every_option_arrives(tmp_path: Path) -> None:
    options = parsed(
        "v1.2", "--config", "x/asv.conf.json", "--bench", "time_a", "--bench", "b$",
        "--pairs", "12", "--environment", "e", "--budget", "60", "--false-alarms", "5%",
        "--floor", "1%", "--runs", "500", "--seed", "7", "--json", str(tmp_path / "c.json"),
        "--thorough", "--quiet", "--lanes", "1",
    )  # fmt: skip
    assert options == Options(
        request=Request(
            "v1.2", "v1.2", False, ("e", "e"), ("time_a", "b$"), Path("x/asv.conf.json")
        ),
        stored=None,
        pairs=12,
        effort=Effort.THOROUGH,
        budget_s=60.0,
        rule=AskedRule(false_alarms=0.05, floor=0.01),
        runs=500,
        seed=7,
        lanes=1,
        json=(tmp_path / "c.json").resolve(),
        quiet=True,
    )


def test_a_stored_result_has_its_revision() -> None:
    with pytest.raises(UsageError, match="leave out main"):
        parsed("main", "--from", "c.json")


def test_a_stored_result_is_asked_for_instead() -> None:
    options = parsed("--from", "c.json", "--floor", "0")
    assert options.request is None
    assert (options.stored, options.rule.floor) == (Path("c.json"), 0.0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--pairs", "6"], "--pairs 6: fewer than 7"),
        (["--pairs", "-3"], "--pairs -3: give a whole number"),
        (["--runs", "99"], "--runs 99: fewer than 100"),
        (["--runs", "many"], "--runs many: give a whole number"),
        (["--budget", "0"], "--budget 0"),
        (["--false-alarms", "1"], "--false-alarms 1"),
        (["--floor", "-1%"], "--floor -1%"),
        (["--seed", "x"], "--seed x"),
        (["--bench", "("], "not a regular expression"),
        (["--json", "/nonexistent/c.json"], "cannot write there"),
        (["--from", "c.json", "--pairs", "9"], "leave out --pairs"),
        (["--from", "c.json", "--bench", "x"], "leave out --bench"),
        (["--from", "c.json", "--config", "x"], "leave out --config"),
        (["--from", "c.json", "--environment", "x"], "leave out --environment"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: list[str], message: str) -> None:
    joined = words if len(words) > 2 else ["=".join(words)]
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        parsed(*joined)

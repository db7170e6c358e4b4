"""What ``hotloop gate`` accepts, and the sentence for each thing that it does not."""

from pathlib import Path

import pytest

from hotloop import cli
from hotloop.base.errors import UsageError
from hotloop.gate import options as gate_options
from hotloop.gate.arguments import AskedRule
from hotloop.gate.model import Effort, Request, Shard
from hotloop.gate.options import Options
from hotloop.gate.rule import limits
from tests.scripted_gate import options as parse


def request(*words: str) -> Request:
    asked = parse(*words).request
    assert asked is not None
    return asked


def refusal(*words: str) -> str:
    with pytest.raises(UsageError) as refused:
        parse(*words)
    return str(refused.value)


def test_the_default_judges_head_by_asv_s_own_configuration() -> None:
    options = parse("main")
    assert options.request == Request(
        base="main",
        head="HEAD",
        from_merge_base=False,
        config=Path("asv.conf.json"),
        benches=(),
        environments=(None, None),
    )
    assert (options.effort, options.budget_s, options.seed) == (Effort.USUAL, None, None)
    assert options.lanes is None
    assert (options.stored, options.rule) == (None, AskedRule(false_alarms=None, floor=None))
    assert (options.json, options.markdown) == (None, None)
    flags = (options.strict, options.annotations, options.verbose, options.quiet)
    assert flags == (False, False, False, False)


def test_every_option_has_its_effect(tmp_path: Path) -> None:
    options = parse(
        *("v1.2", "--config", "sub/asv.json", ".", "--merge-base", "--bench", "time_a"),
        *("--bench", "^suite", "--environment", "py312", "--head-environment", "py313"),
        *("--thorough", "--budget", "90.5", "--seed", "417", "--false-alarms", "5%"),
        *("--lanes", "1", "--explain", "--stacks", str(tmp_path / "s.txt")),
        *("--floor", "2%", "--strict", "--json", str(tmp_path / "r.json"), "--verbose"),
        *("--markdown", str(tmp_path / "r.md"), "--annotations", "--quiet"),
    )
    assert options == Options(
        request=Request(
            base="v1.2",
            head=".",
            from_merge_base=True,
            config=Path("sub/asv.json"),
            benches=("time_a", "^suite"),
            environments=("py312", "py313"),
        ),
        stored=None,
        effort=Effort.THOROUGH,
        budget_s=90.5,
        seed=417,
        lanes=1,
        rule=AskedRule(false_alarms=0.05, floor=0.02),
        strict=True,
        json=tmp_path / "r.json",
        markdown=tmp_path / "r.md",
        explain=True,
        stacks=tmp_path / "s.txt",
        junit=None,
        annotations=True,
        verbose=True,
        quiet=True,
    )


def test_quick_and_the_environment_of_base_alone_are_heard() -> None:
    words = ("main", "--quick", "--base-environment", "py311")
    assert parse(*words).effort is Effort.QUICK
    assert request(*words).environments == ("py311", None)


def test_a_stored_result_is_judged_again_with_another_rule() -> None:
    options = parse("--from", "r.json", "--floor", "0", "--false-alarms", "0.001", "-v")
    assert (options.request, options.stored) == (None, (Path("r.json"),))
    assert (options.rule.floor, options.rule.false_alarms) == (0.0, 0.001)


def test_a_shard_is_its_number_and_how_many_there_are() -> None:
    assert parse("main").shard is None
    assert parse("main", "--shard", "3/8").shard == Shard(3, 8)


def test_false_discoveries_are_a_part_of_what_is_flagged() -> None:
    assert parse("main", "--false-discoveries", "5%").rule == AskedRule(None, None, 0.05)


def test_several_stored_results_are_judged_together() -> None:
    assert parse("--from", "a.json", "b.json").stored == (Path("a.json"), Path("b.json"))


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "3/", "/8", "a/b", "-1/8", "1/2/3", "²/3", ""])
def test_a_shard_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="give which part and of how many, from 1, as in"):
        parse("main", f"--shard={text}")


@pytest.mark.parametrize(
    ("text", "floor"),
    [("0.5%", 0.005), ("0.005", 0.005), ("0.5 %", 0.005), ("0", 0.0), ("0%", 0.0), ("25%", 0.25)],
)
def test_a_floor_is_per_cent_or_a_part(text: str, floor: float) -> None:
    assert parse("main", "--floor", text).rule.floor == floor


def test_the_margin_lies_above_every_floor() -> None:
    assert Effort.USUAL.margin_over(0.005) == 0.015
    assert Effort.THOROUGH.margin_over(0.005) == 0.0075
    assert Effort.USUAL.margin_over(0.05) > 0.05


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "name the revision to compare with, as in: hotloop gate main"),
        (["a", "b", "c"], "unrecognized arguments: c"),
        (["main", "--budget=0"], "--budget 0: give a time in seconds above 0"),
        (["main", "--budget=-1"], "--budget -1: give a time in seconds above 0"),
        (["main", "--budget=nan"], "--budget nan: give a time in seconds above 0"),
        (["main", "--budget=inf"], "--budget inf: give a time in seconds above 0"),
        (["main", "--budget=soon"], "--budget: 'soon' is not a number"),
        (["main", "--false-alarms=0"], "--false-alarms 0: give a part of all runs, above 0"),
        (["main", "--false-alarms=1"], "--false-alarms 1: give a part of all runs, above 0"),
        (["main", "--false-alarms=nan"], "--false-alarms nan: give a part of all runs"),
        (["main", "--false-alarms=-1%"], "--false-alarms -1%: give a part of all runs"),
        (["main", "--false-alarms=x"], "--false-alarms: 'x' is not a number"),
        (
            ["main", "--false-discoveries=0"],
            "--false-discoveries 0: give a part of what is flagged",
        ),
        (
            ["main", "--false-discoveries=1"],
            "--false-discoveries 1: give a part of what is flagged",
        ),
        (["main", "--false-discoveries=x"], "--false-discoveries: 'x' is not a number"),
        (
            ["main", "--false-discoveries=5%", "--false-alarms=1%"],
            "--false-discoveries replaces --false-alarms; give one of them",
        ),
        (["main", "--floor=-0.5%"], "--floor -0.5%: give per cent from 0 to below 100"),
        (["main", "--floor=100%"], "--floor 100%: give per cent from 0 to below 100"),
        (["main", "--floor=nan"], "--floor nan: give per cent from 0 to below 100"),
        (["main", "--floor=inf%"], "--floor inf%: give per cent from 0 to below 100"),
        (["main", "--floor=%"], "--floor: '' is not a number"),
        (["main", "--floor=0.5"], "--floor 0.5: that is 50 %; write 50% if it is meant, or 0.5%"),
        (["main", "--seed=-1"], "--seed -1: give a whole number, 0 or more"),
        (["main", f"--seed={'9' * 5000}"], f"--seed {'9' * 40}: give a whole number"),
        (["main", "--lanes=0"], "--lanes 0: give a whole number, from 1 to "),
        (["main", "--lanes=-1"], "--lanes -1: give a whole number, from 1 to "),
        (["main", "--lanes=1.5"], "--lanes 1.5: give a whole number, from 1 to "),
        (["main", "--lanes=all"], "--lanes all: give a whole number, from 1 to "),
        (["main", "--lanes="], "--lanes : give a whole number, from 1 to "),
        (["main", "--lanes=100000"], "--lanes 100000: give a whole number, from 1 to "),
        (["--from=r.json", "--lanes=1"], "--from measures nothing; leave out --lanes"),
        (["main", "--bench=("], "--bench (: not a regular expression (missing )"),
        (["main", "--quick", "--thorough"], "--thorough: not allowed with argument --quick"),
        (["main", "--environment"], "--environment: expected one argument"),
        (["main", "--config="], "--config '': name a file, as in --config asv.conf.json"),
        (["--from=r.json", "main"], "--from measures nothing; leave out main"),
        (["--from=r.json", "--budget=9"], "--from measures nothing; leave out --budget"),
        (["--from=r.json", "--quick"], "--from measures nothing; leave out --quick"),
        (["--from=r.json", "--bench=x"], "--from measures nothing; leave out --bench"),
        (["--from=r.json", "--merge-base"], "--from measures nothing; leave out --merge-base"),
        (["--from=r.json", "--shard=1/2"], "--from measures nothing; leave out --shard"),
        (["--from=r.json", "--seed=1"], "--from measures nothing; leave out --seed"),
        (["--from=r.json", "--explain"], "explains nothing: hotloop explain r.json does"),
        (["main", "--quick", "--explain"], "--explain explains a verdict, and --quick gives none"),
        (["main", "--stacks=s.txt"], "--stacks stores what --explain finds: add --explain"),
    ],
)
def test_what_cannot_be_is_refused_with_its_value(words: list[str], complaint: str) -> None:
    assert complaint in refusal(*words)


def test_an_empty_environment_is_not_the_first_that_fits() -> None:
    """It is a script's variable that was not set; the gate refuses it and names what there is."""
    asked = request("main", "--environment=", "--base-environment=py3")
    assert asked.environments == ("py3", "")


def test_the_help_names_the_allowance_that_the_campaign_has() -> None:
    parser = cli.Parser(prog="hotloop gate")
    gate_options.add_arguments(parser)
    (budget,) = (a for a in parser._actions if "--budget" in a.option_strings)
    allowance = f"{limits.ALLOWANCE_S:g} s or {limits.ALLOWANCE_PAIRS} pairs each"
    assert allowance in (budget.help or "")


def test_a_folder_that_is_not_there_is_found_before_measuring(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "r.json"
    said = refusal("main", "--json", str(path))
    assert said == f"--json {path}: cannot write there (No such file or directory)"


def test_two_exports_to_one_file_are_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "r")
    assert "another export goes to the same file" in refusal(
        "main", "--json", path, "--markdown", path
    )

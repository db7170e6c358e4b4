"""``hotloop diff``: what is compared, what is refused, and how far the intervals hold."""

import io
import json
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop import cli
from hotloop.base.errors import MeasurementError, UsageError
from hotloop.compute.result import load
from hotloop.diff.result import DiffResult, LeftOut, from_json
from hotloop.diff.summary import compare
from hotloop.stats.change import change_interval
from tests import diffs, gate_runs

ALL_OK = diffs.COMPUTE / "all_ok.json"
FAILED = diffs.COMPUTE / "one_failed.json"


def hotloop(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return cli.main(["diff", *words], out, err), out.getvalue(), err.getvalue()


def ratios(result: DiffResult, figure: str) -> dict[str, float | None]:
    return {c.row: c.ratio for c in result.comparisons[0].changes if c.figure == figure}


def test_a_ladder_that_is_a_fifth_faster_is_said_to_be() -> None:
    result = compare([diffs.compute("a"), diffs.compute("b", factor=0.8)])
    assert all(ratio == pytest.approx(0.8) for ratio in ratios(result, "time").values())
    assert set(ratios(result, "memory").values()) == {1.0}


def test_what_one_side_lacks_is_left_out_with_its_reason() -> None:
    result = compare([diffs.compute("a"), diffs.compute("b", "one_failed")])
    (left,) = result.comparisons[0].left_out
    assert left.row == "numpy"
    assert left.reason.startswith("failed: the worker process died")


def test_what_only_the_second_has_is_named_too() -> None:
    result = compare([diffs.compute("a"), diffs.compute("b", "limit_and_others")])
    assert LeftOut("lanes", None, "not in a") in result.comparisons[0].left_out


def test_another_machine_and_other_software_are_named() -> None:
    result = compare([diffs.compute("a"), diffs.compute("b", machine=diffs.OTHER)])
    differences = result.comparisons[0].differences
    assert "Python: CPython 3.13.1 instead of CPython 3.11.7" in differences
    assert any(said.startswith("numpy: 2 instead of ") for said in differences)


def test_other_work_is_refused() -> None:
    problem = replace(load(ALL_OK).problem, steps=1000)
    with pytest.raises(UsageError, match="with --steps 255 and b with 1000: that is other work"):
        compare([diffs.compute("a"), diffs.compute("b", problem=problem)])


def test_results_of_two_commands_are_refused() -> None:
    gate = diffs.source("b", "hotloop.gate/1", gate_runs.ENDINGS["one_slower"][0])
    with pytest.raises(UsageError, match="a is from hotloop compute and b from hotloop gate"):
        compare([diffs.compute("a"), gate])


def test_results_without_a_common_figure_are_no_result() -> None:
    with pytest.raises(MeasurementError, match=r"no figure in common \(python: not in b\)"):
        compare([diffs.compute("a"), diffs.compute("b", "nothing_measured")])


def test_an_interval_of_one_process_says_nothing() -> None:
    variants = tuple(
        replace(v, seconds=v.seconds and replace(v.seconds, confidence=0.0))
        for v in load(ALL_OK).variants
    )
    result = compare([diffs.compute("a"), diffs.compute("b", variants=variants)])
    time = result.comparisons[0].changes[0]
    assert time.figure == "time"
    assert (time.ratio, time.low, time.high, time.confidence) == (1.0, None, None, None)


above_0 = st.floats(1e-9, 1e9)


@given(above_0, above_0, st.floats(1, 3), st.floats(1, 3), st.floats(1, 3), st.floats(1, 3))
def test_the_interval_holds_the_ratio_and_turns_round_with_the_sides(
    before: float, after: float, a: float, b: float, c: float, d: float
) -> None:
    first, second = (before / a, before, before * b), (after / c, after, after * d)
    low, high = change_interval(first, second)
    assert low <= after / before * (1 + 1e-9)
    assert high >= after / before * (1 - 1e-9)
    turned = change_interval(second, first)
    assert turned == pytest.approx((1 / high, 1 / low))
    assert change_interval(first, first)[0] <= 1 <= change_interval(first, first)[1]


@pytest.mark.parametrize("bad", [(0.0, 1.0, 2.0), (2.0, 1.0, 3.0), (1.0, 1.0, math.inf)])
def test_impossible_bounds_are_refused(bad: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="between"):
        change_interval(bad, (1.0, 1.0, 1.0))


def test_the_interval_covers_as_often_as_its_sides_do() -> None:
    """95 % of 4,000 pairs of noisy means, the sides with different noise; ± 1 % is 3 sigma."""
    rng = random.Random(3)
    covered = 0
    for _ in range(4000):
        sides = []
        for sd in (0.02, 0.05):
            log = rng.gauss(0.0, sd)
            bounds = (log - 1.96 * sd, log, log + 1.96 * sd)
            sides.append(tuple(map(math.exp, bounds)))
        low, high = change_interval(sides[0], sides[1])  # type: ignore[arg-type]
        covered += low <= 1 <= high
    assert covered / 4000 == pytest.approx(0.95, abs=0.0105)


def test_the_command_prints_stores_and_ends_with_0(tmp_path: Path) -> None:
    files = {name: tmp_path / f"x.{name}" for name in ("json", "csv", "markdown")}
    exports = [word for name, file in files.items() for word in (f"--{name}", str(file))]
    code, out, err = hotloop(str(ALL_OK), f"new={FAILED}", *exports)
    assert (code, err) == (0, "")
    assert "left out: numpy: failed" in out
    assert from_json(files["json"].read_text()).sources[1].label == "new"
    assert files["csv"].read_text().startswith("row,figure,unit,before")
    assert "| --- |" in files["markdown"].read_text().replace(":---", "---").replace("---:", "---")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([str(ALL_OK)], 2, "one result has nothing to be compared with: give two or more"),
        ([str(ALL_OK), str(ALL_OK)], 2, "was given twice: give each a name of its own"),
        (["-", "-"], 2, "standard input (-) can be read only once"),
        ([str(ALL_OK), "nowhere.json"], 4, "cannot read nowhere.json: No such file"),
        ([str(ALL_OK), "x=nowhere.json"], 4, "cannot read nowhere.json: No such file"),
        ([str(ALL_OK), str(FAILED), "--json", "/nowhere/x"], 2, "--json /nowhere/x: cannot write"),
        ([str(ALL_OK), str(Path(__file__).parent)], 4, "cannot read"),
        ([str(ALL_OK), str(FAILED), "--csv", "-"], 2, "--csv -: give a file's name"),
    ],
)
def test_a_bad_request_is_one_sentence(words: list[str], code: int, said: str) -> None:
    found, out, err = hotloop(*words)
    assert (found, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1


def changed(**values: object) -> str:
    return json.dumps({**json.loads(ALL_OK.read_text()), **values})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ALL_OK.read_text()[:500], "is damaged or not JSON"),
        ("", "is damaged or not JSON"),
        ("[]", "is no result of hotloop: it has no schema"),
        ("[" * 10_000, "is damaged or not JSON"),
        (changed(schema="hotloop.compute/9"), "has the schema 'hotloop.compute/9'"),
        (changed(schema=["x"]), "has the schema ['x']"),
        (changed(seed="x"), "is no sound hotloop.compute/1 result"),
        ("\udcff", "is damaged"),
    ],
)
def test_a_damaged_or_future_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(text.encode(errors="surrogateescape"))
    code, out, err = hotloop(str(ALL_OK), str(bad))
    assert (code, out) == (4, "")
    assert str(bad) in err
    assert said in err


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    marked = tmp_path / "marked.json"
    marked.write_bytes(b"\xef\xbb\xbf" + ALL_OK.read_bytes())
    assert hotloop(str(ALL_OK), str(marked))[0] == 0


def test_figures_that_no_change_leads_to_are_left_out(tmp_path: Path) -> None:
    content = json.loads(ALL_OK.read_text())
    least = {"median": 5e-324, "low": 5e-324, "lower_quartile": 5e-324}
    content["variants"][0]["seconds"] |= least
    tiny = tmp_path / "tiny.json"
    tiny.write_text(json.dumps(content))
    code, out, err = hotloop(str(tiny), str(ALL_OK))
    assert (code, err) == (0, "")
    assert "too far apart to be figures of one thing" in " ".join(out.split())


def test_a_result_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(FAILED.read_bytes()))
    monkeypatch.setattr("sys.stdin", stdin)
    code, out, _ = hotloop(str(ALL_OK), "-")
    assert code == 0
    assert "stdin" in out

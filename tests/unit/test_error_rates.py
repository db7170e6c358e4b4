"""Recorded runs come back, their tables count right, and asv's answers are read right."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from scripts import gate_and_asv, records
from scripts.error_rates import command, pytest_benchmark, report, simulated
from scripts.error_rates.known_project import KINDS
from scripts.error_rates.record import Load, Run, Tool
from tests import tiny_project

NAMES = tuple(kind.benchmark for kind in KINDS)
QUIET = Run(
    tool=Tool.GATE,
    load=Load.QUIET,
    slowdown_percent=0,
    slower=(),
    faster=(),
    undecided=(),
    ratios=dict.fromkeys(NAMES, 1.0),
    exit_code=0,
    seconds=50.0,
    building_seconds=6.0,
    started=1.7e9,
    pairs={},
)
RUNS = [
    *[QUIET] * 39,
    replace(QUIET, faster=(NAMES[0],), seconds=60.0),
    replace(QUIET, slowdown_percent=3, slower=NAMES, exit_code=1, seconds=30.0),
    replace(QUIET, slowdown_percent=3, slower=NAMES[:1], exit_code=1, seconds=40.0),
    replace(QUIET, tool=Tool.ASV_105, load=Load.LOADED, slower=NAMES[:2], building_seconds=None),
]


def test_runs_are_kept_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    written = [*RUNS[-3:], *runs_whose_pairs_lie_around([0.001])]
    for run in written:
        records.append(file, run)
    assert records.read(file, Run) == written


def test_a_line_that_was_cut_off_costs_itself_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "runs.jsonl"
    records.append(file, RUNS[0])
    records.append(file, RUNS[1])
    file.write_bytes(file.read_bytes()[:-30])
    records.append(file, RUNS[2])
    records.append(file, RUNS[3])
    assert records.read(file, Run) == [RUNS[0], RUNS[2], RUNS[3]]
    assert "line 2 is left out" in capsys.readouterr().err


def test_no_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match="cannot read"):
        records.read(tmp_path / "none.jsonl", Run)


def rows(text: str, first: str) -> list[list[str]]:
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines if line[0].strip() == first]


def test_false_alarms_come_with_their_bound() -> None:
    found = rows(report.render(RUNS), "hotloop gate")[0]
    # 1 of 40: the beta quantile, 11 %.
    assert found == [
        "hotloop gate", "quiet", "40", "1 of 40", "at most 11 %", "0 of 40", "1 of 40",
        "0 of 320", "1 of 320",
    ]  # fmt: skip
    (asv,) = [r for r in rows(report.render(RUNS), "asv continuous -f 1.05") if r[1] == "loaded"][
        :1
    ]
    assert asv[2:4] == ["1", "1 of 1"]


def test_power_counts_verdicts_of_each_kind() -> None:
    text = report.render(RUNS)
    assert rows(text, KINDS[0].words) == [
        [KINDS[0].words, "hotloop gate", "quiet", "", "", "2 of 2"]
    ]
    assert rows(text, KINDS[1].words)[0][5] == "1 of 2"
    assert rows(text, "all under 10 ms")[0][5] == "8 of 14"


def test_seconds_are_medians() -> None:
    assert rows(report.render(RUNS), "hotloop gate")[-1] == [
        "hotloop gate", "quiet", "50", "35", "60", "6",
    ]  # fmt: skip


def runs_whose_pairs_lie_around(centres: Sequence[float]) -> list[Run]:
    """Of each run: ten pairs, symmetric about its centre, 0.1 % off or less."""
    near = [sign * step * 2e-4 for step in range(1, 6) for sign in (-1, 1)]
    return [
        replace(QUIET, pairs={NAMES[0]: tuple(centre + off for off in near)}) for centre in centres
    ]


def test_pairs_of_equal_commits_show_a_common_offset() -> None:
    (row,) = rows(report.render(runs_whose_pairs_lie_around([0.002] * 6)), KINDS[0].words)
    assert row[3] == "60"
    assert row[4].startswith("+0.200 [")
    # Alike in every run: no wandering at all.
    assert row[6] == "0.00"


def test_offsets_that_change_from_run_to_run_are_told_from_noise() -> None:
    wandering = runs_whose_pairs_lie_around([0.002, -0.002] * 4)
    (row,) = rows(report.render(wandering), KINDS[0].words)
    assert row[4].startswith("+0.000 [")
    assert float(row[6]) > 3


def test_the_interval_of_a_centre_knows_that_pairs_of_a_run_go_together() -> None:
    def width(runs: list[Run]) -> float:
        (row,) = rows(report.render(runs), KINDS[0].words)
        low, high = row[4].split("[")[1].rstrip("]").split(", ")
        return float(high) - float(low)

    centres = [0.002, -0.002, 0.001, -0.001, 0.0015, -0.0015, 0.0005, -0.0005]
    together = runs_whose_pairs_lie_around(centres)
    pairs = [d for run in together for d in run.pairs[NAMES[0]]]
    apart = [
        replace(run, pairs={NAMES[0]: tuple(pairs[start::8])}) for start, run in enumerate(together)
    ]
    assert width(together) > 2 * width(apart) > 0


def test_few_runs_say_nothing_of_offsets() -> None:
    assert rows(report.render(runs_whose_pairs_lie_around([0.0] * 4)), KINDS[0].words) == []


def test_a_tool_that_was_told_something_else_has_rows_of_its_own() -> None:
    thorough = replace(QUIET, options="--thorough --floor 0", seconds=200.0)
    found = rows(report.render([QUIET, thorough]), "hotloop gate --thorough --floor 0")
    assert [row[2] for row in found] == ["1", "200"]


def test_no_runs_are_no_table() -> None:
    assert "no runs yet" in report.render([])


ASV = """
All benchmarks:

| Change   | Before [f2d5b0a1] <base>   | After [00bc6af3] <slower-5>   | Ratio   | Benchmark (Parameter)       |
|----------|----------------------------|-------------------------------|---------|-----------------------------|
| +        | 245±0.1μs                  | 359±100μs                     | 1.46    | extension.time_extension    |
|          | 147±1μs                    | 158±4μs                       | ~1.08   | interpreted.time_dictionary |
| -        | 7.33±0.09ms                | 6.48±0.8ms                    | 0.88    | interpreted.time_objects    |
| !        | 1ms                        | failed                        | n/a     | interpreted.time_slow       |
"""  # noqa: E501


def test_asv_table_is_read_row_by_row() -> None:
    assert gate_and_asv.rows_of(ASV) == [
        ("+", 1.46, "extension.time_extension"),
        ("", 1.08, "interpreted.time_dictionary"),
        ("-", 0.88, "interpreted.time_objects"),
        ("!", None, "interpreted.time_slow"),
    ]


def test_a_round_has_every_slowdown_once_and_equal_commits_as_often_as_asked() -> None:
    plan = command.one_round([1, 2, 3], 4, ["gate", "asv"])
    assert sorted(plan) == sorted(
        [(s, tool) for s in (1, 2, 3, 0, 0, 0, 0) for tool in ("gate", "asv")]
    )
    # Each slowdown's two tools follow each other.
    assert all(a[0] == b[0] for a, b in zip(plan[::2], plan[1::2], strict=True))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "name a folder"),
        (["here", "--slowdowns", "4"], 2, "--slowdowns 4"),
        (["here", "--tools", "pyperf"], 2, "--tools pyperf"),
        (["--report", "/nonexistent/x"], 4, "cannot read"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(words) == code
    assert said in capsys.readouterr().err


def test_simulated_runs_are_drawn_from_the_usual_quiet_runs_on_equal_commits() -> None:
    near = tuple(sign * step * 2e-4 for step in range(1, 6) for sign in (-1, 1))
    runs = [
        # 0.2 s a pair of the quick, 1 s a pair of the slow one, 5 s besides.
        replace(
            QUIET,
            pairs={kind.benchmark: near[: slow if kind.slow else quick] for kind in KINDS},
            seconds=6.0 + 5.0 + 7 * quick * 0.2 + slow * 1.0,
        )
        for quick, slow in ((7, 9), (8, 8), (9, 10))
    ]
    noisy = replace(runs[0], load=Load.LOADED, pairs=dict.fromkeys(NAMES, (0.5, -0.5)))
    text = simulated.render([*runs, noisy], 50)
    rows = [line.split(" | ") for line in text.splitlines()[2:10]]
    assert [row[1] for row in rows] == ["24"] * 7 + ["27"]
    assert {row[5] for row in rows} == {"100"}
    assert "0 of 50 runs on equal commits flagged anything" in text


def test_without_runs_to_draw_from_nothing_is_simulated() -> None:
    with pytest.raises(MeasurementError, match="draw from"):
        simulated.render([replace(QUIET, slowdown_percent=3)], 50)
    alone = replace(QUIET, pairs=dict.fromkeys(NAMES, (0.001, -0.001)), seconds=0.0)
    with pytest.raises(MeasurementError, match="1 runs are too few"):
        simulated.render([alone], 50)


def test_runs_of_several_versions_are_told_apart_and_never_drawn_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = replace(QUIET, commit="a" * 40, faster=NAMES[:1])
    changed = replace(QUIET, commit="a" * 40 + "+")
    asv = replace(QUIET, tool=Tool.ASV_105, commit="b" * 40)
    told = report.render([QUIET, newer, newer, changed, asv, replace(asv, commit="c" * 40)])
    for name, counted in (
        ("hotloop gate, unknown", "0 of 1"),
        ("hotloop gate, aaaaaaaa", "2 of 2"),
        ("hotloop gate, aaaaaaaa+", "0 of 1"),
        ("asv continuous -f 1.05", "0 of 2"),
    ):
        assert rows(told, name)[0][3] == counted
    # One version needs no name.
    assert rows(report.render([newer, newer]), "hotloop gate")[0][3] == "2 of 2"

    file = tmp_path / "runs.jsonl"
    for run in (QUIET, newer, newer, asv):
        records.append(file, run)
    for words in (["--equal-runs", "5"], ["--simulate", "5"]):
        assert command.main(["--report", str(file), *words]) == 2
        assert "unknown (1), aaaaaaaa (2): choose one, as in --of" in capsys.readouterr().err
    assert command.main(["--report", str(file), "--of", "aaaaaaaa"]) == 0
    assert rows(capsys.readouterr().out, "hotloop gate")[0][3] == "2 of 2"
    for wanted in ("", "bbbbbbbb"):
        assert command.main(["--report", str(file), "--of", wanted]) == 2
        assert f"--of {wanted}: there are runs of unknown (1)" in capsys.readouterr().err


def test_a_version_is_the_commit_and_whether_it_was_changed(tmp_path: Path) -> None:
    assert gate_and_asv.commit_of(tmp_path) == ""
    tiny_project.git(tmp_path, "init", "--quiet")
    commit = tiny_project.commit(tmp_path, "first", {"a.py": "1"})
    (tmp_path / "untracked").touch()
    assert gate_and_asv.commit_of(tmp_path) == commit
    (tmp_path / "a.py").write_text("2")
    assert gate_and_asv.commit_of(tmp_path) == f"{commit}+"


def test_pytest_benchmarks_own_verdicts_are_read_by_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (
        "Performance has regressed:\n"
        "\ttest_loop - Field 'mean' has failed PercentageRegressionCheck: 7.100 > 5.000\n"
        "\ttest_jit - Field 'min' has failed PercentageRegressionCheck: 5.200 > 5.000\n"
    )
    seconds = iter([1.0, 1.07])

    def call(words: Sequence[str], folder: Path) -> tuple[int, str, float]:
        told = dict(
            word.removeprefix("--benchmark-").split("=", 1) for word in words if "=" in word
        )
        stats = dict.fromkeys(("mean", "min"), next(seconds))
        content = json.dumps({"benchmarks": [{"name": "test_loop", "stats": stats}]})
        stored = Path(told["storage"].removeprefix("file://"))
        (stored / f"0001_{told['save']}.json").write_text(content)
        assert folder.name == {"base": "known-base", "head": "known-slower-3"}[told["save"]]
        return (1, said, 2.0) if told["save"] == "head" else (0, "", 2.0)

    monkeypatch.setattr(pytest_benchmark, "call", call)
    limits = {"mean": 5, "min": 5}
    answers = pytest_benchmark.ask(tmp_path / "known", "base", "slower-3", limits)
    assert answers["mean"].slower == ("test_loop",)
    assert answers["min"].slower == ("test_jit",)
    assert answers["mean"].ratios == {"test_loop": 1.07}

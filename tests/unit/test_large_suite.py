"""The generated suite is what its tables say it is, and its rows say what the gate found."""

import math
import statistics
import subprocess
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from scripts.large_suite import command, project
from scripts.large_suite.project import BASE, EQUAL, LONGEST_S, SHORTEST_S, SLOWER, Size
from tests import gate_runs
from tests.tiny_project import git

SIZE = Size(60, 3, 5)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    project.make(folder, SIZE)
    return folder


def turns(folder: Path, revision: str) -> list[int]:
    found: dict[str, list[int]] = {}
    exec(git(folder, "show", f"{revision}:large/turns.py"), found)
    return found["TURNS"]


def test_equal_commits_differ_in_a_comment_and_slower_ones_in_exact_turns(large: Path) -> None:
    base, slower = turns(large, BASE), turns(large, SLOWER)
    assert turns(large, EQUAL) == base
    assert git(large, "diff", "--stat", BASE, EQUAL)
    made = [number for number in range(60) if slower[number] != base[number]]
    assert [project.name(number) for number in made] == SIZE.made_slower
    assert len(made) == SIZE.slower
    assert all(100 * slower[number] == 105 * base[number] for number in made)


def test_made_noise_is_what_a_pair_of_processes_differs_by() -> None:
    size = Size(500, 0, 5, noise=3.0)

    def drawn() -> list[int]:
        found: dict[str, list[int]] = {}
        exec(project._turns(size, BASE), found)
        return found["TURNS"]

    # The shortest have few turns, which cannot be changed by a per cent.
    pairs = list(zip(drawn(), drawn(), strict=True))[100:]
    assert statistics.stdev(math.log(a / b) for a, b in pairs) == pytest.approx(0.03, rel=0.15)


def test_calls_take_20_us_to_20_ms_evenly_by_their_logarithms() -> None:
    for size in (Size(2, 0, 5), SIZE, Size(500, 10, 5)):
        turn_s = list(project.KINDS.values())
        seconds = [size.turns(n) * turn_s[n % 5] for n in range(size.benchmarks)]
        wanted = [
            SHORTEST_S * (LONGEST_S / SHORTEST_S) ** (n / (size.benchmarks - 1))
            for n in range(size.benchmarks)
        ]
        assert seconds == pytest.approx(wanted, rel=0.3)


def test_every_benchmark_can_be_called_and_has_the_name_that_the_gate_prints(large: Path) -> None:
    asking = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    module, _, function = name.partition('.')\n"
        "    getattr(importlib.import_module(f'benchmarks.{module}'), function)()\n"
    )
    names = [project.name(number) for number in range(SIZE.benchmarks)]
    subprocess.run(["python3", "-c", asking, *names], cwd=large, check=True)


def test_a_project_is_made_once_and_no_other_is_taken_for_it(large: Path, tmp_path: Path) -> None:
    commit = git(large, "rev-parse", SLOWER)
    project.make(large, SIZE)
    assert git(large, "rev-parse", SLOWER) == commit
    with pytest.raises(MeasurementError, match="another size"):
        project.make(large, Size(60, 3, 6))
    (tmp_path / "mine").write_text("")
    with pytest.raises(MeasurementError, match="something else"):
        project.make(tmp_path, SIZE)


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((1, 0, 5), "1 benchmarks: give 2 to 10000"),
        ((20_000, 0, 5), "20000 benchmarks"),
        ((20, 21, 5), "21 of 20 cannot be slower"),
        ((20, -1, 5), "-1 of 20"),
        ((20, 2, -5), "slower by -5 %"),
        ((20, 2, 5, 21), "noise of 21 %: give 0 to 20"),
    ],
)
def test_no_suite_of_an_impossible_size(sizes: tuple[int, ...], said: str) -> None:
    with pytest.raises(MeasurementError, match=said):
        Size(*sizes)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--rounds", "0"], 2, "--rounds 0: give 1 or more"),
        (["--benchmarks", "1"], 4, "1 benchmarks: give 2 to 10000"),
        (["--beside", "/nowhere"], 2, "--beside /nowhere: there is no hotloop in it"),
    ],
)
def test_bad_arguments_are_one_sentence(
    arguments: list[str], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([str(tmp_path / "large"), *arguments]) == code
    assert capsys.readouterr().err == f"gate-large-suite: {said}\n"
    assert not (tmp_path / "large").exists()


def test_a_row_has_a_cell_for_each_head() -> None:
    result = gate_runs.ONE_SLOWER
    taken = command.Taken("this", result, 1, 60.0, 90.0, 2.5)
    cells = [cell.strip() for cell in command.row(taken, SIZE).strip("|").split("|")]
    heads = [head.strip() for head in command.HEAD.splitlines()[0].strip("|").split("|")]
    row = dict(zip(heads, cells, strict=True))
    assert (row["slower"], row["found"], row["exit code"]) == ("1", "0 of 3", "1")
    pairs = sum(len(benchmark.log_ratios) for benchmark in result.benchmarks)
    assert row["pairs"] == str(pairs)
    assert row["CPU seconds a pair"] == f"{90 / pairs:.2f}"
    assert (row["seconds"], row["load"]) == ("60", "2.5")
    assert " |  | " in command.row(taken, None)


def test_lengths_of_calls_are_told_apart_and_add_up() -> None:
    result = gate_runs.ONE_SLOWER
    lines = command.by_length({"this": [result, result]})
    heads, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    by_words = {row[0]: dict(zip(heads, row, strict=True)) for row in rows}
    timed = [benchmark for benchmark in result.benchmarks if benchmark.base is not None]
    assert int(by_words["all"]["benchmarks"]) == 2 * len(timed)
    parts = [int(row["benchmarks"]) for words, row in by_words.items() if words != "all"]
    assert sum(parts) == 2 * len(timed)
    pairs = sum(len(benchmark.log_ratios) for benchmark in timed)
    assert by_words["all"]["pairs each"] == f"{pairs / len(timed):.1f}"

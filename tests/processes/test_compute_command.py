"""``hotloop compute``, its real workers, and variants broken for real."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from hotloop.base.outcome import Status
from hotloop.compute import result as compute_result
from hotloop.timing import measure
from hotloop.timing.record import Threads
from implementations import registry
from implementations.problems import Problem
from tests import commands
from tests.broken_variants import break_variant, copy_variants, hide
from tests.oracle.escape_time import heights

ROOT = Path(__file__).parents[2]
# The whole ladder takes a hundred processes.
LONG_S = 240
FIRST_SET = "after the first set of processes, which alone may be far off:\n"
SMALL = ["--size", "24x18", "--steps", "40", "--budget", "0.02", "--quiet"]

pytestmark = [pytest.mark.timeout(LONG_S + 60), pytest.mark.usefixtures("timing_workers")]


def environment() -> dict[str, str]:
    # Each process compiles what numba compiles; tests/oracle is about what it makes of it.
    return os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "NUMBA_OPT": "0"}


def compute_here(
    folder: Path, *arguments: str, sets: int | None = 1
) -> subprocess.CompletedProcess[str]:
    """In this process, with the variants in ``folder`` before those of this checkout.

    They are timed in one set of processes, since the others start them all again; None: in as many
    as usual. And teams of threads are not warmed up, which keep all CPUs busy meanwhile.
    test_surroundings.py has it in a process of its own.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        if sets is not None:
            patch.setattr(measure, "Plan", partial(measure.Plan, sets=sets))
        patch.setitem(measure.WARM_UP_S, Threads.ALL, 1e-3)
        return commands.here(folder, "compute", *arguments, environment=environment())


@pytest.fixture
def other_variants(tmp_path: Path) -> Path:
    """The folder of a copy of the variants that may be broken; it comes first on the path."""
    return copy_variants(tmp_path)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """One variant, too much for the reference: the table and the JSON."""
    folder = tmp_path_factory.mktemp("alone")
    stored = folder / "result.json"
    words = ("cython", "--size", "400x300", "--budget", "0.05", "--quiet", "--json", str(stored))
    done = compute_here(folder, *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, stored.read_text()


def timed(result: compute_result.ComputeResult) -> list[compute_result.VariantResult]:
    """The variants that can run here, all of them well."""
    can_run = [v for v in result.variants if v.status is not Status.UNAVAILABLE]
    assert all(variant.status is Status.OK for variant in can_run)
    return can_run


def test_those_who_wait_for_the_other_sets_see_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("floats", "cython", "c", "--size", "16x12", "--budget", "0.01")
    quick = compute_here(tmp_path, *words, sets=2)
    monkeypatch.setattr("hotloop.compute.command.PREVIEW_AFTER_S", 0.0)
    slow = compute_here(tmp_path, *words, sets=2)
    assert quick.returncode == slow.returncode == 0
    assert FIRST_SET not in quick.stderr
    _, _, shown = slow.stderr.partition(FIRST_SET)
    head, *rows = shown.partition("\n\n")[0].strip().splitlines()
    assert head.split() == ["variant", "time", "vs", "python"]
    assert [row.split()[0] for row in rows] == ["floats", "cython", "others", "c"]
    assert "process set 2 of 2" in shown
    assert FIRST_SET not in slow.stdout


# Each variant computes in test_variants.py, in test_variants_others.py and in the suite of asv.
@pytest.mark.thorough(
    "test_every_variant_has_five_processes_and_an_interval",
    "test_a_missing_dependency_is_shown_and_no_fault_unless_asked_for",
    "oracle/test_variants.py::test_a_variant_is_right",
    "oracle/test_variants_others.py::test_an_ordinary_picture_is_right_or_nearly",
    "test_asv.py::test_every_benchmark_runs_at_its_smallest_size",
)
def test_the_whole_ladder_is_checked_timed_and_stored(tmp_path: Path) -> None:
    stored = tmp_path / "result.json"
    done = compute_here(tmp_path, *SMALL, "--json", str(stored))
    assert (done.returncode, done.stderr) == (0, "")
    assert "all variants equal python bit for bit on this problem" in done.stdout
    result = compute_result.load(stored)
    assert [v.name for v in result.variants] == [v.name for v in registry.VARIANTS]
    ladder = {v.name for v in registry.LADDER}
    assert not any(v.name in ladder for v in result.variants if v.status is Status.UNAVAILABLE)
    for variant in timed(result):
        assert variant.mismatched_pixels == 0
        assert variant.seconds is not None
        assert len(variant.seconds.samples_per_process) == 1
        assert variant.first_call_seconds is not None
        assert variant.first_call_seconds > 0
        assert variant.iterations_per_second is not None
        assert variant.iterations_per_second > 0
        assert variant.speedup is not None


def test_every_variant_has_five_processes_and_an_interval(tmp_path: Path) -> None:
    stored = tmp_path / "result.json"
    names = ("python", "threads")
    words = (*SMALL, *names, "--json", str(stored), "--seed", "417")
    done = compute_here(tmp_path, *words, sets=None)
    assert (done.returncode, done.stderr) == (0, "")
    result = compute_result.load(stored)
    assert "all variants equal python bit for bit on this problem" in done.stdout
    assert result.seed == 417
    assert len(timed(result)) == len(names)
    for variant in result.variants:
        assert variant.seconds is not None
        assert len(variant.seconds.samples_per_process) == 5
        assert variant.mismatched_pixels == 0
        assert variant.first_call_seconds is not None
        assert variant.first_call_seconds > 0
        assert variant.iterations_per_second is not None
        assert variant.iterations_per_second > 0
        assert variant.speedup is not None
        assert variant.speedup_low is not None
        assert variant.speedup_high is not None
        assert variant.speedup_low <= variant.speedup <= variant.speedup_high
    assert 0 < result.measured_seconds < result.elapsed_seconds
    assert result.problem.iterations == heights(Problem(24, 18, 40)).sum()


def test_the_json_has_every_key_that_is_documented(alone: tuple[str, str]) -> None:
    content = json.loads(alone[1])
    assert content["schema"] == "hotloop.compute/1"
    assert {"machine", "problem", "variants", "seed", "elapsed_seconds", "measured_seconds"} <= set(
        content
    )
    assert {"width", "height", "steps", "window", "iterations"} <= set(content["problem"])
    (variant,) = content["variants"]
    documented = "name status reason seconds iterations_per_second speedup mismatched_pixels"
    assert set(f"{documented} first_call_seconds peak_memory_bytes threads".split()) <= set(variant)
    assert {"median", "low", "high", "samples"} <= set(variant["seconds"])
    assert variant["status"] == "ok"
    assert variant["speedup"] is None


def test_a_wrong_pixel_is_caught_named_and_located_at_first_and_later_and_ends_with_1(
    other_variants: Path, tmp_path: Path
) -> None:
    break_variant(other_variants, "floats", "height[5, 7] += height.size > 1")
    break_variant(
        other_variants,
        "numpy",
        "_right.calls = getattr(_right, 'calls', 0) + 1\n    height[0, 0] += _right.calls > 1",
    )
    stored = tmp_path / "result.json"
    names = ("python", "memoryview", "floats", "numpy")
    words = (*SMALL, *names, "--json", str(stored))
    # One set where each is new, and one where it is known.
    done = compute_here(other_variants, *words, sets=2)
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert said.count("wrong: 1 of 432 pixels differ") == 2
    assert "pixel (5, 7)" in said
    assert "pixel (0, 0)" in said
    rows = {v.name: v for v in compute_result.load(stored).variants}
    for name in ("floats", "numpy"):
        assert rows[name].status is Status.WRONG
        assert rows[name].seconds is None
    assert rows["floats"].mismatched_pixels == 1
    assert rows["memoryview"].status is Status.OK


def test_a_variant_that_breaks_costs_its_own_row_and_ends_with_4(other_variants: Path) -> None:
    break_variant(other_variants, "floats", "raise ArithmeticError('no more numbers')")
    break_variant(other_variants, "numpy", "__import__('os').abort()")
    done = compute_here(other_variants, *SMALL, "memoryview", "floats", "numpy")
    assert done.returncode == 4
    said = " ".join(done.stdout.split())
    assert "no more numbers" in said
    assert "killed by SIGABRT" in said
    assert "Traceback" not in done.stdout + done.stderr
    assert "memoryview" in said


def test_a_missing_dependency_is_shown_and_no_fault_unless_asked_for(
    other_variants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(other_variants, "numba")
    kept = {"python", "floats", "numba"}
    few = tuple(variant for variant in registry.VARIANTS if variant.name in kept)
    monkeypatch.setattr(registry, "VARIANTS", few)
    stored = tmp_path / "result.json"
    done = compute_here(other_variants, *SMALL, "--json", str(stored))
    assert done.returncode == 0
    result = compute_result.load(stored)
    assert [v.name for v in result.variants] == [v.name for v in few]
    assert [v.status is Status.OK for v in result.variants] == [True, True, False]
    assert "unavailable: numba is not installed" in " ".join(done.stdout.split())
    assert compute_here(other_variants, *SMALL, "numba").returncode == 4


def test_a_reference_too_slow_for_the_budget_is_stood_in_for_and_the_output_says_so(
    alone: tuple[str, str],
) -> None:
    assert "python equals threads on the same window at" in " ".join(alone[0].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["nymba"],
        ["--size", "0x240"],
        ["--size", "-1x5"],
        ["--steps", "-1"],
        ["--window", "nan,1,2,3"],
        ["--window", "1,0,0,1"],
        ["--budget", "0"],
        ["--json", "/no/such/folder/x.json"],
        ["--size", "9000000x9000000"],
    ],
)
def test_nonsense_is_refused_in_one_sentence_before_anything_runs(arguments: list[str]) -> None:
    done = commands.here(ROOT, "compute", *arguments, environment=environment())
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("hotloop: ")
    assert done.stderr.count("\n") == 1


def test_ctrl_c_ends_with_130_and_leaves_neither_process_nor_file(tmp_path: Path) -> None:
    stored = tmp_path / "result.json"
    running = subprocess.Popen(
        [sys.executable, "-m", "hotloop", "compute", "cython", "threads", "--json", str(stored)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    assert "first call" in running.stderr.readline()
    children = _descendants(running.pid)
    assert children
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=commands.PROMPTLY_S)
    assert running.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "hotloop: interrupted"
    deadline = time.monotonic() + commands.PROMPTLY_S
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []


def _descendants(pid: int) -> list[str]:
    if not Path("/proc").exists():
        pytest.skip("needs Linux's /proc")
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

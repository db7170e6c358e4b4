"""``hotloop tiles`` as a user runs it: real workers of dask, killed for real."""

import io
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from hotloop.cli import main
from hotloop.tiles import command as tiles
from implementations.registry import load
from implementations.tiles import TilesFailed
from tests import warm
from tests.broken_variants import break_variant, copy_packages
from tests.surroundings import set_trap, was_run
from tests.tile_runs import (
    ENDLESS,
    PATIENCE_S,
    POOL,
    QUICK,
    ROOT,
    assert_all_is_told,
    await_first_tiles,
    ended,
    started,
)


def workers_of(pid: int) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            words = " ".join(child.cmdline())
            found += [child] if "spawn_main" in words else []
    return found


def await_end(processes: list[psutil.Process]) -> None:
    # Not waited for by us, so that one that is a zombie has ended.
    deadline = time.monotonic() + PATIENCE_S
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            while process.status() != psutil.STATUS_ZOMBIE:
                assert time.monotonic() < deadline, process
                time.sleep(0.02)


@pytest.mark.thorough(
    "test_a_worker_that_is_killed_in_the_middle_costs_no_pixel",
    "processes/test_tiles_scheduler.py::test_the_workers_of_a_scheduler_compute_the_same_and_live_on",
)
def test_the_array_is_the_plain_variants_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "heights.npy"
    words = (*QUICK, "--workers", "2", "--out", str(path), "--check", "--quiet")
    code, out, err = ended(*words)
    assert (code, err) == (0, "")
    assert_all_is_told(out)
    heights = np.load(path, mmap_mode="r")
    assert heights.dtype == np.int64
    assert np.array_equal(heights, load("cython")(331, 207, 255))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.thorough(
    "processes/test_tiles_scheduler.py::test_another_worker_takes_over_and_where_none_is_left_that_is_said",
    "unit/test_tiles_store.py::test_what_is_written_is_no_memory_of_this_process",
)
def test_memory_stays_far_below_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "heights.npy"
    # Nothing to compute, but so many steps that heights travel in four bytes.
    size = ("--size", "7000x7000", "--steps", "70000", "--window", "2,3,2,3", "--tile", "1000x500")
    limits = ("--variant", "threads", "--workers", "1", "--memory-limit", "500MB")
    peak_bytes = 0
    with started(*size, *limits, "--out", str(path), "--quiet") as running:
        tree = psutil.Process(running.pid)
        while running.poll() is None:
            # By their words: a child that has not started its program yet is its parent once more.
            resident_bytes = {}
            with suppress(psutil.NoSuchProcess):
                for process in [tree, *tree.children(recursive=True)]:
                    resident_bytes[tuple(process.cmdline())] = process.memory_info().rss
            peak_bytes = max(peak_bytes, sum(resident_bytes.values()))
            time.sleep(0.02)
        out, err = running.communicate()
    written_bytes = path.stat().st_size
    path.unlink()
    assert (running.returncode, err) == (0, "")
    assert "98 tiles by threads" in out
    assert written_bytes > 8 * 7000**2
    assert 0 < peak_bytes < written_bytes / 2


def test_ctrl_c_in_a_terminal_leaves_neither_process_nor_file(tmp_path: Path) -> None:
    with started(*ENDLESS, "--workers", "2", "--out", str(tmp_path / "heights.npy")) as running:
        await_first_tiles(running)
        workers = workers_of(running.pid)
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE_S)
    assert len(workers) == 2
    assert (running.returncode, out) == (130, "")
    said = [line for line in err.splitlines() if "tiles" not in line]
    assert said == ["hotloop: interrupted"]
    await_end(workers)
    assert list(tmp_path.iterdir()) == []


def test_workers_end_with_a_driver_that_is_killed(tmp_path: Path) -> None:
    out = ("--workers", "2", "--out", str(tmp_path / "heights.npy"))
    # What it leaves behind lies where pytest clears up.
    with started(*ENDLESS, *out, TMPDIR=str(tmp_path)) as running:
        await_first_tiles(running)
        workers = workers_of(running.pid)
        running.kill()
        running.communicate(timeout=PATIENCE_S)
    assert len(workers) == 2
    await_end(workers)
    assert not (tmp_path / "heights.npy").exists()


# Mostly inside the set, so that each tile takes a while: a worker dies in the middle of one.
INSIDE = (-0.6, 0.3, -0.6, 0.6)
LOSES_A_WORKER = (
    *("--variant", "cython", "--size", "120x80", "--tile", "30x20", "--steps", "10000"),
    *("--workers", "2", "--window", ",".join(map(str, INSIDE))),
)
BREAKS = {
    "floats": "height[3, 4] += 1",
    "python": "args[3].left == 50 and [][1]",
    # Last: four workers more, of which one is starting by the end.
    "numpy": "args[3].left == 50 and __import__('os').abort()",
}


@pytest.fixture(scope="module")
def in_one_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The levels of the workers' logs, and how the command ended with each variant.

    With cython, one of the workers is killed in the middle. "run": what ran of the current folder.
    "end": what the workers did when they were told to end.
    """
    folder, current = (tmp_path_factory.mktemp(name) for name in ("pool", "current"))
    set_trap(current)
    copy = copy_packages(folder / "copy")
    for variant, statement in BREAKS.items():
        break_variant(copy, variant, statement)
    size = ("--size", "150x90", "--tile", "50x30", "--steps", "20")
    out = str(folder / "heights.npy")
    commands = [
        ["tiles", *LOSES_A_WORKER, "--out", str(folder / "whole.npy")],
        *(["tiles", "--variant", v, *size, "--check", "--quiet", "--out", out] for v in BREAKS),
    ]
    words = json.dumps(commands)
    done = warm.run(
        [sys.executable, "-c", POOL, str(copy), words],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=current,
        capture_output=True,
        timeout=2 * PATIENCE_S,
    )
    assert (done.returncode, done.stderr) == (0, "")
    levels, at_the_end, *endings = json.loads(done.stdout)
    heights = np.load(folder / "whole.npy")
    told = {"levels": levels, "heights": heights, "run": was_run(current), "end": at_the_end}
    yield told | dict(zip(("cython", *BREAKS), endings, strict=True))
    assert sorted(path.name for path in folder.iterdir()) == ["copy", "whole.npy"]


def test_a_worker_that_is_killed_in_the_middle_costs_no_pixel(in_one_pool: dict[str, Any]) -> None:
    code, out, err = in_one_pool["cython"]
    assert code == 0, err
    assert "Traceback" not in err
    assert re.search(r"; [1-9]\d* tiles given out again", out), out
    heights = in_one_pool["heights"]
    assert heights.dtype == np.int64
    assert np.array_equal(heights, load("skip")(120, 80, 10_000, INSIDE))


def test_a_worker_is_mute_from_its_first_line_to_its_last(in_one_pool: dict[str, Any]) -> None:
    from implementations.tiles.cluster import SILENT

    # The handlers are silenced too, but only while a worker runs.
    assert in_one_pool["levels"] == [SILENT, SILENT]


def test_no_worker_is_ended_while_it_starts_in_the_place_of_another(
    in_one_pool: dict[str, Any],
) -> None:
    # One starts as the last command ends.
    assert in_one_pool["end"] == ["running", "running"]


def test_files_of_the_current_folder_are_not_run_by_workers(in_one_pool: dict[str, Any]) -> None:
    assert in_one_pool["run"] == []


@pytest.mark.parametrize(
    ("variant", "code", "words"),
    [
        (
            "floats",
            1,
            r"wrong: the tile 50x30 at \(\d+, \d+\) is not what threads computes: "
            r"1 of 1,500 pixels differ: pixel \(3, 4\) is \d+ instead of \d+ "
            r"\(counted within the tile\); heights\.npy was not written",
        ),
        (
            "python",
            4,
            r"hotloop: the tile 50x30 at \(50, \d+\) failed on a worker: list index out of range",
        ),
        (
            "numpy",
            4,
            # dask may name a tile that waited at a worker which died of another one.
            r"hotloop: 4 workers died on the tile 50x30 at \(\d+, \d+\): it may need more memory",
        ),
    ],
    ids=["wrong", "raises", "aborts"],
)
def test_a_variant_that_breaks_ends_in_one_sentence_and_no_file(
    in_one_pool: dict[str, Any], variant: str, code: int, words: str
) -> None:
    ending, out, err = in_one_pool[variant]
    said = out + err
    assert ending == code, said
    assert re.match(words, said), said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (TilesFailed("4 workers died"), 4, "4 workers died"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_a_check_that_fails_does_not_cost_the_picture(
    error: BaseException, code: int, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from implementations.tiles import cluster, verify

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(verify, "first_difference", fail)
    # No worker is needed to compute nothing: what is checked is a store, and what becomes of it.
    monkeypatch.setattr(tiles, "_workers", lambda *_: nullcontext())
    monkeypatch.setattr(cluster, "check_workers", lambda *_: None)
    monkeypatch.setattr(tiles, "_fill", lambda *_: 1)
    path, out, err = tmp_path / "heights.npy", io.StringIO(), io.StringIO()
    words = ["tiles", "--size", "20x10", "--check", "--quiet", "--out", str(path)]
    assert main(words, out, err) == code
    assert out.getvalue().endswith(f"\n! heights.npy is whole, and was not checked: {reason}\n")
    assert np.load(path).shape == (20, 10)

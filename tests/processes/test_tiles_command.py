"""``hotloop tiles`` as a user runs it: real workers of dask, killed for real."""

import io
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import numpy as np
import psutil
import pytest

from hotloop.cli import main
from hotloop.tiles import command as tiles
from hotloop.timing.worker import peak_memory_bytes
from implementations.problems import Picture
from implementations.registry import load
from implementations.tiles import TilesFailed
from implementations.tiles.tiling import Tiling
from tests import warm
from tests.broken_variants import break_variant, copy_packages

ROOT = Path(__file__).parents[2]
# Plain Python, mostly inside the set: a worker dies in the middle of a tile.
INSIDE = (-0.6, 0.3, -0.6, 0.6)
SLOW = (
    *("--variant", "floats", "--size", "201x107", "--tile", "30x20", "--steps", "500"),
    *("--window", ",".join(map(str, INSIDE))),
)
# For who ends it: many times as long, and soon given up.
ENDLESS = (*SLOW, "--size", "402x214", "--steps", "2000")
QUICK = ("--variant", "cython", "--size", "331x207", "--tile", "64x50")
PATIENCE_S = 60.0
# Where it matters what workers do and not how they start: forks of a process that has loaded dask.
QUICKLY_STARTED = {"DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "forkserver"}


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """A cluster of dask's sets PYTHONHASHSEED here, for its workers."""
    with patch.dict(os.environ):
        yield


def started(*words: str, first_on_path: Path = ROOT, **environment: str) -> "subprocess.Popen[str]":
    """In a session of its own, as a shell starts it: a terminal's Ctrl-C goes to all of it."""
    return warm.Popen(
        [sys.executable, "-m", "hotloop", "tiles", *words],
        env=os.environ | {"PYTHONPATH": str(first_on_path)} | environment,
        cwd=first_on_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(*words: str, first_on_path: Path = ROOT, **environment: str) -> tuple[int, str, str]:
    with started(*words, first_on_path=first_on_path, **environment) as running:
        out, err = running.communicate(timeout=PATIENCE_S)
    return running.returncode, out, err


def await_first_tiles(running: "subprocess.Popen[str]") -> None:
    assert running.stderr is not None
    for line in running.stderr:
        if " tiles" in line:
            return
    pytest.fail("no tile was computed")


def workers_of(pid: int) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            words = " ".join(child.cmdline())
            # A server that forks them is none.
            forked = child.children() if "forkserver" in words else []
            found += [child] if "spawn_main" in words else forked
    return found


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def await_end(processes: list[psutil.Process]) -> None:
    # Not waited for by us, so that one that is a zombie has ended.
    deadline = time.monotonic() + PATIENCE_S
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            while process.status() != psutil.STATUS_ZOMBIE:
                assert time.monotonic() < deadline, process
                time.sleep(0.02)


def assert_all_is_told(out: str) -> None:
    """Of a run with QUICK and --check."""
    assert re.fullmatch(
        r"Mandelbrot 331 x 207, 255 steps: 30 tiles by cython in [\d.]+ m?s, [\d.]+ [kM] pixels/s, "
        r"[\d.]+ [kMG] iterations/s; peak memory [\d.]+ MiB here, [\d.]+ MiB in a worker; 0 tiles "
        r"given out again; 8 of them equal threads bit for bit\n",
        out,
    )


def test_the_array_is_the_plain_variants_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "heights.npy"
    words = (*QUICK, "--workers", "2", "--out", str(path), "--check", "--quiet")
    code, out, err = ended(*words, first_on_path=ROOT, **QUICKLY_STARTED)
    assert (code, err) == (0, "")
    assert_all_is_told(out)
    heights = np.load(path, mmap_mode="r")
    assert heights.dtype == np.int64
    assert np.array_equal(heights, load("cython")(331, 207, 255))
    assert list(tmp_path.iterdir()) == [path]


def test_a_worker_that_is_killed_in_the_middle_costs_no_pixel(tmp_path: Path) -> None:
    path = tmp_path / "heights.npy"
    # Half as many tiles again, so that they outlast the look for who computes them.
    words = (*SLOW, "--size", "302x107", "--workers", "2", "--out", str(path))
    with started(*words, first_on_path=ROOT, **QUICKLY_STARTED) as running:
        await_first_tiles(running)
        # On a busy machine the other one may not have begun.
        max(workers_of(running.pid), key=cpu_seconds).kill()
        out, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, err
    assert "Traceback" not in err
    assert re.search(r"; [1-9]\d* tiles given out again", out), out
    assert np.array_equal(np.load(path), load("cython")(302, 107, 500, INSIDE))


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


def test_a_worker_is_mute_from_its_first_line_to_its_last() -> None:
    from implementations.tiles.cluster import SILENT, local_workers

    # A logger travels by its name: what comes back is the level in the worker's process. The
    # handlers are silenced too, but only while a worker runs.
    with local_workers(1, None) as client:
        levels = client.run(logging.getLogger("distributed").getEffectiveLevel)
    assert list(levels.values()) == [SILENT]


@pytest.fixture
def other_variants(tmp_path: Path) -> Path:
    """The folder of a copy of the variants that may be broken; it comes first on the path."""
    return copy_packages(tmp_path / "copy")


@pytest.mark.parametrize(
    ("statement", "code", "words"),
    [
        (
            "height[3, 4] += 1",
            1,
            r"wrong: the tile 50x30 at \(\d+, \d+\) is not what threads computes: "
            r"1 of 1,500 pixels differ: pixel \(3, 4\) is \d+ instead of \d+ "
            r"\(counted within the tile\); heights\.npy was not written",
        ),
        (
            "args[3].left == 50 and __import__('os').abort()",
            4,
            # dask may name a tile that waited at a worker which died of another one.
            r"hotloop: 4 workers died on the tile 50x30 at \(\d+, \d+\): it may need more memory",
        ),
        (
            "args[3].left == 50 and [][1]",
            4,
            r"hotloop: the tile 50x30 at \(50, \d+\) failed on a worker: list index out of range",
        ),
    ],
    ids=["wrong", "aborts", "raises"],
)
def test_a_variant_that_breaks_ends_in_one_sentence_and_no_file(
    other_variants: Path, tmp_path: Path, statement: str, code: int, words: str
) -> None:
    break_variant(other_variants, "floats", statement)
    size = ("--variant", "floats", "--size", "150x90", "--tile", "50x30", "--workers", "1")
    out = ("--out", str(tmp_path / "heights.npy"))
    # One of them starts five workers.
    ending = ended(
        *size, "--check", "--quiet", *out, first_on_path=other_variants, **QUICKLY_STARTED
    )
    assert ending[0] == code, ending
    said = "".join(ending[1:])
    assert re.match(words, said), said
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


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


def dask(*words: str, folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / f"{words[0]}.log").open("ab") as log:
        return warm.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{words[0]}", *words[1:]],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            cwd=folder,
            stdout=log,
            stderr=log,
        )


@contextmanager
def scheduler(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The address of a scheduler of its own process, on any free port of loopback."""
    note = folder / "scheduler.json"
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
    process = dask("scheduler", *words, "--scheduler-file", str(note), folder=folder)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not (note.exists() and (found := re.search(r"tcp://[\d.:]+", note.read_text()))):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield found[0], process
    finally:
        process.kill()
        process.wait()


@contextmanager
def worker(address: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = dask(
        "worker", address, "--no-nanny", "--no-dashboard", "--nthreads", "2", folder=folder
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_workers_of_a_scheduler_compute_the_same_and_live_on(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / "heights.zarr"
    with scheduler(tmp_path) as (address, process), worker(address, tmp_path) as remote:
        words = ("--out", str(path), "--scheduler", address, "--check", "--quiet")
        code, out, err = ended(*QUICK, *words)
        assert (code, err) == (0, "")
        assert_all_is_told(out)
        heights = np.asarray(zarr.open_array(path, mode="r")[:])
        assert heights.dtype == np.int64
        assert np.array_equal(heights, load("cython")(331, 207, 255))
        assert list(folder.iterdir()) == [path]
        assert (process.poll(), remote.poll()) == (None, None)


def test_a_scheduler_that_dies_is_one_sentence_and_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with (
        scheduler(tmp_path) as (address, process),
        worker(address, tmp_path),
        started(*ENDLESS, "--out", str(folder / "a.npy"), "--scheduler", address) as running,
    ):
        await_first_tiles(running)
        process.kill()
        out, err = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, out) == (4, "")
    assert err.splitlines()[-1] == "hotloop: the connection to the scheduler was lost"
    assert "Traceback" not in err
    assert list(folder.iterdir()) == []


def test_another_worker_takes_over_and_where_none_is_left_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from implementations.tiles import flow
    from implementations.tiles.cluster import check_workers, scheduler_at

    monkeypatch.setattr(flow, "NO_WORKER_LIMIT_S", 1.0)
    monkeypatch.setattr(flow, "FETCH_LIMIT_S", 1.0)
    tiling = Tiling(Picture(200, 100, 255), 20, 10)
    ledger = flow.Ledger()
    with (
        scheduler(tmp_path) as (address, _process),
        worker(address, tmp_path) as first,
        worker(address, tmp_path) as second,
        scheduler_at(address) as client,
    ):
        client.wait_for_workers(2, timeout=PATIENCE_S)
        check_workers(client, "floats")
        tiles = flow.compute(client, "floats", tiling, iter(tiling), peak_memory_bytes, ledger)
        with closing(tiles):
            next(tiles)
            first.kill()
            done = 1 + len(list(islice(tiles, 20)))
            second.kill()
            sentence = "all workers are lost, and none came back for 1 s"
            with pytest.raises(TilesFailed, match=sentence):
                done += len(list(tiles))
    assert done < tiling.tiles
    assert ledger.given_out_again >= 1


def test_nobody_at_the_address_and_nobody_at_work_are_told_apart(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        nobody = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with scheduler(tmp_path) as (address, _process):
            out = ("--out", str(tmp_path / "heights.npy"), "--quiet", "--variant", "cython")
            commands = [started(*out, "--scheduler", place) for place in (nobody, address)]
            said = [command.communicate(timeout=PATIENCE_S) for command in commands]
    assert [command.returncode for command in commands] == [4, 4]
    assert said[0][1].startswith(f"hotloop: no dask scheduler answers at {nobody}: start one")
    assert said[1][1].startswith(f"hotloop: the scheduler at {address} has no workers: start")
    assert [err.count("\n") for _out, err in said] == [1, 1]
    assert not (tmp_path / "heights.npy").exists()

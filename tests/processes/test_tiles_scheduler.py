"""``hotloop tiles`` with the workers of a scheduler that dask's own commands started."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from hotloop.timing.worker import peak_memory_bytes
from implementations.problems import Picture
from implementations.registry import load
from implementations.tiles import TilesFailed
from implementations.tiles.tiling import Tiling
from tests import warm
from tests.tile_runs import (
    ENDLESS,
    PATIENCE_S,
    QUICK,
    ROOT,
    assert_all_is_told,
    await_first_tiles,
    ended,
    started,
)


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
        # And a scheduler that dies is one sentence and no file.
        endless = (*ENDLESS, "--out", str(folder / "a.npy"), "--scheduler", address)
        with started(*endless) as running:
            await_first_tiles(running)
            process.kill()
            out, err = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, out) == (4, "")
    assert err.splitlines()[-1] == "hotloop: the connection to the scheduler was lost"
    assert "Traceback" not in err
    assert list(folder.iterdir()) == [path]


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
        held = []
        with closing(tiles):
            next(tiles)
            first.kill()
            for _ in islice(tiles, 20):
                held.append(
                    client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
                )
            done = 1 + len(held)
            second.kill()
            sentence = "all workers are lost, and none came back for 1 s"
            with pytest.raises(TilesFailed, match=sentence):
                done += len(list(tiles))
    assert done < tiling.tiles
    # Two tiles a thread, and what has just been released.
    assert max(held) <= 12
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

"""Seconds of kernel, copy and call apart, each the median of several."""

import statistics
import time
from collections.abc import Callable

import numpy as np

from implementations import cuda_limit, cuda_mandel
from implementations.grid import coordinates
from implementations.problems import WINDOW

SIZES = ((320, 240, 255), (1920, 1080, 1000), (7680, 4320, 1000), (7680, 4320, 10_000))


def on_gpu_s(work: Callable[[], object], repeats: int) -> float:
    """The median of what the GPU's own clock says, after one run that is not counted.

    The GPU has something else to do until the work has been asked for: how long Python takes to
    ask is part of a call, not of a kernel.
    """
    cp = cuda_mandel.cupy()
    took_s: list[float] = []
    for turn in range(repeats + 1):
        start, end = cp.cuda.Event(), cp.cuda.Event()
        cuda_limit.launch()
        start.record()
        work()
        end.record()
        end.synchronize()
        if turn:
            took_s.append(cp.cuda.get_elapsed_time(start, end) / 1e3)
    return statistics.median(took_s)


def kernel_s(size: tuple[int, int, int], skips: bool, repeats: int) -> float:
    """One launch for the whole grid, coordinates and answer on the card."""
    cp = cuda_mandel.cupy()
    n_x, n_y, steps = size
    job = cuda_mandel.Job(*coordinates(n_x, n_y, steps, WINDOW), steps, skips)
    counters = job.send(repeats + 1)
    there = cp.empty((n_x, n_y), cp.int64)
    each = iter(range(repeats + 1))
    return on_gpu_s(lambda: job.launch(0, there, counters[next(each)]), repeats)


def copy_s(size: tuple[int, int, int], pinned: bool, repeats: int) -> float:
    """The answer from the card into memory of the host, ordinary or pinned, touched before."""
    there = cuda_mandel.cupy().zeros(size[:2], np.int64)
    here = cuda_mandel.host_memory(size[:2], np.int64) if pinned else np.empty(size[:2], np.int64)
    here.fill(0)
    return on_host_s(lambda: there.get(out=here), repeats)


def call_s(size: tuple[int, int, int], skips: bool, repeats: int) -> float:
    """The whole call as a user makes it."""
    n_x, n_y, steps = size
    return on_host_s(lambda: cuda_mandel.compute_mandel(n_x, n_y, steps, WINDOW, skips), repeats)


def on_host_s(work: Callable[[], object], repeats: int) -> float:
    """The median of perf_counter around a call, after one that is not counted."""
    took_s = []
    for turn in range(repeats + 1):
        start = time.perf_counter()
        work()
        if turn:
            took_s.append(time.perf_counter() - start)
    return statistics.median(took_s)

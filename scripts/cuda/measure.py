"""Seconds of kernel, copy and call apart, and the card's own limit, each the median of several."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from implementations import cuda
from implementations.grid import grid
from implementations.problems import WINDOW

OPERATIONS_OF_AN_ITERATION = 8
TURNS = 4096
CHAINS = 8
# Multiplications and additions that do not wait for each other, none of them fused.
LIMIT = r"""
extern "C" __global__ void limit(double *out, double up, double by) {
    double product[CHAINS], sum[CHAINS];
    for (int c = 0; c < CHAINS; c++) product[c] = 1.0 + c + threadIdx.x, sum[c] = c;
    for (int turn = 0; turn < TURNS; turn++) {
        #pragma unroll
        for (int c = 0; c < CHAINS; c++) product[c] *= up, sum[c] += by;
    }
    double total = 0.0;
    for (int c = 0; c < CHAINS; c++) total += product[c] + sum[c];
    out[blockIdx.x * (long long)blockDim.x + threadIdx.x] = total;
}
"""
SIZES = ((320, 240, 255), (1920, 1080, 1000), (7680, 4320, 1000), (7680, 4320, 10_000))


def limit(repeats: int = 7) -> float:
    """Iterations/s at most: the best rate over some shapes of the launch, over 8."""
    cp = cuda.cupy()
    options = (*cuda.FLAGS, f"-DTURNS={TURNS}", f"-DCHAINS={CHAINS}")
    kernel = cp.RawModule(code=LIMIT, options=options).get_function("limit")
    processors: int = cp.cuda.Device().attributes["MultiProcessorCount"]
    best = 0.0
    for blocks, threads in ((8, 128), (16, 128), (8, 256), (32, 64)):
        out = cp.empty(blocks * processors * threads)
        arguments = (out, cp.float64(1.0000001), cp.float64(1e-9))

        def launch(
            shape: tuple[int, int] = (blocks, threads), arguments: tuple[Any, ...] = arguments
        ) -> None:
            kernel((shape[0] * processors,), (shape[1],), arguments)

        operations = blocks * processors * threads * TURNS * CHAINS * 2
        best = max(best, operations / on_gpu_s(launch, repeats))
    return best / OPERATIONS_OF_AN_ITERATION


def on_gpu_s(work: Callable[[], object], repeats: int) -> float:
    """The median of what the GPU's own clock says, after one run that is not counted."""
    cp = cuda.cupy()
    took_s: list[float] = []
    for turn in range(repeats + 1):
        start, end = cp.cuda.Event(), cp.cuda.Event()
        start.record()
        work()
        end.record()
        end.synchronize()
        if turn:
            took_s.append(cp.cuda.get_elapsed_time(start, end) / 1e3)
    return statistics.median(took_s)


def kernel_s(size: tuple[int, int, int], skips: bool, block: int, repeats: int) -> float:
    """The kernel alone, coordinates and answer on the card."""
    cp = cuda.cupy()
    fill = cuda.kernel(skips, block)
    n_x, n_y, steps = size
    x_vals, y_vals, _ = grid(n_x, n_y, steps, WINDOW)
    there = cp.empty((n_x, n_y), cp.int64)
    given = (cp.asarray(x_vals), cp.asarray(y_vals), 0, n_x, n_y, steps, there)
    blocks = cuda.BLOCKS_OF_A_PROCESSOR * cp.cuda.Device().attributes["MultiProcessorCount"]
    counter = cp.zeros(1, cp.uint64)

    def launch() -> None:
        counter.fill(0)
        fill((blocks,), (cuda.THREADS_OF_A_BLOCK,), (*given, counter))

    return on_gpu_s(launch, repeats)


def copy_s(size: tuple[int, int, int], pinned: bool, repeats: int) -> float:
    """The answer from the card into memory of the host, ordinary or pinned, touched before."""
    import numpy as np

    cp = cuda.cupy()
    n_x, n_y, _ = size
    there = cp.zeros((n_x, n_y), cp.int64)
    if pinned:
        memory = cp.cuda.alloc_pinned_memory(there.nbytes)
        here = np.frombuffer(memory, np.int64, n_x * n_y).reshape(n_x, n_y)
    else:
        here = np.zeros((n_x, n_y), np.int64)
    return on_host_s(lambda: there.get(out=here), repeats)


def call_s(size: tuple[int, int, int], skips: bool, repeats: int) -> float:
    """The whole call as a user makes it."""
    n_x, n_y, steps = size
    return on_host_s(lambda: cuda.compute_mandel(n_x, n_y, steps, WINDOW, skips), repeats)


def on_host_s(work: Callable[[], object], repeats: int) -> float:
    """The median of perf_counter around a call, after one that is not counted."""
    took_s = []
    for turn in range(repeats + 1):
        start = time.perf_counter()
        work()
        if turn:
            took_s.append(time.perf_counter() - start)
    return statistics.median(took_s)

"""What the GPU can do at most: the rate of multiplies and adds in double precision, none fused.

As implementations/limit.pyx for the CPU: an iteration has eight operations, four of each kind.
"""

import time
from functools import cache
from typing import Any

import numpy as np

from implementations.cuda_mandel import FLAGS, cupy

OPERATIONS_OF_AN_ITERATION = 8
TURNS = 4096
CHAINS = 8
# Multiplications and additions that do not wait for each other.
SOURCE = r"""
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
# Blocks of a processor and threads of a block: the fastest of six shapes on an H200.
BLOCKS, THREADS = 32, 64


def name() -> str:
    """The card, as its driver calls it. Raises Unavailable without one."""
    properties = cupy().cuda.runtime.getDeviceProperties(cupy().cuda.Device().id)
    called: str = properties["name"].decode()
    return called


def measure(seconds: float) -> float:
    """Iterations/s at most: the best launch of some for about that many seconds, at least two.

    By the card's own clock. Raises Unavailable without a GPU.
    """
    cp = cupy()
    start, end = cp.cuda.Event(), cp.cuda.Event()
    best = 0.0
    launches = 0
    until_s = time.perf_counter() + seconds
    while launches < 2 or time.perf_counter() < until_s:
        start.record()
        operations = launch()
        end.record()
        end.synchronize()
        best = max(best, operations / cp.cuda.get_elapsed_time(start, end) * 1e3)
        launches += 1
    return best / OPERATIONS_OF_AN_ITERATION


def launch() -> int:
    """Ask for a millisecond's work; returns the operations in it."""
    cp = cupy()
    blocks = BLOCKS * cp.cuda.Device().attributes["MultiProcessorCount"]
    out = cp.empty(blocks * THREADS)
    _kernel()((blocks,), (THREADS,), (out, np.float64(1.0000001), np.float64(1e-9)))
    operations: int = blocks * THREADS * TURNS * CHAINS * 2
    return operations


@cache
def _kernel() -> Any:
    options = (*FLAGS, f"-DTURNS={TURNS}", f"-DCHAINS={CHAINS}")
    return cupy().RawModule(code=SOURCE, options=options).get_function("limit")

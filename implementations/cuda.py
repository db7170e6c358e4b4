"""CUDA through CuPy: a pixel for each thread of a GPU, in double precision. NOT ON THE LADDER YET.

It waits outside of the registry: nothing here has run on a GPU, only the arithmetic of a point, as
C++ on the CPU. ``scripts/try-cuda`` checks and measures it where there is one; once that has
passed, it becomes a rung.

A point goes in blocks without a test, as in kernels/lanes.h, where the proof is: what has escaped
still looks escaped at the end of the block, which is then repeated with the test. And an orbit
that is where it was at an earlier mark never escapes (skip_mandel.pyx); comparing bits costs a GPU
hardly anything. Warps take tiles of 4 x 8 pixels from a counter, so that none waits for the set's
middle. No operation is fused (``--fmad=false``).
"""

import time
from collections.abc import Iterator
from functools import cache
from typing import Any

from implementations.grid import Heights, grid
from implementations.problems import WINDOW, Window
from implementations.registry import Unavailable

BLOCK = 32
# A launch of at most so many steps ends within a third of a second on a card with slow doubles.
STEPS_OF_A_LAUNCH = 2**35
BYTES_OF_A_PIXEL = 8
# Of the card's free memory, for the answer of one launch.
MOST_OF_MEMORY = 0.5
WAIT_S = 50e-6
FLAGS = ("--fmad=false", "--std=c++17")

POINT = r"""
#ifndef DEVICE
#define DEVICE __device__ __forceinline__
#define SAME(a, b) (__double_as_longlong(a) == __double_as_longlong(b))
#define UNROLL _Pragma("unroll")
#endif

/* Where the proof for blocks holds: |c| <= 2 - 2^-40 (kernels/lanes.h). */
#define NEAR_CIRCLE (4.0 - 0x1p-37)

/* The step at which the point (cx, cy) escapes, or steps. */
template <bool skips>
DEVICE long long escape(double cx, double cy, long long steps) {
    double x = cx, y = cy;
    long long i = 0;
    if (cx * cx + cy * cy < NEAR_CIRCLE) {
        double mark_x = x, mark_y = y;
        long long next_mark = BLOCK;
        while (i + BLOCK <= steps) {
            const double from_x = x, from_y = y;
            bool again = false;
            UNROLL
            for (int k = 0; k < BLOCK; k++) {
                const double difference = x * x - y * y;
                y = (x + x) * y + cy;
                x = difference + cx;
                if (skips && k % 4 == 3) again |= SAME(x, mark_x) && SAME(y, mark_y);
            }
            /* A NaN is not less. */
            if (!(x * x + y * y < 4.0)) {
                x = from_x;
                y = from_y;
                break;
            }
            if (skips && again) return steps;
            i += BLOCK;
            if (skips && i >= next_mark) {
                mark_x = x;
                mark_y = y;
                next_mark = 2 * i;
            }
        }
    }
    for (; i < steps; i++) {
        const double x2 = x * x, y2 = y * y;
        if (x2 + y2 >= 4.0) return i;
        y = (x + x) * y + cy;
        x = x2 - y2 + cx;
    }
    return steps;
}
"""

GRID = r"""
/* The columns from first on, count of them; next: a counter at 0. */
template <bool skips>
__global__ void fill(const double *x_vals, const double *y_vals, long long first, long long count,
                     long long n_y, long long steps, long long *height,
                     unsigned long long *next) {
    const long long tiles_y = (n_y + 7) / 8;
    const unsigned long long tiles = (count + 3) / 4 * tiles_y;
    const int lane = threadIdx.x % 32;
    for (;;) {
        unsigned long long tile = 0;
        if (lane == 0) tile = atomicAdd(next, 1ULL);
        tile = __shfl_sync(~0u, tile, 0);
        if (tile >= tiles) return;
        const long long i = tile / tiles_y * 4 + lane / 8, j = tile % tiles_y * 8 + lane % 8;
        if (i < count && j < n_y) {
            height[i * n_y + j] = escape<skips>(x_vals[first + i], y_vals[j], steps);
        }
    }
}
"""

THREADS_OF_A_BLOCK = 128
BLOCKS_OF_A_PROCESSOR = 8


def parts(n_x: int, n_y: int, steps: int, free_bytes: int) -> Iterator[tuple[int, int]]:
    """Columns in stretches (first, count), each small enough for a launch and for the card.

    Raises MemoryError if the card has no room for one column.
    """
    room = int(free_bytes * MOST_OF_MEMORY) // (n_y * BYTES_OF_A_PIXEL)
    if room < 1:
        raise MemoryError(f"the GPU's {free_bytes:,} free bytes hold no column of {n_y:,} pixels")
    short = STEPS_OF_A_LAUNCH // (n_y * (steps + 1))
    most = max(1, min(n_x, room, short))
    for first in range(0, n_x, most):
        yield first, min(most, n_x - first)


@cache
def cupy() -> Any:
    """CuPy, with a GPU. Raises Unavailable."""
    try:
        import cupy as found
    except ModuleNotFoundError as error:
        raise Unavailable(
            f"{error.name} is not installed: pip install 'cupy-cuda13x[ctk]'"
        ) from error
    except Exception as error:
        raise Unavailable(f"cupy cannot be imported: {error}") from error
    try:
        count = found.cuda.runtime.getDeviceCount()
    except Exception as error:
        raise Unavailable(f"there is no GPU for CUDA here: {error}") from error
    if count < 1:
        raise Unavailable("there is no GPU for CUDA here")
    return found


@cache
def kernel(skips: bool, block: int = BLOCK) -> Any:
    """The compiled kernel. Raises Unavailable."""
    name = f"fill<{str(skips).lower()}>"
    module = cupy().RawModule(
        code=POINT + GRID, options=(*FLAGS, f"-DBLOCK={block}"), name_expressions=(name,)
    )
    return module.get_function(name)


def compute_mandel(
    N_x: int, N_y: int, N_iter: int, window: Window = WINDOW, skips: bool = True
) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none.

    skips: leave out what provably never escapes. Raises Unavailable without a GPU.
    """
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    n_x, n_y = height.shape
    cp = cupy()
    fill = kernel(skips)
    # A stream of its own for each call, so that callers in several threads do not meet.
    with cp.cuda.Stream(non_blocking=True) as stream:
        x_there, y_there = cp.asarray(x_vals), cp.asarray(y_vals)
        blocks = BLOCKS_OF_A_PROCESSOR * cp.cuda.Device().attributes["MultiProcessorCount"]
        stretches = list(parts(n_x, n_y, int(N_iter), cp.cuda.runtime.memGetInfo()[0]))
        there = cp.empty((stretches[0][1], n_y), cp.int64)
        for first, count in stretches:
            arguments = (x_there, y_there, first, count, n_y, int(N_iter), there)
            fill((blocks,), (THREADS_OF_A_BLOCK,), (*arguments, cp.zeros(1, cp.uint64)))
            _wait(stream)
            there[:count].get(out=height[first : first + count])
    return height


def _wait(stream: Any) -> None:
    """Until all is done, in short sleeps: Python looks for Ctrl-C between them."""
    while not stream.done:
        time.sleep(WAIT_S)

"""CUDA through CuPy: thousands of pixels at once on a GPU, in double precision.

The kernel has the ideas of kernels/lanes.h and fastest_mandel.pyx, for warps of 32 pixels:

- A point goes in blocks of steps without a test; what has escaped still looks escaped at the end
  of a block, which is then repeated with the test (the proof is at the head of lanes.h). The
  first steps, in which most points escape, are tested one by one.
- An orbit that is where it was at an earlier mark never escapes (skip_mandel.pyx). Bits are
  compared as integers, by units that have nothing else to do here; so is the test: a sum of
  squares is 4 or more exactly if the upper half of its bits says so. (Nothing is NaN before its
  point has escaped.)
- Rows that mirror each other are computed once.
- Warps take tiles of 4 x 8 pixels from a counter, the middle of the picture first, so that the
  end of the work is cheap tiles.

And a step has six operations instead of seven. The blocks follow twice the orbit, X = 2x, Y = 2y:

    X' = (X*X - Y*Y) / 2 + 2 cx        Y' = X*Y + 2 cy

Doubling is exact, so every product, difference and sum here is rounded where Python's is, to the
same bits but for a power of two. Halving is exact too: the fused multiply-add that halves and adds
rounds once, as Python's addition does. (All else is compiled with --fmad=false.) Exact, that is,
unless a number falls below the smallest normal one, 2^-1022, which none does if |cx| and |cy| are
2^-400 or more. For then x and y, the rounded sums of something and cx or cy, are multiples of
2^-453; so the products are multiples of 2^-906, rounded to 53 bits of which the last is 2^-958 or
more, and so are their differences. Other points (the axes themselves, and 1e-120 around them) go
in blocks of seven operations. And what overflows, here or there, has escaped long before.

The answer lies in page-locked memory, to which a GPU copies three times as fast and without the
page faults of new memory, and is copied while the next columns are computed. CuPy keeps that
memory for later answers.
"""

import math
import threading
import time
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from implementations.grid import Coordinates, Heights, Part, coordinates, different_rows
from implementations.problems import WINDOW, Window
from implementations.registry import Unavailable

INSTALL = "pip install 'hotloop[cuda]'"
FLAGS = ("--fmad=false", "--std=c++17")

# Steps without a test, and those before them with one.
BLOCK = 32
PROBE = 8
# Launches, whose answers are copied while the next one computes. The first is half as long as the
# others, so that there is soon something to copy. For fewer pixels it costs more than it hides.
STRETCHES = 3
FEWEST_PIXELS_OF_STRETCHES = 2**19
# The card holds two at a time.
MOST_BYTES_OF_A_STRETCH = 2**27
# Graphics cards that also show a screen end a launch after seconds; one of so many steps ends
# within one, on a card with slow doubles too.
MOST_STEPS_OF_A_STRETCH = 2**37
BYTES_OF_A_PIXEL = 8
# Larger answers come in ordinary memory: page-locked memory is taken from all other programs.
MOST_LOCKED_BYTES = 2**30
# One on each processor: eight warps for each of its four schedulers.
THREADS_OF_A_BLOCK = 1024
# The wait for the GPU looks all the time until then, afterwards now and then.
EAGER_S = 2e-3
PATIENT_S = 100e-6

POINT = r"""
#ifndef DEVICE
#define DEVICE __device__ __forceinline__
#define SAME(a, b) (__double_as_longlong(a) == __double_as_longlong(b))
#define UPPER_HALF(a) ((unsigned)__double2hiint(a))
#define FUSED(a, b, c) __fma_rn(a, b, c)
#define UNROLL _Pragma("unroll")
#endif

/* Where the proof for blocks holds: |c| <= 2 - 2^-40 (kernels/lanes.h). */
#define NEAR_CIRCLE (4.0 - 0x1p-37)
/* Where twice the orbit has the same bits. */
#define LEAST_TO_DOUBLE 0x1p-400
/* A block's orbits are compared with their marks every so many steps. */
#define COMPARED 8
/* Not less than 4, or 16: a sum of squares is not negative, and a NaN is above all. */
#define IS_4(sum) (UPPER_HALF(sum) >= 0x40100000u)
#define IS_16(sum) (UPPER_HALF(sum) >= 0x40300000u)
/* The counter of tiles is set to this, or more, when the answer is no longer wanted. */
#define STOPPED 0x80000000u
#define LOOKS_AFTER 0x10000u
DEVICE bool is_stopped(unsigned i, const volatile unsigned *next) {
    return i % LOOKS_AFTER >= LOOKS_AFTER - BLOCK && *next >= STOPPED;
}

/* With the test after every step, from step i on. */
DEVICE int tested(double cx, double cy, double x, double y, int i, int until,
                  const volatile unsigned *next) {
    for (; i < until; i++) {
        const double x2 = x * x, y2 = y * y;
        if (IS_4(x2 + y2) || is_stopped(i, next)) return i;
        y = (x + x) * y + cy;
        x = x2 - y2 + cx;
    }
    return until;
}

enum End { GOES_ON, REPEATS };

/* Blocks from step i on, which x, y and i are left before: the one in which the point escapes, or
   which would go beyond the last step. twice: all is doubled. */
template <bool skips, bool twice>
DEVICE End blocks(double cx, double cy, double &x, double &y, int &i, int steps,
                  const volatile unsigned *next) {
    double mark_x = x, mark_y = y;
    unsigned next_mark = i + BLOCK;
    while (i <= steps - BLOCK) {
        const double from_x = x, from_y = y;
        bool repeats = false;
        UNROLL
        for (int k = 1; k <= BLOCK; k++) {
            const double difference = x * x - y * y;
            if (twice) {
                y = x * y + cy;
                x = FUSED(difference, 0.5, cx);
            } else {
                y = (x + x) * y + cy;
                x = difference + cx;
            }
            if (skips && k % COMPARED == 0) repeats |= SAME(x, mark_x) && SAME(y, mark_y);
        }
        const double sum = x * x + y * y;
        if ((twice ? IS_16(sum) : IS_4(sum)) || is_stopped(i, next)) {
            x = from_x;
            y = from_y;
            return GOES_ON;
        }
        if (repeats) return REPEATS;
        i += BLOCK;
        if (skips && (unsigned)i >= next_mark) {
            mark_x = x;
            mark_y = y;
            next_mark = 2u * i;
        }
    }
    return GOES_ON;
}

/* The step at which the point (cx, cy) escapes, or steps. */
template <bool skips>
DEVICE int escape(double cx, double cy, int steps, const volatile unsigned *next) {
    double x = cx, y = cy;
    int i = 0;
    for (; i < PROBE && i < steps; i++) {
        const double x2 = x * x, y2 = y * y;
        if (IS_4(x2 + y2)) return i;
        y = (x + x) * y + cy;
        x = x2 - y2 + cx;
    }
    if (cx * cx + cy * cy < NEAR_CIRCLE) {
        End end;
        if (fabs(cx) >= LEAST_TO_DOUBLE && fabs(cy) >= LEAST_TO_DOUBLE) {
            x += x;
            y += y;
            end = blocks<skips, true>(cx + cx, cy + cy, x, y, i, steps, next);
            x *= 0.5;
            y *= 0.5;
        } else {
            end = blocks<skips, false>(cx, cy, x, y, i, steps, next);
        }
        if (end == REPEATS) return steps;
    }
    return tested(cx, cy, x, y, i, steps, next);
}
"""

GRID = r"""
#define TILE_X 4
#define TILE_Y 8

/* height[i][j], of n_y each: the answer for x[i] and y[j], for the rows j that are named; skips:
   and for those that mirror them. next: a counter at 0. */
template <bool skips>
__global__ void fill(const double *x, const double *y, const long long *rows, int columns,
                     int n_rows, long long n_y, int steps, long long *height, unsigned *next) {
    const unsigned down = (n_rows + TILE_Y - 1) / TILE_Y, across = (columns + TILE_X - 1) / TILE_X;
    const unsigned tiles = across * down;
    const int lane = threadIdx.x % 32;
    unsigned tile = 0;
    if (lane == 0) tile = atomicAdd(next, 1u);
    tile = __shfl_sync(~0u, tile, 0);
    while (tile < tiles) {
        /* Asked for now, needed when this one is done. */
        unsigned coming = 0;
        if (lane == 0) coming = atomicAdd(next, 1u);
        /* From the middle column to both sides. */
        const unsigned k = tile / down, middle = (across - 1) / 2;
        const unsigned column = k % 2 ? middle + (k + 1) / 2 : middle - k / 2;
        const long long i = column * TILE_X + lane / TILE_Y;
        const long long r = tile % down * TILE_Y + lane % TILE_Y;
        if (i < columns && r < n_rows) {
            const long long j = rows[r], opposite = n_y - 1 - j;
            const long long found = escape<skips>(x[i], y[j], steps, next);
            height[i * n_y + j] = found;
            if (skips && y[opposite] == -y[j]) height[i * n_y + opposite] = found;
        }
        tile = __shfl_sync(~0u, coming, 0);
    }
}
"""

STOPPED = 2**31
Number = TypeVar("Number", np.int64, np.float64)


@cache
def cupy() -> Any:
    """CuPy, with a GPU. Raises Unavailable."""
    try:
        import cupy as found
    except ModuleNotFoundError as error:
        raise Unavailable(f"{error.name} is not installed: {INSTALL}") from error
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
def kernel(skips: bool) -> Any:
    """The compiled kernel. Raises Unavailable."""
    name = f"fill<{str(skips).lower()}>"
    options = (*FLAGS, f"-DBLOCK={BLOCK}", f"-DPROBE={PROBE}")
    module = cupy().RawModule(code=POINT + GRID, options=options, name_expressions=(name,))
    return module.get_function(name)


def build() -> None:
    """Compile the kernel, which CuPy keeps for other processes too. Raises Unavailable."""
    kernel(True)


def compute_mandel(
    N_x: int, N_y: int, N_iter: int, window: Window | Part = WINDOW, skips: bool = True
) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none.

    In page-locked memory up to 1 GiB. skips: leave out what provably never escapes, and rows that
    mirror each other. Raises Unavailable without a GPU, MemoryError if it has no room for two
    columns.
    """
    job = Job(*coordinates(N_x, N_y, N_iter, window), int(N_iter), skips)
    height = host_memory(job.shape, np.int64)
    computing, copying = _streams()
    with computing:
        counters, buffers = _on_the_card(job)
        try:
            _fill(height, job, counters, buffers, copying)
        except BaseException:
            _stop(counters, computing, copying)
            raise
    return height


def _fill(height: Heights, job: "Job", counters: Any, buffers: Any, copying: Any) -> None:
    """Compute on the current stream, and copy what is ready on the other."""
    copied: list[Any] = []
    for place, (first, end) in enumerate(stretches(len(height), len(buffers[0]))):
        # What its buffer had before is in the answer.
        if place >= len(buffers):
            wait(copied[place - len(buffers)])
        part = height[first:end]
        there = buffers[place % len(buffers)][: len(part)]
        job.launch(first, there, counters[place])
        copying.wait_event(cupy().cuda.get_current_stream().record())
        there.get(stream=copying, out=part, blocking=False)
        copied.append(copying.record())
    wait(copied[-1])


class Job:
    """One grid on the GPU: its coordinates, and launches for some of its columns each.

    x_vals (N_x,), y_vals (N_y,) float64.
    """

    def __init__(self, x_vals: Coordinates, y_vals: Coordinates, steps: int, skips: bool) -> None:
        self.x_vals, self.y_vals, self.steps = x_vals, y_vals, steps
        self.shape = len(x_vals), len(y_vals)
        self.rows = different_rows(y_vals) if skips else np.arange(len(y_vals))
        self.fill = kernel(skips)
        self.blocks: int = cupy().cuda.Device().attributes["MultiProcessorCount"]

    def send(self, launches: int) -> Any:
        """To the GPU, in one piece; returns a counter at 0 for each launch, uint64 (launches,)."""
        parts = (self.x_vals, self.y_vals, self.rows.view(np.float64), np.zeros(launches))
        # Kept until the GPU has it.
        self.sent = host_memory((sum(map(len, parts)),), np.float64)
        np.concatenate(parts, out=self.sent)
        there = cupy().empty(self.sent.shape)
        there.set(self.sent, stream=cupy().cuda.get_current_stream())
        n_x, rows_at = len(self.x_vals), sum(self.shape)
        self.x_there, self.y_there = there[:n_x], there[n_x:rows_at]
        self.rows_there = there[rows_at:-launches]
        return there[-launches:].view(np.uint64)

    def launch(self, first: int, there: Any, counter: Any) -> None:
        """Fill there, int64 (columns, N_y), on the current stream: the columns from first on."""
        columns, n_y = there.shape
        sizes = (np.int32(columns), np.int32(len(self.rows)), np.int64(n_y), np.int32(self.steps))
        given = (self.x_there[first:], self.y_there, self.rows_there, *sizes)
        self.fill((self.blocks,), (THREADS_OF_A_BLOCK,), (*given, there, counter))


def longest_stretch(n_x: int, n_y: int, steps: int) -> int:
    """How many columns a launch has at most."""
    hidden = math.ceil(n_x / (STRETCHES - 0.5)) if n_x * n_y > FEWEST_PIXELS_OF_STRETCHES else n_x
    small = MOST_BYTES_OF_A_STRETCH // (n_y * BYTES_OF_A_PIXEL)
    short = MOST_STEPS_OF_A_STRETCH // (n_y * (steps + 1))
    return max(1, min(hidden, small, short))


def stretches(n_x: int, longest: int) -> list[tuple[int, int]]:
    """The columns of each launch, from the first to before the second number."""
    if longest >= n_x:
        return [(0, n_x)]
    firsts = [0, *range(math.ceil(longest / 2), n_x, longest)]
    return list(zip(firsts, [*firsts[1:], n_x], strict=True))


def _on_the_card(job: Job) -> tuple[Any, Any]:
    """The counters of the launches, and two buffers, int64 (2, columns, N_y), as it has room."""
    columns = longest_stretch(*job.shape, job.steps)
    while True:
        try:
            counters = job.send(len(stretches(len(job.x_vals), columns)))
            return counters, cupy().empty((2, columns, len(job.y_vals)), np.int64)
        except MemoryError:
            if columns == 1:
                raise MemoryError(
                    f"the GPU has no room for two columns of {len(job.y_vals):,} pixels"
                ) from None
            columns = -(-columns // 2)


def host_memory(shape: tuple[int, ...], dtype: type[Number]) -> NDArray[Number]:
    """A new array that the GPU can copy fast: page-locked if it is not too large."""
    count = math.prod(shape)
    if count * BYTES_OF_A_PIXEL <= MOST_LOCKED_BYTES:
        cp = cupy()
        try:
            memory = cp.cuda.alloc_pinned_memory(count * BYTES_OF_A_PIXEL)
            return np.frombuffer(memory, dtype, count).reshape(shape)
        except cp.cuda.runtime.CUDARuntimeError:
            # The system lets no more be locked.
            pass
    return np.empty(shape, dtype)


# Each thread has streams of its own, so that callers in several threads do not meet, and keeps
# them: CuPy keeps the card's memory for the stream that had it before.
_OF_THIS_THREAD = threading.local()


def _streams() -> tuple[Any, Any]:
    """One that computes and one that copies, on the current card."""
    cp = cupy()
    streams: dict[int, tuple[Any, Any]] = _OF_THIS_THREAD.__dict__.setdefault("streams", {})
    card: int = cp.cuda.Device().id
    if card not in streams:
        streams[card] = (cp.cuda.Stream(non_blocking=True), cp.cuda.Stream(non_blocking=True))
    return streams[card]


def wait(event: Any) -> None:
    """Until it has happened. Python looks for Ctrl-C between the looks."""
    eager_until_s = time.perf_counter() + EAGER_S
    while not event.done:
        if time.perf_counter() > eager_until_s:
            time.sleep(PATIENT_S)


def _stop(counters: Any, *streams: Any) -> None:
    """Let no warp take another tile, and wait until nothing is written any more."""
    aside = cupy().cuda.Stream(non_blocking=True)
    stopped = np.full(len(counters), STOPPED, np.uint64)
    # Again and again: the counters themselves may still be on their way.
    while not all(stream.done for stream in streams):
        counters.set(stopped, stream=aside)
        aside.synchronize()
        time.sleep(PATIENT_S)

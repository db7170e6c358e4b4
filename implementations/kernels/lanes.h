/* Escape times with SIMD lanes: the body of <instruction set>.c.

   A thread's pixels go through three stations:

   probe    LANES * TESTED neighbours at a time, the escape test after every step, for the first
            few steps: most points outside escape here. What is left goes to the survivors.
   run      every lane of VECTORS vectors holds one survivor. BLOCK steps without any test, then
            one test for all of them. A lane that is done takes the next survivor, so that the
            lanes stay full whatever the neighbours of a pixel do.
   locate   the lanes that escaped somewhere in a block start again from its beginning, many
            at a time, now with the test after every step.

   Between two stations points lie side by side, an array for each of their numbers, so that a
   vector of them comes and goes in a few instructions: pack() and unpacked() of vectors.h.

   Why one test a block is enough. Let u = 2^-53, c a point with |c| <= 2 - 2^-40, and let the
   floating-point test x*x + y*y >= 4 be true at some step. Then |z|^2 >= 4(1 - 2u), |z| >= 2 - 3u.
   The step computes z' = z*z + c with an error of at most 8u (|z|^2 + |c|), so
   |z'| >= |z|^2 (1 - 8u) - |c| (1 + 8u), which grows with |z| and is at least
   (4 - 12u)(1 - 8u) - (2 - 2^-40)(1 + 8u) > 2 + 2^-41: the test is true at the next step as well,
   with |z'| > 2, and so on: |z'| >= |z| + 2^-41 each time, until something overflows. (Underflow
   adds an error below 2^-1073 and changes none of this.)
     Overflow: |2xy| <= x^2 + y^2, so that x*x or y*y overflows first or y does. If x*x or y*y is
   infinite, the sum is, which is >= 4, and x' = inf - .. or .. - inf is infinite or NaN. If only y'
   becomes infinite, y'*y' is infinite at the next step, and x'' infinite or NaN. An infinite x makes
   x' infinite or NaN, a NaN makes NaN, for ever: the sum is infinite or NaN at every later
   step, never < 4. So: not (x*x + y*y < 4) at the end of a block <=> the test was true at some step
   up to there. And before the first such step all is finite, so that "not <" is ">=".
     Points with |c| > 2 - 2^-40 never reach run: those that the probe leaves are followed with
   the test after every step. Who is it: cx*cx + cy*cy >= 4 - 2^-37, whose rounding error
   is below 2^-50.

   With KERNEL_SKIPS a lane is also done when its orbit is where it was a block earlier, or at an
   earlier mark, set after 1, 2, 4, 8, ... blocks: the next state depends on this one and c only, so
   that such an orbit goes round for ever and never escapes (skip_mandel.pyx). "Where it was" is
   equality of numbers; -0.0 and 0.0 have equal successors, NaN is equal to nothing, and a lane that
   escaped is looked at as escaped first. */

#include <stdlib.h>
#include <string.h>

#include "escape.h"

/* Steps in the probe, at least: there the test costs a fifth, later a whole block is wasted. */
#ifndef PROBE
#define PROBE 16
#endif

/* Steps between two tests: a longer block wastes more of the lanes that escape in it, a shorter
   one tests more often. The length that leaves the fewest steps to the probe is taken. */
#ifndef BLOCK_LEAST
#define BLOCK_LEAST 48
#define BLOCK_MOST 80
#endif

/* Where orbits are compared with an earlier state once a block: every cycle whose period divides
   the block is seen at the first comparison. */
#ifdef KERNEL_SKIPS
#define BLOCK_MULTIPLE 12
#else
#define BLOCK_MULTIPLE 1
#endif

/* Pixels that a thread takes at a time. */
#ifndef TILE
#define TILE 512
#endif

/* Steps of all lanes together between two polls: about a millisecond. */
#define POLL_STEPS (1 << 18)

/* Of the widest vector, and a cache line. */
#define ALIGNMENT 64

#define RUN_LANES (LANES * VECTORS)
#define BATCH_LANES (LANES * TESTED)

static const double ESCAPED = 4.0;
/* Hidden from the compiler, which makes 2.0 * x and x + x the same instruction, one or the other.
   They are the same number, but where multiplications and additions have units of their own, as
   on AMD's processors, one kind for every vector keeps half of the units waiting. */
static const volatile double TWO = 2.0;
static const double NEAR_CIRCLE = 4.0 - 0x1p-37;

/* For a tile's points behind a few of the one before, or a batch behind less than one; packing the
   lanes of a vector writes as many numbers as it has lanes. */
#define ROOM (TILE + BATCH_LANES + 2 * LANES)

/* Points on their way from one station to the next. */
typedef struct {
    double x[ROOM], y[ROOM], cx[ROOM], cy[ROOM];
    double pixel[ROOM];       /* a whole number, which answer() takes apart */
    double blocks_left[ROOM]; /* after the steps that are to be followed; not of survivors */
    int count;
} Points;

typedef struct {
    vec x[2][VECTORS], y[2][VECTORS]; /* at a block's beginning and end, in turn */
    vec cx[VECTORS], cy[VECTORS];
    vec pixel[VECTORS];
    vec blocks_left[VECTORS]; /* as doubles, which every instruction set can compare */
#ifdef KERNEL_SKIPS
    vec x_mark[VECTORS], y_mark[VECTORS]; /* an earlier state of each orbit ... */
    vec next_mark[VECTORS];               /* ... until fewer blocks are left than this */
#endif
    double tile_cx[TILE + BATCH_LANES], tile_cy[TILE + BATCH_LANES];
    double tile_pixel[TILE + BATCH_LANES];
    int row_bits; /* so many that each row of a column fits */
    Points survivors, escaping, apart;
    int64_t probe, block, blocks; /* probe + block * blocks == grid->steps */
    int64_t steps_to_poll;
    Grid *grid;
    Poll poll;
} Worker;

static int stopped(Worker *worker, int64_t steps) {
    worker->steps_to_poll -= steps;
    if (worker->steps_to_poll > 0) return 0;
    worker->steps_to_poll = POLL_STEPS;
    return worker->poll(worker->grid);
}

/* ---------------------------------------------------------------- with the test */

#define TESTED_LOAD(v)                                                                             \
    vec x##v = loaded(x + (v) * LANES), y##v = loaded(y + (v) * LANES);                            \
    const vec cx##v = loaded(cx + (v) * LANES), cy##v = loaded(cy + (v) * LANES);                  \
    counts count##v = no_counts();                                                                 \
    mask within##v = all_lanes();

#define TESTED_TEST(v)                                                                             \
    const vec x2##v = x##v * x##v, y2##v = y##v * y##v;                                            \
    within##v = both(within##v, less(x2##v + y2##v, escaped));                                     \
    count##v = counted(count##v, within##v);                                                       \
    any = either(any, within##v);

#define TESTED_STEP(v)                                                                             \
    y##v = (x##v + x##v) * y##v + cy##v;                                                           \
    x##v = (x2##v - y2##v) + cx##v;

#define TESTED_STORE(v)                                                                            \
    store(x_to + (v) * LANES, x##v);                                                               \
    store(y_to + (v) * LANES, y##v);                                                               \
    memcpy(count + (v) * LANES, &count##v, sizeof count##v);                                       \
    within |= bits(within##v) << ((v) * LANES);

/* Follows BATCH_LANES points for that many steps, fewer where none is left. Bit l of what it
   returns: lane l has not escaped; count: the steps for which each stayed. */
static uint64_t follow_tested(const double *x, const double *y, const double *cx, const double *cy,
                              int64_t steps, double *x_to, double *y_to, int64_t *count) {
    const vec escaped = filled(ESCAPED);
    EACH_TESTED(TESTED_LOAD)
    for (int64_t step = 0; step < steps; step++) {
        mask any = no_lanes();
        EACH_TESTED(TESTED_TEST)
        if (!bits(any)) break;
        EACH_TESTED(TESTED_STEP)
    }
    uint64_t within = 0;
    EACH_TESTED(TESTED_STORE)
    return within;
}

/* ---------------------------------------------------------------- without the test */

#define RUN_LOAD(v) vec x##v = x_from[v], y##v = y_from[v];

#define RUN_STEP(v)                                                                                \
    {                                                                                              \
        const vec difference = x##v * x##v - y##v * y##v;                                          \
        y##v = ((v) % 2 ? two * x##v : x##v + x##v) * y##v + cy[v];                                \
        x##v = difference + cx[v];                                                                 \
    }

#define RUN_STORE(v)                                                                               \
    x_to[v] = x##v;                                                                                \
    y_to[v] = y##v;

static void follow_block(const vec *x_from, const vec *y_from, vec *x_to, vec *y_to, const vec *cx,
                         const vec *cy, int64_t steps) {
    const vec two = filled(TWO);
    EACH_VECTOR(RUN_LOAD)
    do {
        EACH_VECTOR(RUN_STEP)
    } while (--steps);
    EACH_VECTOR(RUN_STORE)
}

/* ---------------------------------------------------------------- the stations */

/* What stands for the pixel of that column and row: its place, or, where a row's answer goes to two
   places, numbers from which neither needs a division. */
INLINE double pixel_number(const Worker *worker, int64_t column, int64_t row) {
#ifdef KERNEL_SKIPS
    return (double)((column << worker->row_bits) + row);
#else
    return (double)(column * worker->grid->n_y + row);
#endif
}

/* Writes the answer of a pixel. */
INLINE void answer(const Worker *worker, double pixel, int64_t value) {
    const Grid *grid = worker->grid;
    const int64_t number = (int64_t)pixel;
#ifdef KERNEL_SKIPS
    const int64_t row = number & ((INT64_C(1) << worker->row_bits) - 1);
    int64_t *column = grid->height + (number >> worker->row_bits) * grid->height_n_y;
    column[grid->rows[row]] = value;
    column[grid->twins[row]] = value;
#else
    grid->height[number] = value;
#endif
}

/* Writes the answers of some pixels that follow each other. */
static void answer_all(const Grid *grid, int64_t first, const int64_t *values, int64_t some) {
#ifdef KERNEL_SKIPS
    int64_t *column = grid->height + first / grid->n_y * grid->height_n_y;
    int64_t row = first % grid->n_y;
    while (some) {
        const int64_t here = some < grid->n_y - row ? some : grid->n_y - row;
        const int32_t *rows = grid->rows + row, *twins = grid->twins + row;
        for (int64_t k = 0; k < here; k++) column[rows[k]] = column[twins[k]] = values[k];
        values += here;
        some -= here;
        column += grid->height_n_y;
        row = 0;
    }
#else
    memcpy(grid->height + first, values, some * sizeof *values);
#endif
}

/* Follows the last BATCH_LANES points to their end, at most that many steps, and writes the
   answers. */
static int finish(Worker *worker, Points *points, int64_t steps) {
    Grid *grid = worker->grid;
    const int first = points->count > BATCH_LANES ? points->count - BATCH_LANES : 0;
    uint64_t within = (UINT64_C(1) << (points->count - first)) - 1;
    double *x = points->x + first, *y = points->y + first;
    int64_t stayed[BATCH_LANES] = {0}, count[BATCH_LANES];
    points->count = first;
    while (within && steps) {
        const int64_t part = steps < POLL_STEPS ? steps : POLL_STEPS;
        const uint64_t still =
            follow_tested(x, y, points->cx + first, points->cy + first, part, x, y, count);
        for (uint64_t lanes = within; lanes; lanes &= lanes - 1) {
            const int lane = __builtin_ctzll(lanes);
            const int64_t blocks_left = (int64_t)points->blocks_left[first + lane];
            stayed[lane] += count[lane];
            answer(worker, points->pixel[first + lane],
                   grid->steps - (blocks_left + 1) * worker->block + stayed[lane]);
        }
        within &= still;
        steps -= part;
        if (stopped(worker, part)) return -1;
    }
    return 0;
}

/* Appends the lanes whose bits are set in ``some``. */
INLINE void append(Points *points, vec x, vec y, vec cx, vec cy, vec pixel, unsigned some) {
    const int end = points->count;
    pack(points->x + end, x, some);
    pack(points->y + end, y, some);
    pack(points->cx + end, cx, some);
    pack(points->cy + end, cy, some);
    pack(points->pixel + end, pixel, some);
    points->count = end + __builtin_popcount(some);
}

/* Probes the next tile. 1 where there was one, 0 where none is left, -1 to give up. */
static int probe_tile(Worker *worker) {
    Grid *grid = worker->grid;
    const int64_t begin = __atomic_fetch_add(&grid->next, TILE, __ATOMIC_RELAXED);
    if (begin >= grid->pixels) return 0;
    const int64_t pixels = grid->pixels - begin < TILE ? grid->pixels - begin : TILE;

    double *cx = worker->tile_cx, *cy = worker->tile_cy, *number = worker->tile_pixel;
    int64_t column = begin / grid->n_y, row = begin % grid->n_y;
    for (int64_t p = 0; p < pixels; row = 0, column++) {
        const int64_t end = pixels - p < grid->n_y - row ? pixels : p + grid->n_y - row;
        const double first = pixel_number(worker, column, row);
        for (int64_t q = p; q < end; q++) cx[q] = grid->x_vals[column];
        for (int64_t q = p; q < end; q++) number[q] = first + (int)(q - p);
        memcpy(cy + p, grid->y_vals + row, (end - p) * sizeof *cy);
        p = end;
    }
    for (int64_t p = pixels; p < pixels + BATCH_LANES; p++) cx[p] = cy[p] = ESCAPED;

    const vec near_circle = filled(NEAR_CIRCLE), blocks_left = filled((double)worker->blocks - 1);
    for (int64_t p = 0; p < pixels; p += BATCH_LANES) {
        double x[BATCH_LANES], y[BATCH_LANES];
        int64_t count[BATCH_LANES];
        uint64_t within =
            follow_tested(cx + p, cy + p, cx + p, cy + p, worker->probe, x, y, count);
        const int64_t some = pixels - p < BATCH_LANES ? pixels - p : BATCH_LANES;
        answer_all(grid, begin + p, count, some);
        if (!worker->blocks) continue;
        for (int v = 0; within; v++, within >>= LANES) {
            const unsigned left = within & ALL_LANES;
            if (!left) continue;
            const vec a = loaded(cx + p + v * LANES), b = loaded(cy + p + v * LANES);
            const vec pixel = loaded(number + p + v * LANES);
            const vec x_v = loaded(x + v * LANES), y_v = loaded(y + v * LANES);
            const unsigned near = bits(less(a * a + b * b, near_circle));
            append(&worker->survivors, x_v, y_v, a, b, pixel, left & near);
            if (!(left & ~near)) continue;
            pack(worker->apart.blocks_left + worker->apart.count, blocks_left, left & ~near);
            append(&worker->apart, x_v, y_v, a, b, pixel, left & ~near);
            if (worker->apart.count < BATCH_LANES) continue;
            if (finish(worker, &worker->apart, grid->steps - worker->probe)) return -1;
        }
    }
    return stopped(worker, worker->probe * (pixels / BATCH_LANES + 1)) ? -1 : 1;
}

/* Fills those lanes of a vector with the next survivors. The lanes that it filled, all but where
   none is left; below 0 to give up. */
static int fill_lanes(Worker *worker, int now, int v, unsigned lanes) {
    Points *from = &worker->survivors;
    while (from->count < LANES) {
        const int found = probe_tile(worker);
        if (found < 0) return -1;
        if (!found) break;
    }
    while (__builtin_popcount(lanes) > from->count) lanes &= lanes - 1;
    const int first = from->count -= __builtin_popcount(lanes);
    worker->x[now][v] = unpacked(from->x + first, worker->x[now][v], lanes);
    worker->y[now][v] = unpacked(from->y + first, worker->y[now][v], lanes);
    worker->cx[v] = unpacked(from->cx + first, worker->cx[v], lanes);
    worker->cy[v] = unpacked(from->cy + first, worker->cy[v], lanes);
    worker->pixel[v] = unpacked(from->pixel + first, worker->pixel[v], lanes);
    const mask filled_now = lanes_of(lanes);
    worker->blocks_left[v] =
        chosen(filled_now, filled((double)worker->blocks), worker->blocks_left[v]);
#ifdef KERNEL_SKIPS
    worker->x_mark[v] = chosen(filled_now, worker->x[now][v], worker->x_mark[v]);
    worker->y_mark[v] = chosen(filled_now, worker->y[now][v], worker->y_mark[v]);
    worker->next_mark[v] =
        chosen(filled_now, filled((double)worker->blocks - 0.5), worker->next_mark[v]);
#endif
    return lanes;
}

/* Hands over the lanes of a vector that are done and fills them again, as fill_lanes does. */
static int hand_over(Worker *worker, int now, int v, unsigned done, unsigned within) {
    double pixel[LANES];
    store(pixel, worker->pixel[v]);
    for (unsigned lanes = done & within; lanes; lanes &= lanes - 1) {
        answer(worker, pixel[__builtin_ctz(lanes)], worker->grid->steps);
    }
    if (done & ~within) {
        Points *to = &worker->escaping;
        pack(to->blocks_left + to->count, worker->blocks_left[v], done & ~within);
        append(to, worker->x[!now][v], worker->y[!now][v], worker->cx[v], worker->cy[v],
               worker->pixel[v], done & ~within);
        if (worker->escaping.count >= BATCH_LANES &&
            finish(worker, &worker->escaping, worker->block)) {
            return -1;
        }
    }
    return fill_lanes(worker, now, v, done);
}

static int run(Worker *worker) {
    const vec escaped_at = filled(ESCAPED), zero = filled(0.0), one = filled(1.0);
#ifdef KERNEL_SKIPS
    /* Marks are set after 1, 2, 4, ... blocks: after n, with l left, the next is due where
       2l - (n + l) are left. The half makes "fewer than" of it. */
    const vec blocks = filled((double)worker->blocks - 0.5);
#endif
    int now = 0;
    uint64_t busy = 0; /* bit l: lane l has a pixel; what the others compute is not looked at */
    for (int v = 0; v < VECTORS; v++) {
        const int found = fill_lanes(worker, now, v, ALL_LANES);
        if (found < 0) return -1;
        busy |= (uint64_t)found << (v * LANES);
    }
    while (busy) {
        const int then = now;
        now = !then;
        follow_block(worker->x[then], worker->y[then], worker->x[now], worker->y[now], worker->cx,
                     worker->cy, worker->block);
        uint64_t within = 0, unfinished = 0;
        for (int v = 0; v < VECTORS; v++) {
            const vec x = worker->x[now][v], y = worker->y[now][v];
            within |= bits(less(x * x + y * y, escaped_at)) << (v * LANES);
            worker->blocks_left[v] -= one;
            unfinished |= bits(less(zero, worker->blocks_left[v])) << (v * LANES);
#ifdef KERNEL_SKIPS
            const mask again = either(
                both(equal(x, worker->x[then][v]), equal(y, worker->y[then][v])),
                both(equal(x, worker->x_mark[v]), equal(y, worker->y_mark[v])));
            unfinished &= ~(bits(again) << (v * LANES));
            const vec left = worker->blocks_left[v];
            const mask due = less(left, worker->next_mark[v]);
            worker->x_mark[v] = chosen(due, x, worker->x_mark[v]);
            worker->y_mark[v] = chosen(due, y, worker->y_mark[v]);
            worker->next_mark[v] = chosen(due, left + left - blocks, worker->next_mark[v]);
#endif
        }
        uint64_t done = busy & ~(within & unfinished);
        busy &= ~done;
        for (int v = 0; done; v++, done >>= LANES) {
            if (!(done & ALL_LANES)) continue;
            const int found =
                hand_over(worker, now, v, done & ALL_LANES, within >> (v * LANES) & ALL_LANES);
            if (found < 0) return -1;
            busy |= (uint64_t)found << (v * LANES);
        }
        if (stopped(worker, worker->block)) return -1;
    }
    if (finish(worker, &worker->escaping, worker->block)) return -1;
    return finish(worker, &worker->apart, worker->grid->steps - worker->probe);
}

/* The block that leaves the fewest steps to the probe; the longest of equals. */
static void plan(Worker *worker) {
    const int64_t steps = worker->grid->steps;
    worker->probe = steps;
    for (int64_t block = BLOCK_MOST / BLOCK_MULTIPLE * BLOCK_MULTIPLE;
         block >= BLOCK_LEAST && PROBE + block <= steps; block -= BLOCK_MULTIPLE) {
        const int64_t probe = PROBE + (steps - PROBE) % block;
        if (probe < worker->probe) {
            worker->probe = probe;
            worker->block = block;
        }
    }
    worker->blocks = worker->block ? (steps - worker->probe) / worker->block : 0;
}

int NAME(escape)(Grid *grid, Poll poll) {
    Worker *worker;
    if (posix_memalign((void **)&worker, ALIGNMENT, sizeof *worker)) return NO_MEMORY;
    memset(worker, 0, sizeof *worker);
    worker->grid = grid;
    worker->poll = poll;
    while (grid->n_y > INT64_C(1) << worker->row_bits) worker->row_bits++;
    plan(worker);
    const int gave_up = run(worker);
    free(worker);
    return gave_up ? STOPPED : DONE;
}

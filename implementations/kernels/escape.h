/* What the kernels compute: the escape step of every pixel of a grid. */

#ifndef HOTLOOP_ESCAPE_H
#define HOTLOOP_ESCAPE_H

#include <stdint.h>

/* Pixel p is the point (x_vals[p / n_y], y_vals[p % n_y]). Its answer goes to height[p]; with
   KERNEL_SKIPS to the same column of height, which has height_n_y rows: to row rows[p % n_y] and to
   row twins[p % n_y], which may be the same. */
typedef struct {
    const double *x_vals;
    const double *y_vals;
    int64_t n_y;
    int64_t pixels;
    int64_t steps;
    int64_t *height;
    int64_t height_n_y;
    const int32_t *rows;
    const int32_t *twins;
    int64_t next;      /* the first pixel that no thread has taken */
    int stop;          /* set by any thread: give up */
    int64_t looked_ns; /* when signals were last looked for */
} Grid;

enum { DONE = 0, NO_MEMORY = -1, STOPPED = -2 };

/* Called after every millisecond or so of work; not 0 means give up. */
typedef int (*Poll)(Grid *grid);

/* A thread's work: takes pixels until there are none. DONE, NO_MEMORY or STOPPED. */
typedef int (*Kernel)(Grid *grid, Poll poll);

int escape_avx512(Grid *grid, Poll poll);
int escape_avx2(Grid *grid, Poll poll);
int escape_sse2(Grid *grid, Poll poll);
int escape_neon(Grid *grid, Poll poll);
int escape_scalar(Grid *grid, Poll poll);

#define KERNEL_NAME(set) escape_##set

#endif

/* Ctrl-C in work without the GIL: the thread that called looks for signals now and then. */

#ifndef HOTLOOP_SIGNALS_H
#define HOTLOOP_SIGNALS_H

#include <Python.h>
#include <time.h>

#include "escape.h"

/* Where another thread holds the GIL, asking for it takes 5 ms. */
#define LOOK_EVERY_NS 100000000

static int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A Poll. Where it returns not 0 because of a signal, the exception is set. */
static int look_for_signals(Grid *grid) {
    const int64_t now_ns = monotonic_ns();
    if (now_ns - grid->looked_ns >= LOOK_EVERY_NS) {
        grid->looked_ns = now_ns;
        const PyGILState_STATE state = PyGILState_Ensure();
        if (PyErr_CheckSignals()) __atomic_store_n(&grid->stop, 1, __ATOMIC_RELAXED);
        PyGILState_Release(state);
    }
    return __atomic_load_n(&grid->stop, __ATOMIC_RELAXED);
}

#endif

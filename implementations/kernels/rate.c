#include "rate.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

/* Long beside the threads' common start, short beside the time for which a busy machine leaves a
   core to one program. */
static const double STRETCH_S = 0.004;
static const int64_t FEWEST_OPERATIONS = 1 << 20;

/* A stretch: the threads wait at the line, do the same number of operations each, and come to the
   end. The calling thread is one of them, starts the others and holds the clock. */
typedef struct {
    Kernel kernel;
    int64_t operations;
    int stretch; /* the number of the last stretch that was started; below 0: go home */
    int ended;   /* threads that have come to the end of it */
} Race;

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void *racer(void *argument) {
    Race *race = argument;
    for (int done = 0;;) {
        int stretch;
        while ((stretch = __atomic_load_n(&race->stretch, __ATOMIC_ACQUIRE)) == done) sched_yield();
        if (stretch < 0) return NULL;
        race->kernel(race->operations);
        done = stretch;
        __atomic_fetch_add(&race->ended, 1, __ATOMIC_RELEASE);
    }
}

/* Operations a second of the caller and so many others in one stretch. */
static double rate_of_stretch(Race *race, int others) {
    __atomic_store_n(&race->ended, 0, __ATOMIC_RELAXED);
    const double start_s = now_s();
    __atomic_store_n(&race->stretch, race->stretch + 1, __ATOMIC_RELEASE);
    const int64_t operations = race->kernel(race->operations);
    while (__atomic_load_n(&race->ended, __ATOMIC_ACQUIRE) < others) sched_yield();
    return (double)operations * (others + 1) / (now_s() - start_s);
}

double best_rate(Kernel kernel, int threads, double seconds) {
    const int others = threads - 1;
    pthread_t *members = malloc(threads * sizeof *members);
    if (!members) return -1.0;
    Race race = {.kernel = kernel, .operations = FEWEST_OPERATIONS};
    int started = 0;
    while (started < others && !pthread_create(members + started, NULL, racer, &race)) started++;
    double best = -1.0;
    if (started == others) {
        const double end_s = now_s() + seconds;
        best = rate_of_stretch(&race, others);
        race.operations = (int64_t)(best / threads * STRETCH_S);
        do {
            const double rate = rate_of_stretch(&race, others);
            if (rate > best) best = rate;
            race.operations = (int64_t)(best / threads * STRETCH_S);
        } while (now_s() < end_s);
    }
    __atomic_store_n(&race.stretch, -1, __ATOMIC_RELEASE);
    while (started) pthread_join(members[--started], NULL);
    free(members);
    return best;
}

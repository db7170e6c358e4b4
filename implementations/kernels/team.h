/* A kernel on several threads, which take tiles from one counter until there are none. */

#ifndef HOTLOOP_TEAM_H
#define HOTLOOP_TEAM_H

#include <pthread.h>
#include <stdlib.h>

#include "signals.h"

/* How long the calling thread, its own work done, waits before it looks for signals again. */
#define WAIT_NS 50000000

typedef struct {
    Kernel kernel;
    Grid *grid;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int running;
} Team;

static int told_to_stop(Grid *grid) { return __atomic_load_n(&grid->stop, __ATOMIC_RELAXED); }

static void *team_member(void *argument) {
    Team *team = argument;
    /* Without memory a member takes no pixels and leaves them to the others. */
    (void)team->kernel(team->grid, told_to_stop);
    pthread_mutex_lock(&team->lock);
    team->running--;
    pthread_cond_signal(&team->ended);
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

/* Waits for the others. The mutex is held. */
static void await_members(Team *team) {
    while (team->running) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        const int64_t ns = until.tv_nsec + WAIT_NS;
        until.tv_sec += ns / 1000000000;
        until.tv_nsec = ns % 1000000000;
        pthread_cond_timedwait(&team->ended, &team->lock, &until);
        pthread_mutex_unlock(&team->lock);
        look_for_signals(team->grid);
        pthread_mutex_lock(&team->lock);
    }
}

/* The calling thread is one of the threads, and does what the others leave: where the system
   gives fewer threads, the work is done all the same. */
static int escape_with_team(Kernel kernel, Grid *grid, int threads) {
    Team team = {.kernel = kernel, .grid = grid};
    pthread_t *members = malloc(threads * sizeof *members);
    if (!members) return NO_MEMORY;
    pthread_mutex_init(&team.lock, NULL);
    pthread_cond_init(&team.ended, NULL);
    int started = 0;
    for (; started < threads - 1; started++) {
        pthread_mutex_lock(&team.lock);
        team.running++;
        pthread_mutex_unlock(&team.lock);
        if (pthread_create(members + started, NULL, team_member, &team)) {
            pthread_mutex_lock(&team.lock);
            team.running--;
            pthread_mutex_unlock(&team.lock);
            break;
        }
    }
    const int outcome = kernel(grid, look_for_signals);
    pthread_mutex_lock(&team.lock);
    await_members(&team);
    pthread_mutex_unlock(&team.lock);
    for (int member = 0; member < started; member++) pthread_join(members[member], NULL);
    pthread_cond_destroy(&team.ended);
    pthread_mutex_destroy(&team.lock);
    free(members);
    return grid->stop ? STOPPED : outcome;
}

#endif

/* How fast a number of threads operate together. */

#ifndef HOTLOOP_RATE_H
#define HOTLOOP_RATE_H

#include <stdint.h>

typedef int64_t (*Kernel)(int64_t operations);

int64_t operate_avx512(int64_t operations);
int64_t operate_avx2(int64_t operations);
int64_t operate_sse2(int64_t operations);
int64_t operate_neon(int64_t operations);
int64_t operate_scalar(int64_t operations);

#define KERNEL_NAME(set) operate_##set

/* Operations a second of that many threads in the best of the stretches that fit into so many
   seconds, one at least; below 0 where the threads cannot be started. */
double best_rate(Kernel kernel, int threads, double seconds);

#endif

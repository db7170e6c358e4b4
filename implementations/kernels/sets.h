/* The kernels of this build, one for each instruction set, and which of them run here.

   Needs the macro KERNEL_NAME(set), the name of a set's kernel, and the type Kernel. */

#ifndef HOTLOOP_SETS_H
#define HOTLOOP_SETS_H

typedef struct {
    const char *name;
    const char *title;
    int runs; /* whether this processor, and its system, have the instructions */
    Kernel kernel;
} Set;

/* Widest first. */
#if defined __x86_64__
#define EACH_SET(CALL)                                                                             \
    CALL(avx512, "AVX-512",                                                                        \
         __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))                  \
    CALL(avx2, "AVX2", __builtin_cpu_supports("avx2"))                                             \
    CALL(sse2, "SSE2", 1)                                                                          \
    CALL(scalar, "scalar", 1)
#elif defined __aarch64__
#define EACH_SET(CALL)                                                                             \
    CALL(neon, "NEON", 1)                                                                          \
    CALL(scalar, "scalar", 1)
#else
#define EACH_SET(CALL) CALL(scalar, "scalar", 1)
#endif

/* The set of that number, counted from 0 among all of the build; runs is -1 past the last. */
static Set numbered_set(int number) {
#define ROW(set, title, runs) {#set, title, runs, KERNEL_NAME(set)},
    const Set sets[] = {EACH_SET(ROW){"", "", -1, 0}};
#undef ROW
    const int last = sizeof sets / sizeof *sets - 1;
    return sets[number < last ? number : last];
}

#endif

/* The multiplies and adds that one thread can do: the body of <instruction set>.c for limit.

   CHAINS multiplications and as many additions, each of which waits for its own predecessor
   only, without a fused multiply-add. Twelve chains of either kind would keep busy any processor
   of today, whose units take 4 steps for an operation and start 2 a step at most; what 16
   registers hold is 6, and 6 of each are 12 chains over the 2 to 4 units there are. */

#include "rate.h"

#if defined VECTOR_AVX512 || defined VECTOR_NEON
#define EACH_CHAIN(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define CHAINS 8
#else
#define EACH_CHAIN(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5)
#define CHAINS 6
#endif

#define START(c) vec product##c = filled(one + (c) / 16.0), sum##c = filled(one + (c) / 16.0);
/* Up and down again: numbers near 1 for ever, normal, and not the same bits every time. */
#define UP(c) product##c *= up; sum##c += by;
#define DOWN(c) product##c *= down; sum##c -= by;
#define RESULT(c) total += product##c + sum##c;

/* Does about that many operations and returns how many. */
int64_t NAME(operate)(int64_t operations) {
    /* A number that the compiler does not know, and a use of the results that it cannot judge:
       it works out a loop of constants itself, and leaves out what nobody needs. */
    volatile double one = 1.0, sink;
    const int64_t of_a_round = 4 * CHAINS * LANES;
    const int64_t rounds = operations / of_a_round + 1;
    const vec up = filled(4.0 / 3.0), down = filled(3.0 / 4.0), by = filled(1.0 / 3.0);
    EACH_CHAIN(START)
    for (int64_t round = 0; round < rounds; round++) {
        EACH_CHAIN(UP)
        EACH_CHAIN(DOWN)
    }
    vec total = filled(0.0);
    EACH_CHAIN(RESULT)
    sink = *(double *)&total;
    (void)sink;
    return rounds * of_a_round;
}

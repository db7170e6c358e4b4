/* One set of vector operations over four instruction sets, and over plain doubles.

   The file that includes this one defines one of VECTOR_SSE2, VECTOR_AVX2, VECTOR_AVX512,
   VECTOR_NEON and VECTOR_SCALAR before. The functions of that file are then compiled for that instruction set, by
   gcc and by clang, whatever set the rest of the program is compiled for: no -march is asked for.

   +, - and * work on vec as on double (both compilers' vector extension). The rest:

   LANES          doubles in a vec
   VECTORS        vectors in flight where every iteration depends on the one before: enough to
                  hide the latency of its four operations, few enough for the registers
   TESTED         the same where the escape test takes registers too
   counts         LANES int64
   mask           one truth value a lane
   lanes_of       the mask of the lanes whose bits are set
   pack           stores these lanes side by side; what is written behind them means nothing
   unpacked       these lanes from numbers that lie side by side, the others from elsewhere */

#ifndef HOTLOOP_VECTORS_H
#define HOTLOOP_VECTORS_H

#include <stdint.h>
#include <string.h>

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define INLINE static inline __attribute__((always_inline))

#if defined VECTOR_AVX512
#include <immintrin.h>
#define NAME(function) PASTE(function, avx512)
#define TARGET "avx512f,avx512dq"
#elif defined VECTOR_AVX2
#include <immintrin.h>
#define NAME(function) PASTE(function, avx2)
#define TARGET "avx2"
#elif defined VECTOR_NEON
#include <arm_neon.h>
#define NAME(function) PASTE(function, neon)
#elif defined VECTOR_SSE2
#include <emmintrin.h>
#define NAME(function) PASTE(function, sse2)
#else
#define NAME(function) PASTE(function, scalar)
#endif

/* Compiled for that set: all functions from here on, until VECTORS_END, which clang wants. */
#define VECTORS_END
#ifdef TARGET
#define PRAGMA(text) _Pragma(#text)
#define PRAGMA_WITH(text) PRAGMA(text)
#ifdef __clang__
PRAGMA_WITH(clang attribute push(__attribute__((target(TARGET))), apply_to = function))
#undef VECTORS_END
#define VECTORS_END PRAGMA(clang attribute pop)
#else
PRAGMA_WITH(GCC target(TARGET))
#endif
#endif

#if defined VECTOR_AVX512

#define LANES 8
#define VECTORS 5
#define TESTED 4
/* DO for the number of every vector in flight: written out, so that they stay in registers. */
#define EACH_VECTOR(DO) DO(0) DO(1) DO(2) DO(3) DO(4)
#define EACH_TESTED(DO) DO(0) DO(1) DO(2) DO(3)

typedef __m512d vec;
typedef __m512i counts;
typedef __mmask8 mask;

INLINE vec filled(double value) { return _mm512_set1_pd(value); }
INLINE counts no_counts(void) { return _mm512_setzero_si512(); }
INLINE mask all_lanes(void) { return 0xff; }
INLINE mask no_lanes(void) { return 0; }
INLINE mask less(vec a, vec b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
INLINE mask equal(vec a, vec b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
INLINE mask both(mask a, mask b) { return a & b; }
INLINE mask either(mask a, mask b) { return a | b; }
INLINE uint64_t bits(mask m) { return m; }
INLINE vec chosen(mask m, vec where, vec elsewhere) {
    return _mm512_mask_mov_pd(elsewhere, m, where);
}
INLINE counts counted(counts count, mask m) {
    return _mm512_mask_sub_epi64(count, m, count, _mm512_set1_epi64(-1));
}
INLINE mask lanes_of(unsigned some) { return some; }
/* From register to register: into memory, vcompresspd is slow on AMD's processors. */
INLINE void pack(double *to, vec v, unsigned some) {
    _mm512_storeu_pd(to, _mm512_maskz_compress_pd(some, v));
}
INLINE vec unpacked(const double *from, vec elsewhere, unsigned some) {
    return _mm512_mask_expand_pd(elsewhere, some, _mm512_loadu_pd(from));
}

#elif defined VECTOR_NEON

#define LANES 2
#define VECTORS 8
#define TESTED 4
#define EACH_VECTOR(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define EACH_TESTED(DO) DO(0) DO(1) DO(2) DO(3)

typedef float64x2_t vec;
typedef int64x2_t counts;
typedef uint64x2_t mask;

INLINE vec filled(double value) { return vdupq_n_f64(value); }
INLINE counts no_counts(void) { return vdupq_n_s64(0); }
INLINE mask all_lanes(void) { return vdupq_n_u64(UINT64_MAX); }
INLINE mask no_lanes(void) { return vdupq_n_u64(0); }
INLINE mask less(vec a, vec b) { return vcltq_f64(a, b); }
INLINE mask equal(vec a, vec b) { return vceqq_f64(a, b); }
INLINE mask both(mask a, mask b) { return vandq_u64(a, b); }
INLINE mask either(mask a, mask b) { return vorrq_u64(a, b); }
INLINE uint64_t bits(mask m) {
    return (vgetq_lane_u64(m, 0) & 1) | (vgetq_lane_u64(m, 1) & 2);
}
INLINE vec chosen(mask m, vec where, vec elsewhere) { return vbslq_f64(m, where, elsewhere); }
INLINE counts counted(counts count, mask m) {
    return vsubq_s64(count, vreinterpretq_s64_u64(m));
}
INLINE mask lanes_of(unsigned some) { return vtstq_u64(vdupq_n_u64(some), (mask){1, 2}); }

#elif defined VECTOR_AVX2

#define LANES 4
#define VECTORS 6
#define TESTED 3
#define EACH_VECTOR(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5)
#define EACH_TESTED(DO) DO(0) DO(1) DO(2)

typedef __m256d vec;
typedef __m256i counts;
typedef __m256d mask;

INLINE vec filled(double value) { return _mm256_set1_pd(value); }
INLINE counts no_counts(void) { return _mm256_setzero_si256(); }
INLINE mask all_lanes(void) { return _mm256_castsi256_pd(_mm256_set1_epi64x(-1)); }
INLINE mask no_lanes(void) { return _mm256_setzero_pd(); }
INLINE mask less(vec a, vec b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }
INLINE mask equal(vec a, vec b) { return _mm256_cmp_pd(a, b, _CMP_EQ_OQ); }
INLINE mask both(mask a, mask b) { return _mm256_and_pd(a, b); }
INLINE mask either(mask a, mask b) { return _mm256_or_pd(a, b); }
INLINE uint64_t bits(mask m) { return (uint64_t)_mm256_movemask_pd(m); }
INLINE vec chosen(mask m, vec where, vec elsewhere) {
    return _mm256_blendv_pd(elsewhere, where, m);
}
INLINE counts counted(counts count, mask m) {
    return _mm256_sub_epi64(count, _mm256_castpd_si256(m));
}
INLINE mask lanes_of(unsigned some) {
    const __m256i each = _mm256_setr_epi64x(1, 2, 4, 8);
    return _mm256_castsi256_pd(
        _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(some), each), each));
}

#elif defined VECTOR_SSE2

#define LANES 2
#define VECTORS 6
#define TESTED 3
#define EACH_VECTOR(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5)
#define EACH_TESTED(DO) DO(0) DO(1) DO(2)

typedef __m128d vec;
typedef __m128i counts;
typedef __m128d mask;

INLINE vec filled(double value) { return _mm_set1_pd(value); }
INLINE counts no_counts(void) { return _mm_setzero_si128(); }
INLINE mask all_lanes(void) { return _mm_castsi128_pd(_mm_set1_epi64x(-1)); }
INLINE mask no_lanes(void) { return _mm_setzero_pd(); }
INLINE mask less(vec a, vec b) { return _mm_cmplt_pd(a, b); }
INLINE mask equal(vec a, vec b) { return _mm_cmpeq_pd(a, b); }
INLINE mask both(mask a, mask b) { return _mm_and_pd(a, b); }
INLINE mask either(mask a, mask b) { return _mm_or_pd(a, b); }
INLINE uint64_t bits(mask m) { return (uint64_t)_mm_movemask_pd(m); }
INLINE vec chosen(mask m, vec where, vec elsewhere) {
    return _mm_or_pd(_mm_and_pd(m, where), _mm_andnot_pd(m, elsewhere));
}
INLINE counts counted(counts count, mask m) { return _mm_sub_epi64(count, _mm_castpd_si128(m)); }
INLINE mask lanes_of(unsigned some) {
    return less(filled(0.0), _mm_cvtepi32_pd(_mm_set1_epi32(some) & _mm_setr_epi32(1, 2, 0, 0)));
}

#else

#define LANES 1
#define VECTORS 6
#define TESTED 3
#define EACH_VECTOR(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5)
#define EACH_TESTED(DO) DO(0) DO(1) DO(2)

typedef double vec;
typedef int64_t counts;
typedef int mask;

INLINE vec filled(double value) { return value; }
INLINE counts no_counts(void) { return 0; }
INLINE mask all_lanes(void) { return 1; }
INLINE mask no_lanes(void) { return 0; }
INLINE mask less(vec a, vec b) { return a < b; }
INLINE mask equal(vec a, vec b) { return a == b; }
INLINE mask both(mask a, mask b) { return a & b; }
INLINE mask either(mask a, mask b) { return a | b; }
INLINE uint64_t bits(mask m) { return (uint64_t)m; }
INLINE vec chosen(mask m, vec where, vec elsewhere) { return m ? where : elsewhere; }
INLINE counts counted(counts count, mask m) { return count + m; }
INLINE mask lanes_of(unsigned some) { return some; }

#endif

INLINE vec loaded(const double *from) {
    vec v;
    memcpy(&v, from, sizeof v);
    return v;
}
INLINE void store(double *to, vec v) { memcpy(to, &v, sizeof v); }

#define ALL_LANES ((1u << LANES) - 1)

#ifndef VECTOR_AVX512
INLINE void pack(double *to, vec v, unsigned some) {
    double lanes[LANES];
    store(lanes, v);
    for (int lane = 0; lane < LANES; lane++) {
        *to = lanes[lane];
        to += some >> lane & 1;
    }
}
INLINE vec unpacked(const double *from, vec elsewhere, unsigned some) {
    double lanes[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        lanes[lane] = *from;
        from += some >> lane & 1;
    }
    return chosen(lanes_of(some), loaded(lanes), elsewhere);
}
#endif

#endif

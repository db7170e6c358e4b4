#ifdef __x86_64__
#define VECTOR_AVX512
#include "kernel.h"
#endif

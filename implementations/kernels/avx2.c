#ifdef __x86_64__
#define VECTOR_AVX2
#include "kernel.h"
#endif

#ifdef __x86_64__
#define VECTOR_SSE2
#include "kernel.h"
#endif

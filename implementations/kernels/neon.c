#ifdef __aarch64__
#define VECTOR_NEON
#include "kernel.h"
#endif

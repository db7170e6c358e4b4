/* The kernel that this build asks for, for the instruction set of the including file. */
#include "vectors.h"

#ifdef KERNEL_LIMIT
#include "limit.h"
#else
#include "lanes.h"
#endif

VECTORS_END

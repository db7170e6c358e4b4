/* One double at a time: for processors without a file of their own here. */
#define VECTOR_SCALAR
#include "kernel.h"

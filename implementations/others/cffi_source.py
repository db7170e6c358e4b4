"""What cffi compiles: its users write a build script that names a C file and its declarations."""

from pathlib import Path

import cffi

ffi = cffi.FFI()
ffi.cdef("void fill(double *x_vals, double *y_vals, int64_t *height, int64_t, int64_t, int);")
ffi.set_source("cffi_mandel_c", Path("c_mandel.c").read_text(encoding="utf-8"))

if __name__ == "__main__":
    ffi.compile()

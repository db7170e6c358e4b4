"""The extensions that have kernels in C, for setup.py.

Each instruction set's file is compiled into each extension with the same flags: the file itself
asks the compiler for its instruction set, and is empty on another kind of processor.
"""

from collections.abc import Iterator
from pathlib import Path

FOLDER = "implementations/kernels"
HEADERS = (".h", ".pxi")
SETS = ("avx512", "avx2", "sse2", "neon", "scalar")

# Name of the extension -> its macros, and its C sources beside those of the sets.
KERNELS = {
    "lanes_mandel": ((), ()),
    "fastest_mandel": (("KERNEL_SKIPS",), ()),
    "limit": (("KERNEL_LIMIT",), ("rate",)),
}

# The kernels were measured with -O3; not every Python is built with it.
COMPILE_FLAGS = ("-O3", "-pthread")
LINK_FLAGS = ("-pthread",)


def extension_arguments() -> Iterator[dict[str, object]]:
    """The arguments of setuptools.Extension for each; none needs NumPy's headers."""
    headers = sorted(path.as_posix() for path in Path(FOLDER).iterdir() if path.suffix in HEADERS)
    for name, (macros, more) in KERNELS.items():
        yield {
            "name": f"implementations.{name}",
            "sources": [
                f"implementations/{name}.pyx",
                *(f"{FOLDER}/{source}.c" for source in (*SETS, *more)),
            ],
            "depends": headers,
            "include_dirs": [FOLDER],
            "define_macros": [(macro, "1") for macro in macros],
            "extra_compile_args": list(COMPILE_FLAGS),
            "extra_link_args": list(LINK_FLAGS),
        }

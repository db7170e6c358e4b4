"""mypyc: the file of floats_mandel, unchanged, whose annotations become types.

In in_mandel every variable is a float or an int, so its loop computes with C doubles. The loop
over the grid still boxes, because mypyc does not know the type of an array.
"""

import functools
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from implementations import floats_mandel
from implementations.grid import Heights, grid
from implementations.others.compiled import (
    EXACT_FLAGS,
    EXTENSION_SUFFIX,
    compiled,
    extension,
    find_compiler,
    flags_of_setuptools,
)
from implementations.problems import WINDOW, Window

SOURCE = Path(floats_mandel.__file__)

# mypyc is part of mypy.
MYPY = version("mypy")


@functools.cache
def build() -> ModuleType:
    """floats_mandel as an extension. Raises Unavailable."""
    find_compiler("CC", "C", "cc")
    # Without the user's mypy settings, and without checking what the file imports.
    options = ("--config-file=", "--ignore-missing-imports", "--follow-imports=skip")
    flags = " ".join((flags_of_setuptools(), *EXACT_FLAGS))
    return extension(
        compiled(
            SOURCE,
            SOURCE.stem + EXTENSION_SUFFIX,
            [sys.executable, "-m", "mypyc", *options, SOURCE.name],
            MYPY,
            {"CFLAGS": flags},
        )
    )


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    # Checked here as everywhere; the compiled function accepts only Python's own integers.
    n_x, n_y = grid(N_x, N_y, N_iter, window)[-1].shape
    answer: Heights = build().compute_mandel(n_x, n_y, int(N_iter), window)
    return answer

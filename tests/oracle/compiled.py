"""What numba compiles of the ladder, kept in files: for all processes of one run of the tests.

The ladder itself keeps nothing, so that a first call's time is always the compiler's.
"""

from pathlib import Path

from numba import njit
from numba.core import config
from numba.core.dispatcher import Dispatcher

from implementations import numba_lanes_mandel, numba_mandel, numba_threads_mandel

# Lets numba load what it needs to compile anything, for the forks of whoever loads this.
njit(lambda: None)()


def kept_in(folder: Path) -> None:
    """Compile into ``folder``, and only what is not there yet."""
    config.CACHE_DIR = str(folder)
    for module in (numba_mandel, numba_lanes_mandel, numba_threads_mandel):
        for function in vars(module).values():
            if isinstance(function, Dispatcher):
                function.enable_caching()

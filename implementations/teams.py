"""How many threads a variant computes with in this process, as its own library reports.

This is not the number of CPUs: OMP_NUM_THREADS and the like, and the libraries' own settings, may
give a variant fewer.
"""

import ctypes
import importlib
from collections.abc import Callable
from pathlib import Path

from implementations.problems import Problem
from implementations.registry import Threads, get

MAPS = Path("/proc/self/maps")
# GNU's, LLVM's and Intel's.
OPENMP_LIBRARIES = ("libgomp", "libomp", "libiomp5")


def size(variant: str, problem: Problem) -> int | None:
    """The threads of ``variant``, after it has computed ``problem``; None: unknown."""
    if get(variant).threads is Threads.ONE:
        return 1
    tell = _TELLERS.get(variant)
    return None if tell is None else tell(problem)


def _openmp(_problem: Problem) -> int | None:
    library = _openmp_library()
    if library is None or library.omp_get_dynamic():
        # With OMP_DYNAMIC the runtime decides by the load, each time a team starts.
        return None
    return int(min(library.omp_get_max_threads(), library.omp_get_thread_limit()))


def _numba(problem: Problem) -> int | None:
    import numba

    from implementations.numba_threads_mandel import SMALLEST_SHARED

    if problem.width * problem.height * problem.steps <= SMALLEST_SHARED:
        return 1
    threads = int(numba.get_num_threads())
    layer = numba.threading_layer()
    library = _openmp_library() if layer == "omp" else None
    return threads if library is None else min(threads, int(library.omp_get_thread_limit()))


def _fastest(problem: Problem) -> int | None:
    fastest = importlib.import_module("implementations.fastest_mandel")
    return int(fastest._team_size(problem.width * problem.height, problem.steps, None))


def _rust(_problem: Problem) -> int | None:
    rust = importlib.import_module("implementations.others.rust_mandel")
    return int(rust.build().threads())


def _numexpr(_problem: Problem) -> int | None:
    import numexpr

    return int(numexpr.get_num_threads())


def _dask(_problem: Problem) -> int | None:
    import dask
    from dask.system import CPU_COUNT

    return int(dask.config.get("num_workers", None) or CPU_COUNT)


def _taichi(_problem: Problem) -> int | None:
    import taichi

    return int(taichi.lang.impl.current_cfg().cpu_max_num_threads)


_TELLERS: dict[str, Callable[[Problem], int | None]] = {
    "threads": _openmp,
    "numba_threads": _numba,
    "fastest": _fastest,
    "pythran": _openmp,
    "rust": _rust,
    "rust_lanes": _rust,
    "numexpr": _numexpr,
    "dask": _dask,
    "taichi": _taichi,
}


def _openmp_library() -> ctypes.CDLL | None:
    """The OpenMP runtime that is loaded here; None: none, or the system does not say."""
    try:
        lines = MAPS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    paths = (line[line.index("/") :] for line in lines if "/" in line)
    found = next((p for p in paths if Path(p).name.startswith(OPENMP_LIBRARIES)), None)
    return None if found is None else ctypes.CDLL(found)

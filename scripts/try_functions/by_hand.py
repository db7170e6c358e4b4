"""What each technique gave by hand, before ``hotloop try`` was written.

Tried 2026-11-26 on 2 busy x86-64 cores, Python 3.11.7, Cython 3.3.1, numba 0.68.1, mypy 2.4.1,
pythran 0.19; factors good to about ± 30 %, of functions of the same kinds with other inputs. None:
it was wrong, or could not be done. The mypyc column is that of an annotated copy, which is what
``hotloop try`` makes. "Typed" of ``generators`` was the file as it is: no ``.pxd`` takes a
generator.
"""

from collections.abc import Mapping

TECHNIQUES = ("Cython", "Cython, typed", "numba", "numba, converted", "mypyc", "pythran")
GOOD_TO = 0.3
_ROWS: Mapping[str, tuple[float | None, ...]] = {
    "float_loop": (1.04, 24, 25, None, 11, 11),
    "matmul": (2.4, 1.8, None, 30, 3.6, 51),
    "strings": (0.82, 1.08, 0.31, None, 1.5, None),
    "counting": (1.2, 1.3, None, 0.03, None, None),
    "fib": (3.9, 75, 26, None, 23, 154),
    "arrays": (0.94, 0.93, None, None, 0.78, None),
    "edit": (2.7, 4.9, 3.9, None, 1.2, 64),
    "particles": (0.86, 21, None, None, 35, None),
    "generators": (1.6, None, None, None, 1.7, 77),
    "regex": (1.0, 1.06, None, None, 1.0, None),
    "helpers": (1.4, 3.8, 45, None, 5.5, 47),
    "inplace": (0.90, 7.8, 10, 81, 2.1, None),
    "bigint": (0.99, None, None, None, 0.95, None),
    "money": (1.0, 1.03, None, None, 1.0, None),
    "division": (1.3, None, None, None, 0.69, None),
}
FACTORS = {name: dict(zip(TECHNIQUES, row, strict=True)) for name, row in _ROWS.items()}
"""By function and technique."""

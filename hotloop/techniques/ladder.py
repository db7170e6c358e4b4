"""The techniques, in the order in which they are tried: what each asks to be changed."""

from dataclasses import dataclass

from hotloop.techniques.result import AS_IT_IS

CYTHON, NUMBA, CONVERTED, TYPED = "Cython", "numba", "numba, converted", "Cython, typed"
MYPYC, PYTHRAN = "mypyc", "pythran"


@dataclass(frozen=True, slots=True)
class Rung:
    """A technique: ``key`` chooses it with --techniques.

    ``wraps``: whether it silently wraps integers that are wider than a machine word. ``cost``:
    how much has to be changed, 0 for nothing. ``python``: the interpreter of its own.
    """

    key: str
    name: str
    change: str
    cost: int
    wraps: bool = False
    python: str | None = None


RUNGS = (
    Rung("cython", CYTHON, "none: the file, compiled", 1),
    Rung("numba", NUMBA, "@njit", 2, wraps=True),
    Rung("numba", CONVERTED, "@njit, arrays for lists", 4, wraps=True),
    Rung("typed", TYPED, "none: a .pxd beside it", 3),
    Rung("mypyc", MYPYC, "annotations", 4),
)
# Only where it is asked for: fast, and the one that is most often wrong in silence.
ASKED_FOR = (Rung("pythran", PYTHRAN, "an export comment", 4, wraps=True),)
DEFAULT_KEYS = tuple(dict.fromkeys(rung.key for rung in RUNGS))
KEYS = (*DEFAULT_KEYS, *(rung.key for rung in ASKED_FOR))
REFERENCE = Rung("", AS_IT_IS, "-", 0)

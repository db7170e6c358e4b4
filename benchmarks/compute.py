"""The compute ladder in asv: time and peak memory of every variant at two sizes.

The names below are written out, though implementations.registry knows them: asv numbers the
parameters when it discovers the suite, at one commit, and passes the *numbers* to all others.
Names taken from the registry of the commit under test would shift there, and one variant's times
would be stored under another's name. tests/test_asv.py checks that the lists equal the subject's.
"""

VARIANTS = (
    "python",
    "hybrid",
    "floats",
    "numpy",
    "cython",
    "memoryview",
    "numba",
    "threads",
    "numba_threads",
    "numba_lanes",
    "lanes",
    "skip",
    "lanes_skip",
    "fastest",
    "cuda",
)
SIZES = ("small", "recipe")

FEWEST_SAMPLES, MOST_SAMPLES, SAMPLING_S = 3, 100, 4.0
"""Per process (asv starts two): the slowest call takes 1.5 s, the fastest well under 1 ms."""

TIMEOUT_S = 120.0
"""Generous, for machines several times slower than the one that the figures above are from."""


class Mandelbrot:
    """The whole grid of a problem; asv calls setup in a fresh process and before every sample."""

    params = (VARIANTS, SIZES)
    param_names = ("variant", "problem")
    repeat = (FEWEST_SAMPLES, MOST_SAMPLES, SAMPLING_S)
    timeout = TIMEOUT_S

    def setup(self, variant: str, problem: str) -> None:
        """Load and warm up; raises NotImplementedError ("skip" to asv) if it cannot."""
        # Imported here: an old commit without the subject skips, and does not break discovery.
        try:
            from implementations.problems import PROBLEMS
            from implementations.registry import Unavailable
            from implementations.workload import prepare
        except ImportError as error:
            raise NotImplementedError(f"this commit lacks the subject: {error}") from error
        try:
            workload = prepare(variant, PROBLEMS[problem])
        except (KeyError, ValueError, Unavailable) as error:
            raise NotImplementedError(str(error)) from error
        workload.warm_up()
        self.call = workload.call

    def time_grid(self, variant: str, problem: str) -> None:
        """Seconds per call."""
        self.call()

    def peakmem_grid(self, variant: str, problem: str) -> None:
        """Bytes of the whole process, interpreter and libraries included."""
        self.call()

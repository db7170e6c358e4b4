"""Whether a first call does what later ones, which are what is timed, do not do again."""

# The first call finds cold caches and code that the interpreter has not specialised: up to some
# dozens of times as long, but short. What a cache saves is worth more. Of calls of a microsecond
# the cold first one took up to 235 times as long, all in SQLite; one that computes what later ones
# look up in 70 ns, 2,000 times (60 tests of pytest, Python 3.11, 2026-11-28).
LEAST_S_AND_FACTORS = ((1e-3, 50.0), (1e-4, 1000.0))


def is_far_longer(first_s: float, later_s: float) -> bool:
    """Whether a first call of so many seconds does far more than one of the later ones."""
    return any(first_s >= max(least_s, factor * later_s) for least_s, factor in LEAST_S_AND_FACTORS)

"""Notes its import, and counts its calls."""

from .project import note, work

note("import")
warmup_time = 1e-3
CALLS: list[int] = []


def time_one() -> None:
    work(500)


def time_two() -> None:
    work(500)


def time_fails() -> None:
    raise ValueError


time_fails_2 = time_fails_3 = time_fails_4 = time_fails


def track_three() -> int:
    return 3


def peakmem_four() -> int:
    return 4


def track_calls() -> int:
    CALLS.append(1)
    return len(CALLS)

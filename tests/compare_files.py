"""Files of users for ``hotloop compare``: honest functions, and every kind of bad one."""

from pathlib import Path

SUMS = """
import functools
import operator
from dataclasses import dataclass


def problem():
    return list(range(300))


def plain(xs):
    total = 0
    for x in xs:
        total += x
    return total


builtin = sum


def reduced(xs):
    return functools.reduce(operator.add, xs)


def of_two(xs, ys):
    return xs + ys


def _private(xs):
    return 0
"""

# Each returns what ``plain`` does, but for what its name says.
NASTY = """
import os
import random
import sys
import time

from sums import plain, problem


def off_by_one(xs):
    return plain(xs) + 1


def generates(xs):
    for x in xs:
        yield x


def recurses(xs):
    return recurses(xs)


def prints(xs):
    print("hello" * 100)
    return plain(xs)


def reads(xs):
    sys.stdin.read()
    return plain(xs)


def forks(xs):
    os.fork()
    return plain(xs)


def moves(xs):
    os.chdir("/")
    return plain(xs)


def raises(xs):
    raise ArithmeticError("the sum is not right")


def leaves(xs):
    sys.exit(3)


def asserts(xs):
    assert not xs


def freezes_time(xs):
    time.perf_counter_ns = lambda: 0
    return plain(xs)


def forgets_its_path(xs):
    sys.path.clear()
    sys.modules.pop("pathlib", None)
    raise ArithmeticError("nothing can be imported")


def dies(xs):
    os.abort()


def hangs(xs):
    time.sleep(600)


def has_a_lock(xs):
    import threading
    return threading.Lock()


def is_deep(xs):
    found = []
    for _ in range(100_000):
        found = [found]
    return found


def sorts(xs):
    xs.append(xs[0])
    return plain(xs[:-1])


def guesses(xs):
    return random.SystemRandom().random()


async def waits(xs):
    return plain(xs)


def cached(xs):
    return plain(xs)


cached.cache_info = cached.cache_clear = print  # like those of functools
"""


def write(folder: Path) -> Path:
    """The files in a folder; returns it."""
    (folder / "sums.py").write_text(SUMS)
    (folder / "nasty.py").write_text(NASTY)
    return folder

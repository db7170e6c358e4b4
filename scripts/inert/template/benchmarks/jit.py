"""numba."""

from inert import jit
from inert.percent import PERCENT


def time_chain():
    jit.chain(600 * PERCENT)


def time_collatz():
    jit.collatz(4 * PERCENT)


def time_search():
    jit.search(4 * PERCENT)

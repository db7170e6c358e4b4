"""C."""

from inert import native
from inert.percent import PERCENT


def time_collatz():
    native.collatz(4 * PERCENT)


def time_search():
    native.search(4 * PERCENT)


def time_states():
    native.states(1 * PERCENT)


def time_calls():
    native.calls(300 * PERCENT)

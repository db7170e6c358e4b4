"""Cython."""

from inert import extension
from inert.percent import PERCENT


def time_chain():
    extension.chain(600 * PERCENT)


def time_collatz():
    extension.collatz(4 * PERCENT)


def time_search():
    extension.search(4 * PERCENT)


def time_calls():
    extension.calls(300 * PERCENT)

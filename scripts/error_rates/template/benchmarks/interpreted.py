"""Pure Python and the standard library. Turns are multiples of 100: 1 % is a whole number."""

from known import interpreted
from known.percent import PERCENT


def time_loop():
    """About 25 us."""
    interpreted.loop(4 * PERCENT)


def time_dictionary():
    """About 0.15 ms."""
    interpreted.dictionary(1 * PERCENT)


def time_document():
    """About 1 ms."""
    interpreted.document(2 * PERCENT)


def time_order():
    """About 2 ms."""
    interpreted.order(5 * PERCENT)


def time_objects():
    """About 7 ms: many small objects, made and freed."""
    interpreted.objects(10 * PERCENT)


def time_slow():
    """About a second in one call."""
    interpreted.loop(150_000 * PERCENT)

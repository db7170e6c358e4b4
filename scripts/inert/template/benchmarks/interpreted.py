"""Plain Python."""

from inert import interpreted
from inert.percent import PERCENT


def time_loop():
    interpreted.loop(4 * PERCENT)


def time_dictionary():
    interpreted.dictionary(1 * PERCENT)


def time_objects():
    interpreted.objects(1 * PERCENT)


def time_calls():
    interpreted.calls(15 * PERCENT)

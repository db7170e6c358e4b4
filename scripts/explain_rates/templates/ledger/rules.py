"""What is asked of a booking."""

import functools

URGENT = {"rent", "tax", "power", "water"}


def at_least(cents):
    """A check that holds from so many cents on."""

    def check(booking):
        return booking.amount.cents >= cents

    return check


def checked(function):
    """Leave out what nobody wants."""

    @functools.wraps(function)
    def wrapper(booking):
        if booking.kind == "":
            return False
        return function(booking)

    return wrapper


@checked
def is_urgent(booking):
    """Whether it cannot wait."""
    return booking.kind in URGENT


is_large = at_least(3_000)

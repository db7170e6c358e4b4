"""Lines to bookings."""

import re

from ledger.amounts import Amount


class Booking:
    """One line."""

    FORM = re.compile(r"(\w+) ([\d.]+) (\w+)$")

    def __init__(self, account, amount, kind):
        self.account = account
        self.amount = amount
        self.kind = kind


def read(lines):
    """Each booking of the lines that have one."""
    for line in lines:
        found = Booking.FORM.match(line)
        if found:
            yield booking(*found.groups())


def booking(account, text, kind):
    """A booking of its fields."""
    return Booking(account, Amount.parse(text), kind)

"""Accounts and what they cost."""

from ledger import rules
from ledger.amounts import Amount


class Account:
    """What is booked to it."""

    def __init__(self, name):
        self.name = name
        self.total = Amount(0)
        self.fees = 0
        self.number = 0

    def book(self, booking):
        """Add a booking."""
        self.total = self.total + booking.amount
        self.fees += self.fee(booking)
        self.number += 1

    def fee(self, booking):
        """What it costs to book it."""
        return 2 if rules.is_urgent(booking) else 1


class Savings(Account):
    """Large bookings cost more."""

    def fee(self, booking):
        """What it costs to book it."""
        usual = super().fee(booking)
        return usual + 1 if rules.is_large(booking) else usual


def opened(name):
    """An account of the kind that the name says."""
    return Savings(name) if name.startswith("s") else Account(name)

"""Bookings to statements."""

import zlib

from ledger import accounts, bookings, later

KINDS = ("rent", "food", "power", "books", "tax")
LINES = [f"{'sc'[n % 2]}{n % 9} {n * 37 % 90 + 1}.{n % 90 + 10} {KINDS[n % 5]}" for n in range(150)]


def line(account):
    """One account in words."""
    return f"{account.name}: {account.total.euros:.2f} in {account.number}"


def width(found, times=12):
    """Of the column of amounts."""
    return max([each.total.digits for each in found for _ in range(times)])


def checksum(lines):
    """Tells two statements apart."""
    return zlib.crc32("".join(lines).encode())


def book_all(lines):
    """The accounts of all bookings."""
    found = {}
    for booking in bookings.read(lines):
        account = found.get(booking.account)
        if account is None:
            account = found[booking.account] = accounts.opened(booking.account)
        account.book(booking)
    return list(found.values())


def run(lines=None):
    """The statement."""
    found = book_all(LINES if lines is None else lines)
    fees = later.finished(later.settle_all(found))
    lines = [line(each) for each in sorted(found, key=lambda each: each.name)]
    return f"{lines} {fees} {width(found)} {checksum(lines):08x}"

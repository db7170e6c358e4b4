from decimal import Decimal


def interest(n):
    total = Decimal("100.00")
    for _ in range(n):
        total = (total * Decimal("1.0001")).quantize(Decimal("0.01"))
    return total


def problem():
    return 3000

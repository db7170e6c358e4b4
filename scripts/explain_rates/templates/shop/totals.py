"""Records to totals."""

from shop import rates


def price(record):
    """Of all pieces."""
    return record["price"] * record["count"]


def discount(record):
    """More pieces are cheaper."""
    count = record["count"]
    return 0.9 if count > 3 else 0.95 if count > 2 else 1.0


def tax(record):
    """By tag."""
    return rates.rate(record["tag"])


def total(record):
    """What a record costs."""
    return rates.rounded(price(record) * discount(record) * tax(record))


def group(records):
    """Records by category."""
    groups = {}
    for record in records:
        groups.setdefault(rates.category(record["tag"]), []).append(record)
    return groups


def ranked(values):
    """The largest first."""
    return sorted(values, reverse=True)


def unused(values):
    """Nobody calls it."""
    return values

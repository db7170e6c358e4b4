"""What is large, and what that costs."""

LARGE = 80
STEPS = 12


def is_large(parcel):
    """Whether one person cannot carry it."""
    return parcel.weight > LARGE


def surcharge(parcel):
    """What that costs, step by step."""
    return sum([parcel.weight % step for step in range(1, STEPS)])

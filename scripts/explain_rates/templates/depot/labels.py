"""Shelves to labels."""

import operator

weight = operator.attrgetter("weight")


def name(parcel):
    """One parcel in words."""
    return f"{parcel.name} {parcel.weight}"


def heaviest(parcels):
    """Three of them."""
    return sorted(parcels, key=weight, reverse=True)[:3]


def label(shelf):
    """What stands on a shelf."""
    names = ", ".join([name(parcel) for parcel in shelf.parcels])
    first = ", ".join(name(parcel) for parcel in heaviest(shelf.parcels))
    return f"{shelf.place}: {shelf.cost} ({first}) {names}"

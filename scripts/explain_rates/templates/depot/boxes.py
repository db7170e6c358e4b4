"""Parcels, and the shelves that they are put on."""

import dataclasses

from depot import limits, tables


@dataclasses.dataclass
class Parcel:
    """What came."""

    name: str
    weight: int
    place: str


class Shelf:
    """The parcels of one place."""

    height = 3

    def __init__(self, place):
        self.place = place
        self.parcels = []
        self.cost = 0

    def put(self, parcel):
        """One more parcel."""
        self.parcels.append(parcel)
        self.cost += tables.cost(parcel.weight) * self.height


class Stock:
    """All shelves."""

    def __init__(self):
        self.shelves = {}

    def shelf(self, place):
        """The shelf of a place: a new one, if it has none."""
        found = self.shelves.get(place)
        if found is None:
            found = self.shelves[place] = Shelf(place)
        return found

    def add(self, parcel):
        """One more parcel, on its shelf."""
        shelf = self.shelf(parcel.place)
        if limits.is_large(parcel):
            shelf.cost += limits.surcharge(parcel)
        shelf.put(parcel)

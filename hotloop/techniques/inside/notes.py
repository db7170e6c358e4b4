"""What is noted of the user's code at work: the types of each place, and how wide its integers are.

The changed code (``watching``) calls the functions that stand in its builtins here.
"""

from __future__ import annotations

import builtins
from typing import Any

# What a signed machine word holds.
WORD_BITS = 63
# A float has so many bits for a whole number: above, dividing as floats rounds twice.
FLOAT_BITS = 53
# The names of our functions in the user's builtins; no leading "__", which classes mangle.
VALUE, DIVIDED, ITEM = "_hotloop_value", "_hotloop_divided", "_hotloop_item"
OWN_CONTAINERS = (list, dict, bytearray)


class Site:
    """One place whose values are noted.

    ``kind``: "name" (assigned in ``scope``), "return", "field" (of class ``scope``), or
    "operation". ``scope`` is the qualified name of the function.
    """

    def __init__(
        self, file: str, line: int, kind: str, scope: str, name: str, text: str = ""
    ) -> None:
        self.file = file
        self.line = line
        self.kind = kind
        self.scope = scope
        self.name = name
        self.text = text
        self.types: set[type] = set()
        self.low = 0
        self.high = 0
        self.last: object = None
        """The last object: what a container holds is known at the end."""
        self.divided = False
        """Whether it was an operand of ``/`` and wider than a float is exact."""

    def clear(self) -> None:
        self.types = set()
        self.low = self.high = 0
        self.last = None
        self.divided = False

    @property
    def bits(self) -> int:
        """Of its widest integer; 64 is what a signed machine word no longer holds."""
        return max(self.high.bit_length(), (~self.low).bit_length() if self.low < 0 else 0)


class Notes:
    """All sites of all files that were loaded."""

    def __init__(self) -> None:
        self.sites: list[Site] = []
        self.constants: list[Site] = []
        """Integers in the source that are too wide for a machine word."""

    def site(self, *facts: Any, **more: Any) -> int:
        self.sites.append(Site(*facts, **more))
        return len(self.sites) - 1

    def clear(self) -> None:
        """Forget what the input's making left; fields of objects that are part of it are kept."""
        for site in self.sites:
            if site.kind != "field":
                site.clear()

    def install(self) -> None:
        """Make the functions known that the changed code calls."""
        sites = self.sites

        def value(number: int, given: Any) -> Any:
            site = sites[number]
            kind = type(given)
            site.types.add(kind)
            if kind is int:
                if given > site.high:
                    site.high = given
                elif given < site.low:
                    site.low = given
            elif kind is not float and kind is not bool:
                site.last = given
            return given

        def divided(number: int, given: Any) -> Any:
            if type(given) is int and given.bit_length() > FLOAT_BITS:
                sites[number].divided = True
                value(number, given)
            return given

        def item(number: int, container: Any, place: Any) -> None:
            if type(container) in OWN_CONTAINERS:
                value(number, container[place])

        for name, function in ((VALUE, value), (DIVIDED, divided), (ITEM, item)):
            setattr(builtins, name, function)

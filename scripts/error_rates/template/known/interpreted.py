"""Loops that the interpreter runs; a turn costs the same whichever it is."""

import json
import random
from itertools import repeat

DOCUMENT = {
    "id": 4711,
    "name": "a record of some length",
    "tags": ["first", "second", "third"],
    "point": {"x": 1.25, "y": -3.5},
    "on": True,
}
UNSORTED = tuple(random.Random(1).sample(range(100_000), 200))
KEYS = tuple(f"key{number}" for number in range(20))


class Node:
    """Something small on the heap that knows its neighbour."""

    def __init__(self, value: int, following: "Node | None") -> None:
        self.value = value
        self.following = following


def loop(turns: int) -> int:
    """Arithmetic on whole numbers."""
    state = 1
    # A counter would make later turns dearer: numbers above 256 are made anew each time.
    for _ in repeat(None, turns):
        state = (state * 69_069 + 1) & 0xFFFF
    return state


def dictionary(turns: int) -> int:
    """Fill, look up, throw away a dict of 20 keys."""
    total = 0
    for _ in range(turns):
        table = {key: len(key) for key in KEYS}
        for key in KEYS:
            total += table[key]
    return total


def document(turns: int) -> int:
    """Write and read a small JSON document."""
    total = 0
    for _ in range(turns):
        total += len(json.loads(json.dumps(DOCUMENT)))
    return total


def order(turns: int) -> int:
    """Sort 200 numbers."""
    total = 0
    for _ in range(turns):
        total += sorted(UNSORTED)[0]
    return total


def objects(turns: int) -> int:
    """Build a chain of 50 objects, and let it go."""
    total = 0
    for _ in range(turns):
        chain = None
        for value in range(50):
            chain = Node(value, chain)
        total += chain.value if chain else 0
    return total

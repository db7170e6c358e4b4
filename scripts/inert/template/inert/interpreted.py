"""Plain Python."""

KEYS = tuple(f"key{number}" for number in range(20))
WORDS = "the quick brown fox jumps over the lazy dog and runs away from all of it"


# ==
class Node:
    """Something small on the heap that knows its neighbour."""

    def __init__(self, value, following):
        self.value = value
        self.following = following


# ==
def loop(turns):
    """Arithmetic on whole numbers."""
    state = 1
    for _ in range(turns):
        state = (state * 69_069 + 1) & 0xFFFF
    return state


# ==
def dictionary(turns):
    """Fill a dict of 20 keys and look them up."""
    total = 0
    for _ in range(turns):
        table = {key: len(key) for key in KEYS}
        for key in KEYS:
            total += table[key]
    return total


# ==
def objects(turns):
    """Build a chain of 50 objects, and let it go."""
    total = 0
    for _ in range(turns):
        chain = None
        for value in range(50):
            chain = Node(value, chain)
        total += chain.value
    return total


# ==
def add(left, right):
    """One more frame."""
    return left + right


# ==
def calls(turns):
    """Call a small function."""
    total = 0
    for turn in range(turns):
        total = add(total, turn)
    return total


# ==
def text(turns):
    """Split, change and join some words."""
    total = 0
    for _ in range(turns):
        total += len(" ".join(word.upper() for word in WORDS.split()))
    return total


# ==

"""Which offset of a partition may be committed: a pure record of what was finished.

    offsets   10 11 12 13 14 15 16
    finished   x  x  x     x  x      -> 13 may be committed: the first that is not finished

Offsets that hold no record (compacted away, markers of transactions) are passed over by whoever
delivers the records: what was delivered in a row is finished in a row.
"""


class Track:
    """Finished stretches of offsets of one partition, each ``[start, end)``.

    ``position``: everything below it is finished, or was before this track began; None: nothing
    was delivered yet.
    """

    __slots__ = ("_ahead", "position")

    def __init__(self) -> None:
        self.position: int | None = None
        # Finished, but not in a row with what is: start -> end.
        self._ahead: dict[int, int] = {}

    def begin(self, offset: int) -> None:
        """The first record that is delivered has this offset; later calls change nothing."""
        if self.position is None:
            self.position = offset

    def finish(self, start: int, end: int) -> None:
        """All offsets from ``start`` to ``end`` - 1 are finished; stretches may overlap."""
        if end > self._ahead.get(start, start):
            self._ahead[start] = end

    def advance(self) -> int | None:
        """Return the position after all that is finished in a row."""
        if self.position is None:
            return None
        ahead = self._ahead
        position = self.position
        while True:
            while (end := ahead.pop(position, None)) is not None:
                position = max(position, end)
            # Stretches that begin lower: they overlap, or were finished twice.
            lower = [start for start in ahead if start < position]
            if not lower:
                self.position = position
                return position
            position = max(position, *(ahead.pop(start) for start in lower))

"""What ``hotloop stream`` can measure. Drains are the ladder itself; all others are in parts."""

from collections.abc import Mapping
from typing import Final

from hotloop.streams import loads, rebalances
from hotloop.streams.part import Part

DRAIN: Final = "drain"
PARTS: Final[tuple[Part, ...]] = (loads, rebalances)
"""In the order of time, and of their tables."""
ABOUT: Final[Mapping[str, str]] = {
    DRAIN: "a filled topic",
    **{name: about for part in PARTS for name, about in part.ABOUT.items()},
}
"""What each measure is, by its name for ``--measure``."""

"""To which servers of this machine a process connects, seen from Python."""

from __future__ import annotations

import os
import sys
from typing import Any

LOCAL = ("127.", "::1", "::ffff:127.", "localhost", "0.0.0.0")
# A loop that looks for a free port may try thousands.
MOST = 100


def noted() -> list[str]:
    """Ports, and paths of Unix sockets, to which this process connects from now on; it grows.

    This cannot be undone; it costs a little at each event that Python audits.
    """
    places: list[str] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and len(places) < MOST:
            place = place_of(arguments[1])
            if place is not None and place not in places:
                places.append(place)

    sys.addaudithook(note)
    return places


def place_of(address: object) -> str | None:
    """A port of this machine or a path, from a socket's address; None: neither."""
    if isinstance(address, (str, bytes)):
        return os.fsdecode(address)
    if isinstance(address, tuple) and len(address) > 1 and str(address[0]).startswith(LOCAL):
        return str(address[1])
    return None

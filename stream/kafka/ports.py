"""Ports of this machine's loopback: which are free, and when one is listened on."""

import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from hotloop.base.errors import MeasurementError

LOOPBACK = "127.0.0.1"
ANY = 0

_CONNECT_TIMEOUT_S = 1.0
_PAUSE_S = 0.02


class PortLost(MeasurementError):
    """Another process took a port between the moment it was found free and its use."""


def is_free(port: int) -> bool:
    """Whether a broker could listen on ``port`` of loopback at this moment."""
    try:
        _bound(port).close()
    except OSError:
        return False
    return True


def free_ports(wanted: Sequence[int]) -> list[int]:
    """Each wanted port, if it is free; for ``ANY`` a free one, different each time.

    They are not reserved: another process may take one before it is used. Raises
    MeasurementError naming a port that is not free.
    """
    with ExitStack() as held:
        found = []
        for port in wanted:
            try:
                found.append(held.enter_context(_bound(port)).getsockname()[1])
            except OSError as error:
                raise MeasurementError(
                    f"port {port} on {LOOPBACK} cannot be had ({error.strerror}): "
                    "free it, give another --port, or leave --port out"
                ) from error
        return found


def await_listener(port: int, deadline_s: float, check: Callable[[], None]) -> None:
    """Return when a connection to ``port`` is accepted.

    ``check`` is called between attempts and raises if further waiting is pointless.
    Raises MeasurementError after ``deadline_s``.
    """
    end_s = time.monotonic() + deadline_s
    while time.monotonic() < end_s:
        check()
        try:
            socket.create_connection((LOOPBACK, port), _CONNECT_TIMEOUT_S).close()
        except OSError:
            time.sleep(_PAUSE_S)
        else:
            return
    raise MeasurementError(f"nothing listens on port {port} after {deadline_s:.0f} s")


def _bound(port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # As Kafka does: a port whose last connections are only lingering counts as free.
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind((LOOPBACK, port))
    except OSError:
        one.close()
        raise
    return one

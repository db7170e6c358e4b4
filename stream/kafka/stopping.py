"""Stopping a broker that another command started: gracefully, then firmly."""

import signal
import time

from hotloop.base.errors import MeasurementError
from stream.kafka import state
from stream.kafka.processes import identify, is_ours, send
from stream.kafka.running import STOP_DEADLINE_S
from stream.kafka.state import State

_PAUSE_S = 0.02
_KILL_DEADLINE_S = 5.0


def stop(broker: State) -> None:
    """End the broker's supervisor, which ends the rest; returns when nothing of it runs.

    Only processes that are certainly the broker's get a signal.
    """
    send(broker.supervisor, broker.marker, signal.SIGTERM)
    if not _gone_within(broker, STOP_DEADLINE_S):
        for process in (broker.supervisor, *broker.nodes.values()):
            send(process, broker.marker, signal.SIGKILL)
        if not _gone_within(broker, _KILL_DEADLINE_S):
            raise MeasurementError(
                f"broker {broker.name} (process {broker.supervisor.pid}) survives even SIGKILL"
            )
    state.sweep()


def _gone_within(broker: State, deadline_s: float) -> bool:
    deadline = time.monotonic() + deadline_s
    processes = (broker.supervisor, *broker.nodes.values())
    while any(is_ours(one, broker.marker) for one in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_S)
    return True


def alive_nodes(broker: State) -> int:
    """How many of the broker's processes run at this moment."""
    return sum(identify(one.pid) == one for one in broker.nodes.values())

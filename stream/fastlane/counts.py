"""Faust's monitor, for many records at once.

The monitor is called four times for each record, which costs more than the record itself. Where it
is the only sensor, its counters get the sums instead, at least once for each turn of the loop.
What is coarser: ``events_runtime`` gets the mean of a turn's events, once; what is in the middle of
being handled does not show in ``messages_active`` and ``events_active``.
"""

from time import monotonic
from typing import Any

from faust.sensors.monitor import Monitor
from faust.types import TP


def is_enough(sensors: Any) -> bool:
    """Whether sums are all that these sensors need: they are Faust's monitor, or there is none."""
    return all(type(sensor) is Monitor for sensor in sensors)


def add(sensors: Any, stream: Any, tp: TP, offset: int, number: int, mean_s: float) -> None:
    """Count ``number`` records of ``tp`` up to ``offset``; each took ``mean_s`` on average."""
    for monitor in sensors:
        monitor.messages_received_total += number
        monitor.messages_received_by_topic[tp.topic] += number
        monitor.tp_read_offsets[tp] = offset
        monitor.events_total += number
        monitor.stream_inbound_time[tp] = monotonic()
        monitor.events_by_stream[_name(monitor.stream_lookup, stream)] += number
        monitor.events_by_task[_name(monitor.task_lookup, stream.task_owner)] += number
        monitor.events_runtime.append(mean_s)


def _name(lookup: Any, owner: Any) -> str:
    name: str | None = lookup.get(owner)
    if name is None:
        name = lookup[owner] = str(owner)
    return name

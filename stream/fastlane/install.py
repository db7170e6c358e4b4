"""Give one app a lane, or say why it cannot have one.

What is checked when, and each refusal is one sentence:

    install     versions, the lane's name, the app: not started, Faust's aiokafka driver, its own
                Stream, Consumer scheduler and at-least-once commits
    start       agents with isolated partitions, which may be declared after ``install``
"""

from importlib.metadata import version
from typing import Any

import faust
from faust.exceptions import ImproperlyConfigured
from faust.transport.drivers import aiokafka as driver
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types.enums import ProcessingGuarantee

from .bulk import BulkConsumer
from .consumer import EventConsumer
from .stream import LaneStream

# The lanes use methods of these packages that are no public interface, so that each release is
# tested before it is listed here.
TESTED = {
    "faust-streaming": ("0.15.3",),
    "mode-streaming": ("0.7.1",),
    "aiokafka": ("0.14.0",),
}


class Refused(ImproperlyConfigured):
    """The lane does not support this app, or was not tested with these versions; it says why."""


class EventTransport(driver.Transport):
    """Faust's aiokafka transport with the consumer of lane "event"."""

    Consumer = EventConsumer

    def create_consumer(self, callback: Any, **kwargs: Any) -> Any:
        """Create new consumer; raises Refused for agents that no lane supports."""
        for agent in self.app.agents.values():
            if agent.isolated_partitions:
                raise Refused(
                    f"agent {agent.name} has isolated_partitions: the lane does not support them"
                )
        return super().create_consumer(callback, **kwargs)


class BulkTransport(EventTransport):
    """The same with the consumer of lane "bulk"."""

    Consumer = BulkConsumer


LANES: dict[str, type[EventTransport]] = {"event": EventTransport, "bulk": BulkTransport}


def install(app: Any, lane: str = "event") -> None:
    """Give ``app`` a lane, "event" or "bulk", before it starts; agents may be declared later.

    Raises Refused with one sentence, and changes nothing then.
    """
    transport = LANES.get(lane)
    if transport is None:
        raise Refused(f"there is no lane {lane!r}: there are {' and '.join(LANES)}")
    for reason in (*_untested(), *_unsupported(app)):
        raise Refused(reason)
    app.transport = transport(app.conf.broker_consumer, app)
    app.conf.Stream = LaneStream


def _untested() -> list[str]:
    return [
        f"{name} {found} was not tested with the lanes: use {' or '.join(tested)}"
        for name, tested in TESTED.items()
        if (found := version(name)) not in tested
    ]


def _unsupported(app: Any) -> list[str]:
    conf = app.conf
    reasons = []
    if app.started or app._consumer is not None:
        reasons.append("the app has started: install the lane before that")
    if isinstance(app.transport, EventTransport):
        reasons.append("the app has a lane already")
    elif type(app.transport) is not driver.Transport:
        kind = type(app.transport)
        reasons.append(
            f"the app's transport is {kind.__module__}.{kind.__qualname__}: "
            "the lane supports Faust's aiokafka transport only"
        )
    if conf.processing_guarantee is not ProcessingGuarantee.AT_LEAST_ONCE:
        reasons.append("the lane does not support processing_guarantee='exactly_once'")
    if conf.stream_publish_on_commit:
        reasons.append("the lane does not support stream_publish_on_commit")
    if _stream_class(conf) is not faust.Stream:
        reasons.append("the app has a Stream class of its own, which the lane would replace")
    if conf.ConsumerScheduler is not DefaultSchedulingStrategy:
        reasons.append("the app has a ConsumerScheduler of its own, which the lane does not ask")
    return reasons


def _stream_class(conf: Any) -> Any:
    """Read the setting without Faust's taking it for a use, after which it warns of a change."""
    was_used = "Stream" in conf._accessed
    kind = conf.Stream
    if not was_used:
        conf._accessed.discard("Stream")
    return kind

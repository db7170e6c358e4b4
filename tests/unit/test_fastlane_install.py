"""What a lane refuses, in one sentence each, and that a refusal changes nothing."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, cast

import faust
import pytest
from faust.transport.drivers import aiokafka as driver
from faust.transport.utils import DefaultSchedulingStrategy

from stream.fastlane import Refused, install
from stream.fastlane import install as install_module
from stream.fastlane.bulk import BulkConsumer
from stream.fastlane.consumer import EventConsumer
from stream.fastlane.stream import LaneStream

LANES = ("event", "bulk")


@pytest.fixture(autouse=True)
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """What Faust takes if no loop runs; it would make one that nobody closes."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield made
    asyncio.set_event_loop(None)
    made.close()


def app(**settings: Any) -> faust.App:
    return faust.App("lanes", broker="kafka://127.0.0.1:1", **settings)


def stream_class(of: faust.App) -> Any:
    return of.conf.Stream


class OtherStream(faust.Stream):  # type: ignore[type-arg]
    """A user's own."""


class OtherScheduler(DefaultSchedulingStrategy):
    """A user's own."""


class OtherTransport(driver.Transport):
    """A user's own."""


def with_a_transport_of_its_own() -> faust.App:
    made = app()
    made.transport = OtherTransport(made.conf.broker_consumer, made)
    return made


def with_a_lane() -> faust.App:
    made = app()
    install(made, "event")
    return made


def that_made_its_consumer() -> faust.App:
    made = app()
    made._consumer = cast(Any, object())
    return made


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: app(processing_guarantee="exactly_once"), "exactly_once"),
        (lambda: app(stream_publish_on_commit=True), "stream_publish_on_commit"),
        (lambda: app(Stream=OtherStream), "a Stream class of its own"),
        (lambda: app(ConsumerScheduler=OtherScheduler), "a ConsumerScheduler of its own"),
        (with_a_transport_of_its_own, r"transport is .*OtherTransport"),
        (lambda: faust.App("lanes", broker="confluent://127.0.0.1:1"), "aiokafka transport only"),
        (with_a_lane, "has a lane already"),
        (that_made_its_consumer, "has started"),
    ],
)
@pytest.mark.parametrize("lane", LANES)
def test_what_is_not_supported_is_refused(
    lane: str, make: Callable[[], faust.App], reason: str
) -> None:
    refusing = make()
    before, stream_before = refusing.transport, stream_class(refusing)
    with pytest.raises(Refused, match=reason) as caught:
        install(refusing, lane)
    assert "\n" not in str(caught.value)
    assert refusing.transport is before
    assert stream_class(refusing) is stream_before


def test_a_lane_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refused, match="there is no lane 'buk': there are event and bulk"):
        install(app(), "buk")


@pytest.mark.parametrize("package", ["faust-streaming", "mode-streaming", "aiokafka"])
def test_a_version_that_was_not_tested_is_refused(
    monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    module = __import__(install_module.__module__, fromlist=["version"])
    monkeypatch.setattr(
        module,
        "version",
        lambda name: "0.99.0" if name == package else module.TESTED[name][0],
    )
    refusing = app()
    with pytest.raises(Refused, match=f"{package} 0.99.0 was not tested with the lanes: use 0"):
        install(refusing)
    assert stream_class(refusing) is faust.Stream


@pytest.mark.parametrize("lane", LANES)
def test_isolated_partitions_are_refused_at_the_start(
    loop: asyncio.AbstractEventLoop, lane: str
) -> None:
    refusing = app()
    install(refusing, lane)

    @refusing.agent(refusing.topic("numbers"), isolated_partitions=True)
    async def process(records: Any) -> None:
        """Never started."""

    async def start() -> None:
        _ = refusing.consumer

    with pytest.raises(Refused, match=r"agent .*process has isolated_partitions"):
        loop.run_until_complete(start())


@pytest.mark.parametrize(("lane", "consumer"), [("event", EventConsumer), ("bulk", BulkConsumer)])
def test_only_the_app_that_it_is_installed_in_has_the_lane(
    lane: str, consumer: type[EventConsumer]
) -> None:
    fast, stock = app(), app()
    install(fast, lane)
    assert type(fast.transport).Consumer is consumer
    assert stream_class(fast) is LaneStream
    assert type(stock.transport) is driver.Transport
    assert stream_class(stock) is faust.Stream
    assert driver.Transport.Consumer is driver.Consumer

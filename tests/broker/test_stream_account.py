"""Who is to blame for a record that nobody saw, on a real broker: the client only where it is."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from hotloop.base.errors import MeasurementError
from stream.account import reader
from stream.account.ledger import Sightings, Topic, settle
from stream.cluster import admin, topic_config
from stream.cluster.place import Place
from stream.kafka.running import Broker
from stream.measure import drain, steady
from stream.measure.drain import Filled, Shape
from stream.measure.steady import Offer
from tests.consumers import RECORDS, good, send

pytestmark = pytest.mark.broker

ONE = Shape(topics=1, partitions=1, workers=1)
SMALL_BATCH_BYTES = 16_384
REQUEST_S = 60.0


def take_away(broker: Broker, topic: str, below: int) -> None:
    client = AdminClient({"bootstrap.servers": broker.bootstrap})
    partition = TopicPartition(topic, 0, below)
    client.delete_records([partition])[partition].result(REQUEST_S)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Topics that take small batches only, as a cluster's own settings would make them.

    From their creation on: a setting that is altered is told, and holds, some time afterwards.
    """
    create = admin.create_topic
    small = {topic_config.LARGEST_BATCH: str(SMALL_BATCH_BYTES)}

    def create_small(*args: Any, config: Mapping[str, str]) -> None:
        create(*args, config={**config, **small})

    monkeypatch.setattr(admin, "create_topic", create_small)


def test_a_topic_keeps_its_records_whatever_the_cluster_does_with_others(place: Place) -> None:
    name = place.new_topic(1)
    found = admin.topic_config(place.bootstrap, name)
    wanted = topic_config.KEPT | topic_config.AS_SENT
    assert {setting: found[setting] for setting in wanted} == wanted
    assert (place.taken_away([name]), place.compressed([name])) == (None, None)
    assert (place.batch_bytes([name]) or 0) > SMALL_BATCH_BYTES


def test_settings_that_the_cluster_does_not_take_cost_the_settings_and_not_the_topic(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(topic_config.KEPT, "retention.ms", "for ever")
    monkeypatch.setitem(topic_config.KEPT, "cleanup.policy", "compact")
    name = place.new_topic(1)
    said = place.taken_away([name])
    assert said is not None
    assert said.startswith("the cluster refused a topic that keeps its records (retention.ms is ")


def test_what_the_cluster_took_away_is_not_lost_by_who_came_later(
    place: Place, filled: Filled, broker: Broker
) -> None:
    take_away(broker, filled.names[0], 5_000)
    account = drain.drain(place, filled, "confluent", ONE, 0.3, None).account
    assert (account.lost, account.unknown, account.not_reached) == (0, 0, 0)
    assert account.expired == 5_000
    assert 0 < account.unique <= RECORDS - 5_000


def test_what_somebody_else_wrote_meanwhile_is_in_the_topic_and_no_invention(
    place: Place,
    filled: Filled,
) -> None:
    send(place.settings, filled.names[0], good(range(5)))
    longer = replace(filled, records=RECORDS + 5)
    account = drain.drain(place, longer, "confluent", ONE, None, None).account
    assert (account.unknown, account.lost, account.unique) == (0, 0, RECORDS + 5)


def test_a_topic_emptied_by_the_cluster_is_the_reason_why_nothing_could_be_read(
    place: Place, filled: Filled, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_away(broker, filled.names[0], RECORDS)
    monkeypatch.setattr(drain, "JOIN_LIMIT_S", 5.0)
    said = r"saw 0 records .*; but of the 20,000 records the cluster has taken 20,000 away"
    with pytest.raises(MeasurementError, match=said):
        drain.drain(place, filled, "confluent", ONE, 0.3, None)


def test_the_reader_goes_on_where_the_topic_now_begins(
    place: Place, filled: Filled, broker: Broker
) -> None:
    (name,) = filled.names
    take_away(broker, name, 19_990)
    log = reader.read(place.settings, name, place.end_offsets(name))
    assert log.offsets.tolist() == list(range(19_990, RECORDS))
    take_away(broker, name, RECORDS)
    assert len(reader.read(place.settings, name, place.end_offsets(name)).keys) == 0


@pytest.mark.usefixtures("small_batches")
def test_a_cluster_of_small_batches_gets_small_batches(place: Place) -> None:
    filled = drain.fill(place, ONE, RECORDS, producers=1, value_seed=1)
    assert place.batch_bytes(filled.names) == SMALL_BATCH_BYTES
    assert filled.records == RECORDS


@pytest.mark.usefixtures("small_batches")
def test_a_load_of_which_the_broker_takes_a_part_is_an_error_with_its_reason(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Place, "batch_bytes", lambda self, topics: None)
    said = r"not be filled: the broker did not take [\d,]+ of 20,000 records: .*too large"
    with pytest.raises(MeasurementError, match=said):
        drain.fill(place, ONE, RECORDS, producers=1, value_seed=1)


@pytest.mark.usefixtures("slowly")
def test_a_consumer_that_cannot_keep_up_did_not_reach_records_and_lost_none(place: Place) -> None:
    offer = Offer(rate_per_s=20_000.0, warm_s=0.0, window_s=1.0, producers=1, value_seed=1)
    run = steady.run(place, "faust", ONE, offer, steady.Harm(lambda _: None, 0.1, None))
    account = run.account
    assert (account.lost, account.unknown, account.expired, account.missing) == (0, 0, 0, 0)
    assert account.not_reached > 0
    assert account.unique + account.not_reached == account.acknowledged == offer.records


def test_a_commit_past_records_that_nobody_saw_has_lost_them(
    place: Place, new_group: Callable[[], str]
) -> None:
    topic, group = place.new_topic(1), new_group()
    send(place.settings, topic, good(range(10)))
    consumer = Consumer({**place.settings, "group.id": group})
    consumer.commit(offsets=[TopicPartition(topic, 0, 8)], asynchronous=False)
    consumer.close()
    log = reader.read(place.settings, topic, place.end_offsets(topic))
    sightings = Sightings((log.keys[:5],), 0, place.committed(group, topic))
    account = settle(Topic.of(log, log), sightings, place.extent(topic), whole=True)
    assert (account.lost, account.not_reached, account.unique) == (3, 2, 5)

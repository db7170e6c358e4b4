"""confluent-kafka, record by record: librdkafka with its defaults, ``poll`` in a loop.

The loop of its documentation. librdkafka fetches and parses messages in threads of its own.
"""

from confluent_kafka import Consumer

from stream.account.record import BadRecord, decode
from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants import confluent_common

POLL_S = 0.2


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return confluent_common.consume(job, sink, {}, _poll)


def _poll(consumer: Consumer, sink: Sink) -> None:
    handle, bad = sink.handle, sink.bad
    while not sink.stopping:
        message = consumer.poll(POLL_S)
        if message is None:
            continue
        if message.error():
            confluent_common.check(message.error())
            continue
        try:
            record = decode(message.value())
        except BadRecord as error:
            bad(error.reason)
        else:
            handle(record)

"""confluent-kafka, 1,000 records a call, with queues deep enough that it never waits.

With its defaults librdkafka stops fetching at 100,000 queued messages and then looks for room
only once a second (``fetch.queue.backoff.ms``): a consumer faster than that waits most of the
time.

    queued.min.messages 1,000,000         continue fetching until this many wait locally
    queued.max.messages.kbytes 1 GiB      and do not let their size stop it earlier
    fetch.queue.backoff.ms 5              look again after 5 ms if one of them did stop it
"""

from confluent_kafka import Consumer

from stream.account.record import BadRecord, decode
from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants import confluent_common

SETTINGS: dict[str, object] = {
    "queued.min.messages": 1_000_000,
    "queued.max.messages.kbytes": 1_048_576,
    "fetch.queue.backoff.ms": 5,
}
RECORDS_PER_CALL = 1000
POLL_S = 0.2


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return confluent_common.consume(job, sink, SETTINGS, _consume)


def _consume(consumer: Consumer, sink: Sink) -> None:
    handle, bad = sink.handle, sink.bad
    while not sink.stopping:
        for message in consumer.consume(RECORDS_PER_CALL, POLL_S):
            if message.error():
                confluent_common.check(message.error())
                continue
            try:
                record = decode(message.value())
            except BadRecord as error:
                bad(error.reason)
            else:
                handle(record)

"""Quix Streams: a streaming dataframe over the topic, its defaults.

As its documentation shows it: a topic of JSON, and ``update`` for a side effect on each row. A
row is a dict, decoded with orjson; the user function turns it into the same object as elsewhere.
It is built on librdkafka and reads record by record.
"""

import json
import logging
from typing import Any

import orjson
from confluent_kafka import libversion
from quixstreams import Application
from quixstreams.kafka import ConnectionConfig
from quixstreams.models.serializers.json import JSONDeserializer

from stream.account.record import Payload, diagnose
from stream.cluster.security import Security
from stream.consume.job import NO_LOOP, Job, Resolved
from stream.consume.sink import Sink, Stop
from stream.variants.confluent_common import session
from stream.variants.provenance import compiled, versions


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop, or a signal comes, which Quix handles itself."""
    handle, bad = sink.handle, sink.bad
    settings = {"auto_offset_reset": "earliest", "consumer_extra_config": session(job)}
    login = Security(job.login).librdkafka()
    app = Application(
        ConnectionConfig.from_librdkafka_dict(
            {"bootstrap.servers": job.bootstrap, "client.id": job.group} | login
        ),
        consumer_group=job.group,
        state_dir=job.data_dir,
        auto_create_topics=False,
        loglevel=logging.WARNING,
        **settings,
    )

    def use(row: Any) -> None:
        try:
            record = Payload(row["id_string"], row["value"])
        except (KeyError, TypeError):
            bad(diagnose(row if isinstance(row, bytes | None) else json.dumps(row).encode()))
        else:
            handle(record)

    topic = app.topic(job.topic, value_deserializer=JSONDeserializer(loads=_loads_or_raw))
    app.dataframe(topic).update(use)
    sink.on_stop(app.stop)
    if not sink.stopping:
        app.run()
        # Quix replaces the process's signal handlers; it returns when one was called or the sink
        # had asked, and raises otherwise.
        sink.request_stop(Stop.SIGNAL)
    return Resolved(
        settings=settings,
        versions=versions("quixstreams", "confluent-kafka", "orjson")
        | {"librdkafka": libversion()[0]},
        loop=NO_LOOP,
        compiled=compiled("confluent_kafka.cimpl", "orjson.orjson"),
    )


def _loads_or_raw(raw: bytes | bytearray) -> Any:
    """Decode JSON as Quix does by default; leave anything else as it is, for ``use`` to count.

    Quix's own hook, ``on_consumer_error``, leaves the offset of such a record uncommitted.
    """
    try:
        return orjson.loads(raw)
    except ValueError:
        return raw

"""The recipe: a Faust app that sends itself random records and prints what it gets.

    hotloop broker run              in one terminal: Kafka at port 9092, if that is free
    python -m stream.app worker     in another; Ctrl-C stops it

    producer 1, every 1.0 s, uniform(0, 2) --+
                                             +--> sample-topic --> process_record --> print
    producer 2, every 2.0 s, uniform(0, 5) --+

It connects to Kafka at localhost:9092; BROKER_URL=kafka://HOST:PORT, a variable of Faust's own,
names another. Both producers draw from one generator with a fixed seed, so that every run prints
the same values.
"""

import socket
import sys
from pathlib import Path

import faust
import numpy as np
from faust.types import StreamT

from hotloop.base.errors import MeasurementError, UsageError
from stream.kafka.folders import state_folder

SEED = 12345
TOPIC = "sample-topic"
PARTITIONS = 1
DEFAULT_PORT = 9092
CONNECT_S = 5.0

rng = np.random.default_rng(SEED)


def _data_folder() -> Path:
    """Faust's own folder; ends the process with one sentence if there is no place for it."""
    try:
        return state_folder() / "sample-app"
    except UsageError as error:
        print(f"hotloop: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


app = faust.App(
    "sample",
    broker="kafka://localhost:9092",
    # Beside the broker's state rather than in the user's current folder.
    datadir=_data_folder(),
    # Two copies on one machine would otherwise fight for one port.
    web_enabled=False,
    topic_disable_leader=True,
)


class Record(faust.Record, serializer="json"):
    """What is sent and received."""

    id_string: str
    value: float


# Faust creates only topics that it considers its own ("internal").
topic = app.topic(TOPIC, value_type=Record, partitions=PARTITIONS, internal=True)


@app.agent(topic)
async def process_record(records: StreamT[Record]) -> None:
    """Print every record."""
    async for record in records:
        print(f"Got {record.id_string}: {record.value}")


@app.timer(interval=1.0)
async def producer1(app: faust.App) -> None:
    """Send a value below 2."""
    await app.send(TOPIC, value=Record(id_string="producer 1", value=rng.uniform(0, 2)))


@app.timer(interval=2.0)
async def producer2(app: faust.App) -> None:
    """Send a value below 5."""
    await app.send(TOPIC, value=Record(id_string="producer 2", value=rng.uniform(0, 5)))


def main() -> None:
    """Run Faust's command line on the app; ends the process."""
    if "worker" in sys.argv:
        _check_broker()
    # Faust creates its data folder, but no folder above it.
    app.conf.datadir.parent.mkdir(parents=True, exist_ok=True)
    app.main()


def _check_broker() -> None:
    """Say in one sentence that no broker is listening; Faust would take a page."""
    said = ""
    for url in app.conf.broker:
        try:
            socket.create_connection((url.host, url.port or DEFAULT_PORT), CONNECT_S).close()
        except OSError as error:
            # Without the login that it may contain.
            said = f"cannot reach Kafka at {url.with_user(None)} ({error.strerror or error})"
        else:
            return
    hint = "start one with hotloop broker run, or name yours in BROKER_URL=kafka://HOST:PORT"
    print(f"hotloop: {said}: {hint}", file=sys.stderr)
    sys.exit(MeasurementError.exit_code)


if __name__ == "__main__":
    main()

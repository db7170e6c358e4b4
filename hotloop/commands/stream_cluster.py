"""Where ``hotloop stream`` takes place: a broker of our own, or the user's cluster."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.errors import MeasurementError

if TYPE_CHECKING:
    from hotloop.stream_result import BrokerFacts
    from stream.kafka.running import Broker
    from stream.place import Place
    from stream.security import Security

OWN_MODE = "the user's own"
# What a production topic usually has, where the cluster has brokers enough.
EXTERNAL_COPIES = 3
LOG = ".log"
# Module to distribution.
NEEDS = {"confluent_kafka": "confluent-kafka", "hdrh": "hdrhistogram"}


def check_installed() -> None:
    """Raise MeasurementError where what every run needs, whatever the variant, is missing."""
    missing = [name for module, name in NEEDS.items() if find_spec(module) is None]
    if missing:
        raise MeasurementError(
            f"load and account need {' and '.join(missing)}: pip install 'hotloop[stream]'"
        )


@contextmanager
def working_folder() -> Iterator[Path]:
    """A folder for books and logs; what stays are the logs of processes that failed.

    A run that went well removes its own folder, so a log that is still there belongs to one
    that did not, and the sentence about it names the file.
    """
    folder = Path(tempfile.mkdtemp(prefix="hotloop-"))
    try:
        yield folder
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir():
                # Refused where a log is in it.
                with suppress(OSError):
                    path.rmdir()
            elif path.suffix != LOG or not path.stat().st_size:
                path.unlink()
        with suppress(OSError):
            folder.rmdir()


@contextmanager
def open_cluster(
    bootstrap: str | None, security: "Security", nodes: int, say: Callable[[str], None]
) -> "Iterator[tuple[Place, Broker | None, BrokerFacts]]":
    """A place to measure on, until the context ends.

    ``bootstrap`` None: a broker of our own with so many ``nodes``, which ends with the context;
    ``say`` gets what it waits for. Else the user's cluster, which is left as it was found.
    Raises MeasurementError where there is none to be had.
    """
    from hotloop.stream_result import BrokerFacts
    from stream import admin, broker
    from stream.place import Place

    with working_folder() as folder:
        if bootstrap is None:
            start_s = time.perf_counter()
            with broker.start(nodes=nodes, say=say) as own:
                took_s = time.perf_counter() - start_s
                facts = BrokerFacts(own.version, own.mode, own.nodes, own.bootstrap, took_s)
                yield Place(own.bootstrap, own.nodes, None, folder, own.cpu_s), own, facts
            return
        found = admin.reach(bootstrap, security)
        facts = BrokerFacts(found.version, OWN_MODE, found.brokers, bootstrap, None)
        place = Place(bootstrap, min(found.brokers, EXTERNAL_COPIES), security, folder, None)
        try:
            yield place, None, facts
        finally:
            place.tidy()

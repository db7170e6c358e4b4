"""Where ``hotloop stream`` takes place: a broker of our own, or the user's cluster."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from hotloop.base.errors import MeasurementError
from hotloop.base.text import sentence

if TYPE_CHECKING:
    from hotloop.report.progress import Progress
    from hotloop.streams.result import BrokerFacts
    from stream.cluster.place import Place
    from stream.cluster.security import Security
    from stream.kafka.running import Broker

OWN_MODE = "the user's own"
# What a production topic usually has, if the cluster has enough brokers.
EXTERNAL_COPIES = 3
LOG = ".log"
# Module to distribution.
NEEDS = {"confluent_kafka": "confluent-kafka", "hdrh": "hdrhistogram"}


def check_installed() -> None:
    """Raise MeasurementError if what every run needs, whatever the variant, is missing."""
    missing = [name for module, name in NEEDS.items() if find_spec(module) is None]
    if missing:
        raise MeasurementError(
            f"load and account need {' and '.join(missing)}: pip install 'hotloop[stream]'"
        )


@contextmanager
def working_folder() -> Iterator[Path]:
    """A folder for books and logs; only the logs of failed processes stay.

    A run that went well removes its own folder, so a log that is still there belongs to a run
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
            # Refused if there is a log in it; and a folder that cannot be removed costs no result.
            with suppress(OSError):
                if path.is_dir():
                    path.rmdir()
                elif path.suffix != LOG or not path.stat().st_size:
                    path.unlink()
        with suppress(OSError):
            folder.rmdir()


@dataclass(frozen=True, slots=True)
class Where:
    """The requested cluster. ``bootstrap`` None: our own broker with ``nodes`` nodes."""

    bootstrap: str | None
    security: "Security"
    prefix: str
    nodes: int


@dataclass(frozen=True, slots=True)
class Voice:
    """Where messages go.

    ``say``: each step; ``note``: what will be done to a user's cluster; ``warn``: what was left.
    """

    say: Callable[[str], None]
    note: Callable[[str], None]
    warn: Callable[[str], None]


def voice_of(
    progress: "Progress", done: float, warnings: list[str], quiet_err: TextIO | None
) -> Voice:
    """A voice that reports to ``progress``, at ``done``; ``warnings`` collects the warnings.

    What is done to a user's cluster is more than progress: if progress is silent, it goes to
    ``quiet_err``.
    """

    def note(text: str) -> None:
        progress.note(text)
        if quiet_err is not None:
            print(sentence(text), file=quiet_err, flush=True)

    return Voice(lambda text: progress.report(text, done), note, warnings.append)


@contextmanager
def open_cluster(
    where: Where, voice: Voice
) -> "Iterator[tuple[Place, Broker | None, BrokerFacts]]":
    """A place to measure on, until the context ends, and with it our own broker if there is one.

    The user's cluster is left as it was found; ``voice.warn`` gets what could not be removed.
    Raises MeasurementError if there is no cluster.
    """
    from hotloop.streams.result import BrokerFacts
    from stream import broker
    from stream.cluster import admin, groups, tidy
    from stream.cluster.place import Place

    bootstrap, prefix = where.bootstrap, where.prefix
    with working_folder() as folder:
        if bootstrap is None:
            start_s = time.perf_counter()
            with broker.start(nodes=where.nodes, say=voice.say) as own:
                took_s = time.perf_counter() - start_s
                facts = BrokerFacts(own.version, own.mode, own.nodes, own.bootstrap, took_s)
                place = Place(own.bootstrap, own.nodes, None, folder, own.cpu_s, prefix)
                yield place, own, facts
            return
        found = admin.reach(bootstrap, where.security)
        facts = BrokerFacts(found.version, OWN_MODE, found.brokers, bootstrap, None)
        copies = min(found.brokers, EXTERNAL_COPIES)
        place = Place(bootstrap, copies, where.security, folder, None, prefix)
        groups.check(bootstrap, place.name, where.security, place.name)
        voice.note(
            f"on the cluster at {bootstrap} topics and consumer groups will be made whose names "
            f"begin with {place.name}-, and deleted at the end; nothing else of it is changed"
        )
        try:
            yield place, None, facts
        finally:
            left = place.tidy(voice.say)
            if left:
                voice.warn(tidy.sentence(left, bootstrap))

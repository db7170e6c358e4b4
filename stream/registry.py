"""The ladder's list: which variants there are, in the order in which the table shows them.

Importing this imports neither a client nor NumPy: a variant's module is loaded by ``load`` only,
in the worker.
"""

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

from hotloop.base.errors import MeasurementError, UsageError
from stream.consume.job import Job, Resolved

if TYPE_CHECKING:
    from stream.consume.sink import Sink

Run = Callable[[Job, "Sink"], Resolved]


class Unavailable(MeasurementError):
    """A variant cannot run here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the ladder.

    ``module``: where its ``run`` is. ``idea``: one line for the table. ``needs``: distributions
    that must be installed. ``extra``: the extra of hotloop that installs them. ``commits``: how
    its client commits, by its defaults, and ``commit_interval_s`` how often; every variant
    commits once more when it stops.
    """

    name: str
    module: str
    idea: str
    needs: tuple[str, ...]
    extra: str
    commits: str
    commit_interval_s: float

    def missing(self) -> tuple[str, ...]:
        """The distributions of ``needs`` that are not installed."""
        return tuple(need for need in self.needs if not _is_installed(need))

    def unavailable(self) -> str | None:
        """Why it cannot run here and what to do, as far as that is known without importing it."""
        missing = self.missing()
        if not missing:
            return None
        verb = "are" if len(missing) > 1 else "is"
        what = " and ".join(missing)
        return f"{what} {verb} not installed: pip install 'hotloop[{self.extra}]'"


FAUST = ("faust-streaming",)
FAUST_INTERVAL_S = 2.8
USUAL_INTERVAL_S = 5.0
FAUST_COMMITS = f"what was processed, every {FAUST_INTERVAL_S:g} s"
POSITION_COMMITS = f"what was handed over, every {USUAL_INTERVAL_S:g} s"
FASTSTREAM_COMMITS = (
    f"what was fetched from the client, every {USUAL_INTERVAL_S:g} s, before it is processed"
)

VARIANTS: tuple[Variant, ...] = (
    Variant(
        "faust",
        "stream.variants.faust_default",
        "an agent over a stream, all defaults",
        FAUST,
        "stream",
        FAUST_COMMITS,
        FAUST_INTERVAL_S,
    ),
    Variant(
        "faust_uvloop",
        "stream.variants.faust_uvloop",
        "the same on uvloop",
        (*FAUST, "uvloop"),
        "stream",
        FAUST_COMMITS,
        FAUST_INTERVAL_S,
    ),
    Variant(
        "faust_tuned",
        "stream.variants.faust_tuned",
        "and every setting said to help",
        (*FAUST, "uvloop"),
        "stream",
        FAUST_COMMITS,
        FAUST_INTERVAL_S,
    ),
    Variant(
        "faust_take",
        "stream.variants.faust_take",
        "the agent takes batches",
        FAUST,
        "stream",
        FAUST_COMMITS,
        FAUST_INTERVAL_S,
    ),
    Variant(
        "aiokafka",
        "stream.variants.aiokafka_default",
        "the client below Faust, record by record",
        ("aiokafka",),
        "stream",
        POSITION_COMMITS,
        USUAL_INTERVAL_S,
    ),
    Variant(
        "aiokafka_batch",
        "stream.variants.aiokafka_batch",
        "the same client, whole fetches by getmany",
        ("aiokafka",),
        "stream",
        POSITION_COMMITS,
        USUAL_INTERVAL_S,
    ),
    Variant(
        "confluent",
        "stream.variants.confluent",
        "librdkafka, record by record, defaults",
        ("confluent-kafka",),
        "stream",
        POSITION_COMMITS,
        USUAL_INTERVAL_S,
    ),
    Variant(
        "confluent_tuned",
        "stream.variants.confluent_tuned",
        "librdkafka, 1,000 at a time, deep queues",
        ("confluent-kafka",),
        "stream",
        POSITION_COMMITS,
        USUAL_INTERVAL_S,
    ),
    Variant(
        "quix",
        "stream.variants.quix",
        "Quix Streams, a dataframe of records",
        ("quixstreams",),
        "peers",
        f"what was processed, every {USUAL_INTERVAL_S:g} s",
        USUAL_INTERVAL_S,
    ),
    Variant(
        "faststream",
        "stream.variants.faststream_default",
        "FastStream, a subscriber per record",
        ("faststream", "aiokafka"),
        "peers",
        FASTSTREAM_COMMITS,
        USUAL_INTERVAL_S,
    ),
    Variant(
        "faststream_batch",
        "stream.variants.faststream_batch",
        "FastStream, a subscriber per batch",
        ("faststream", "aiokafka"),
        "peers",
        FASTSTREAM_COMMITS,
        USUAL_INTERVAL_S,
    ),
)

_BY_NAME = {variant.name: variant for variant in VARIANTS}


def get(name: str) -> Variant:
    """Return the variant ``name``; raises UsageError with what comes close."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    close = difflib.get_close_matches(name, _BY_NAME)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(_BY_NAME)}"
    raise UsageError(f"there is no stream variant {name!r}: {hint}")


def load(name: str) -> Run:
    """Import the variant ``name`` with its client and return its ``run``.

    Raises UsageError for a name that does not exist, Unavailable if its client is missing or
    does not import.
    """
    variant = get(name)
    if reason := variant.unavailable():
        raise Unavailable(reason)
    try:
        module = importlib.import_module(variant.module)
    # A broken installation can raise anything at import; only this variant is lost.
    except Exception as error:
        raise Unavailable(f"{name} does not import: {type(error).__name__}: {error}") from error
    run: Run = module.run
    return run


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True

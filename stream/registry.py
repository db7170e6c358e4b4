"""The ladder's list: which variants there are, in the order in which the table shows them.

Importing this imports neither a client nor NumPy: a variant's module is loaded by ``load`` only,
in the worker.
"""

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

from hotloop.base.errors import MeasurementError, UsageError
from stream.consume.job import GroupProtocol, Job, Resolved

if TYPE_CHECKING:
    from stream.consume.sink import Sink

Run = Callable[[Job, "Sink"], Resolved]


class Unavailable(MeasurementError):
    """A variant cannot run here; the text says why and what to do."""


USUAL_INTERVAL_S = 5.0
FAUST_INTERVAL_S = 2.8


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the ladder.

    ``idea``: one line for the table. ``needs``: distributions that must be installed. ``extra``:
    the extra of hotloop that installs them. ``commits``: how its client commits, by its defaults,
    and ``commit_interval_s`` how often; every variant commits once more when it stops.
    ``stem``: of its module's name, None: that of the variant. ``protocols``: the group protocols
    that its client has, its default first.
    """

    name: str
    idea: str
    needs: tuple[str, ...]
    extra: str = "stream"
    commits: str = f"what was handed over, every {USUAL_INTERVAL_S:g} s"
    commit_interval_s: float = USUAL_INTERVAL_S
    stem: str | None = None
    protocols: tuple[GroupProtocol, ...] = (GroupProtocol.EAGER,)

    @property
    def module(self) -> str:
        """Where its ``run`` is."""
        return f"stream.variants.{self.stem or self.name}"

    def missing(self) -> tuple[str, ...]:
        """The distributions of ``needs`` that are not installed."""
        return tuple(need for need in self.needs if not _is_installed(need))

    def install(self) -> str | None:
        """What installs the distributions that it lacks; None: it lacks none."""
        return f"pip install 'hotloop[{self.extra}]'" if self.missing() else None

    def unavailable(self) -> str | None:
        """Why it cannot run here and what to do, as far as that is known without importing it."""
        missing = self.missing()
        if not missing:
            return None
        verb = "are" if len(missing) > 1 else "is"
        what = " and ".join(missing)
        return f"{what} {verb} not installed: {self.install()}"


FAUST = "faust-streaming"
_faust = partial(
    Variant,
    needs=(FAUST,),
    commits=f"what was processed, every {FAUST_INTERVAL_S:g} s",
    commit_interval_s=FAUST_INTERVAL_S,
)
_confluent = partial(Variant, needs=("confluent-kafka",), protocols=tuple(GroupProtocol))
_faststream = partial(
    Variant,
    needs=("faststream", "aiokafka"),
    extra="peers",
    commits=f"what was fetched from the client, every {USUAL_INTERVAL_S:g} s, "
    "before it is processed",
)

# No module is called like a library, which it would then hide from itself.
VARIANTS: tuple[Variant, ...] = (
    _faust("faust", "an agent over a stream, all defaults", stem="faust_default"),
    _faust("faust_uvloop", "the same on uvloop", needs=(FAUST, "uvloop")),
    _faust("faust_tuned", "and every setting said to help", needs=(FAUST, "uvloop")),
    _faust("faust_take", "the agent takes batches"),
    _faust("faust_event", "faust, without helper tasks and turns of the loop per record"),
    _faust("faust_bulk", "faust, whole fetches travel to the agent"),
    _faust("faust_bulk_uvloop", "the same on uvloop", needs=(FAUST, "uvloop")),
    Variant(
        "aiokafka",
        "the client below Faust, record by record",
        ("aiokafka",),
        stem="aiokafka_default",
    ),
    Variant("aiokafka_batch", "the same client, whole fetches by getmany", ("aiokafka",)),
    _confluent("confluent", "librdkafka, record by record, defaults"),
    _confluent("confluent_tuned", "librdkafka, 1,000 at a time, deep queues"),
    Variant(
        "quix",
        "Quix Streams, a dataframe of records",
        ("quixstreams",),
        extra="peers",
        commits=f"what was processed, every {USUAL_INTERVAL_S:g} s",
    ),
    _faststream("faststream", "FastStream, a subscriber per record", stem="faststream_default"),
    _faststream("faststream_batch", "FastStream, a subscriber per batch"),
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

"""What passes between the harness and a worker: a Job goes in, a ConsumerReport comes out.

Both are frozen, travel as one JSON object and refuse keys that they do not know.
Times are nanoseconds of ``time.perf_counter_ns``, which all processes of a machine share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from stream.child import Message

# group.min.session.timeout.ms in a broker's default settings.
SHORTEST_SESSION_S = 6.0
NO_LOOP = "none"


class GroupProtocol(StrEnum):
    """How a group shares its partitions out anew when a member comes or goes.

    ``EAGER``: everybody gives everything up first. ``COOPERATIVE``: only what moves is given up
    (KIP-429). ``CONSUMER``: the broker assigns, nobody waits for anybody (KIP-848, Kafka 4).
    """

    EAGER = "eager"
    COOPERATIVE = "cooperative"
    CONSUMER = "consumer"


class Stamp(StrEnum):
    """Which records get the time at which the user function saw them."""

    FIRST_AND_LAST = "first and last"
    EACH = "each"


@dataclass(frozen=True, slots=True)
class Job(Message):
    """One consumer's task: which variant reads which topic, and when it is done.

    ``target_records``: at this record, good or bad, the clock stops and then the worker
    itself; None: it reads until SIGTERM. ``deadline_s``: the worker gives up this many seconds
    after its start. ``stamp``: see ``Stamp``. ``seen_path``: where the book of what was seen
    is written (``stream.consume.seen``). ``login``: the settings of a ``Security``.
    ``data_dir``: an existing folder for this worker alone. ``session_timeout_s``: after this
    the broker gives a dead member's partitions away; None: the client's default. ``stretch_s``:
    clock and worker stop this many seconds after the first record, unless the target was
    reached before; None: only the target stops them. ``journal_path``: each sighting is also
    written there at once, so that it outlives kill -9 (``stream.consume.journal``), or None.
    ``protocol``: one of the variant's; None: its client's default.
    """

    variant: str
    bootstrap: str
    topic: str
    group: str
    partitions: int
    target_records: int | None
    deadline_s: float
    stamp: Stamp
    seen_path: str
    login: Mapping[str, str] = field(repr=False)
    data_dir: str
    session_timeout_s: float | None
    stretch_s: float | None = None
    journal_path: str | None = None
    protocol: GroupProtocol | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "stamp", Stamp(self.stamp))
        if self.protocol is not None:
            object.__setattr__(self, "protocol", GroupProtocol(self.protocol))
        if self.partitions < 1:
            raise ValueError(f"partitions is {self.partitions}, at least 1 is needed")
        if self.target_records is not None and self.target_records < 1:
            raise ValueError(f"target_records is {self.target_records}, at least 1 is needed")
        if not self.deadline_s > 0:
            raise ValueError(f"deadline_s is {self.deadline_s}, more than 0 is needed")
        if self.stretch_s is not None and not self.stretch_s > 0:
            raise ValueError(f"stretch_s is {self.stretch_s}, more than 0 is needed")
        if self.session_timeout_s is not None and self.session_timeout_s < SHORTEST_SESSION_S:
            raise ValueError(
                f"session_timeout_s is {self.session_timeout_s}, brokers take {SHORTEST_SESSION_S}"
            )


@dataclass(frozen=True, slots=True)
class Resolved(Message):
    """What a variant really ran with.

    ``settings``: as given to the client, or as the client resolved them. ``loop``: the event
    loop's type, or ``NO_LOOP``. ``compiled``: for each extension module, whether it was in
    use; a library whose extension does not load silently falls back to Python.
    """

    settings: Mapping[str, object]
    versions: Mapping[str, str]
    loop: str
    compiled: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class ConsumerReport(Message):
    """What one worker did, whether or not it went well.

    ``count``: records in the stretch, from the one at ``first_ns`` to the one at ``last_ns``,
    both included; 0 if ``last_ns`` is None. ``seen``: all records given to the user function
    or to ``bad``, which is more if the topic continued. ``last_ns`` and ``cpu_s`` (user and
    system time of the process between the two) are None if the target was not reached, but
    ``last_ns`` is known if each record is stamped. ``bad``: reason to count;
    these records are part of ``count`` and ``seen``. ``started_ns``: the worker began.
    ``failure``: one sentence, or None. ``signalled``: ended by SIGTERM or SIGINT rather
    than by its target. ``raised``: ``failure`` is what the client or hotloop raised; otherwise
    only its log may tell why it failed.
    """

    variant: str
    started_ns: int
    first_ns: int | None
    last_ns: int | None
    count: int
    seen: int
    bad: Mapping[str, int]
    cpu_s: float | None
    settings: Mapping[str, object]
    versions: Mapping[str, str]
    loop: str
    compiled: Mapping[str, bool]
    failure: str | None
    signalled: bool
    raised: bool = False


def failed(job: Job, failure: str, *, started_ns: int) -> ConsumerReport:
    """Return the report of a worker that could not write one itself."""
    return ConsumerReport(
        variant=job.variant,
        started_ns=started_ns,
        first_ns=None,
        last_ns=None,
        count=0,
        seen=0,
        bad={},
        cpu_s=None,
        settings={},
        versions={},
        loop=NO_LOOP,
        compiled={},
        failure=failure,
        signalled=False,
    )

"""Where runs take place: a cluster, a folder for what they write, and the broker's CPU time.

Topics and groups are created for each run, under names of their own, and deleted at
the end, so that a user's own cluster is left as it was:

    <prefix><12 random hex digits>-topic-1, -topic-2, -group-1, ...

Each command draws its digits, so whatever was there before has another name.
"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from hotloop.base.errors import MeasurementError
from stream.account.ledger import Extent
from stream.cluster import admin, tidy, topic_config
from stream.cluster.names import PREFIX
from stream.cluster.security import NO_SECURITY, Security

REQUEST_S = 10.0
LOOK_S = 0.1
# A broker that dies is no longer named by the others after 9 s.
BACK_WITHIN_S = 15.0
# On a cluster that we do not stop, a consumer leaves its group properly, so that the group can
# be deleted at once; Faust takes 6 s for that.
GOODBYE_S = 10.0


@dataclass(slots=True)
class Place:
    """One cluster to measure on.

    ``replication``: copies of each record. ``security``: of a user's
    cluster, or None. ``folder``: an existing folder for books and logs.
    ``broker_cpu_s``: CPU seconds that the brokers have used so far; None if
    they run elsewhere. ``prefix``: how every name begins that is created on the cluster.
    """

    bootstrap: str
    replication: int
    security: Security | None
    folder: Path
    broker_cpu_s: Callable[[], float] | None
    prefix: str = PREFIX
    facts: dict[str, topic_config.Facts] = field(default_factory=dict)
    topics: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    mark: str = field(default_factory=lambda: secrets.token_hex(6))
    _numbers: Counter[str] = field(default_factory=Counter)
    _contact: admin.Contact = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._contact = admin.Contact(self.bootstrap, self._security, self.name)

    @property
    def name(self) -> str:
        """How all names begin that are created here, up to the last dash; a client's name."""
        return f"{self.prefix}{self.mark}"

    @property
    def settings(self) -> dict[str, object]:
        """For clients of librdkafka."""
        return admin.settings(self.bootstrap, self._security, self.name)

    @property
    def goodbye_s(self) -> float:
        """How long a consumer that has to end early may take to leave its group."""
        return 0.0 if self.broker_cpu_s is not None else GOODBYE_S

    def new_topic(self, partitions: int) -> str:
        """A fresh, empty topic."""
        name = self._fresh("topic")
        # Noted before it is there, so that an interruption in between leaves none behind.
        self.topics.append(name)
        try:
            self.facts[name] = topic_config.create(
                self.bootstrap, name, partitions, self.replication, self._security, self.name
            )
        except MeasurementError:
            if not self._may_exist(name):
                self.topics.remove(name)
            raise
        return name

    def new_group(self) -> str:
        """The name of a group that nobody uses yet."""
        name = self._fresh("group")
        self.groups.append(name)
        return name

    def new_folder(self) -> Path:
        """An empty folder for one process."""
        folder = self.folder / self._fresh("run")
        folder.mkdir()
        return folder

    def end_offsets(self, topic: str) -> dict[int, int]:
        """Partition to the offset that its next record will get."""
        asked = (self.bootstrap, topic, self._security, self.name)
        return self._contact.ask(lambda client: admin.end_offsets(*asked, client))

    def extent(self, topic: str) -> Extent:
        """What the brokers hold of a topic now."""
        asked = (self.bootstrap, topic, self._security, self.name)
        return self._contact.ask(lambda client: admin.extent(*asked, client))

    def batch_bytes(self, topics: Sequence[str]) -> int | None:
        """The largest batch that all these topics accept; None: not known."""
        known = [self.facts[topic].batch_bytes for topic in topics]
        return min((size for size in known if size is not None), default=None)

    def taken_away(self, topics: Sequence[str]) -> str | None:
        """Why the cluster may delete what nobody has read yet, if it says so."""
        reasons = [self.facts[topic].taken_away for topic in topics]
        return next((reason for reason in reasons if reason is not None), None)

    def compressed(self, topics: Sequence[str]) -> str | None:
        """How the cluster compresses what these topics are sent, if it does."""
        kinds = [self.facts[topic].compressed for topic in topics]
        return next((kind for kind in kinds if kind is not None), None)

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Partition to the offset that the group committed."""
        asked = (self.bootstrap, group, topic, self._security, self.name)
        return self._contact.ask(lambda client: admin.committed(*asked, client))

    def drop_topic(self, topic: str) -> None:
        """Delete a topic of ``new_topic`` to make room; if that fails, it is left for ``tidy``."""
        with suppress(MeasurementError):
            admin.delete_topic(self.bootstrap, topic, self._security, self.name)
            self.topics.remove(topic)

    def await_members(
        self, group: str, members: int, limit_s: float, alive: Callable[[], bool]
    ) -> None:
        """Return when the group is stable with just this many members, each with a partition.

        A member that was killed belongs to it until its session is over.

        Also returns when the workers are no longer ``alive``; their reports say why.
        Raises MeasurementError after ``limit_s``.
        """
        client = AdminClient(self.settings)
        deadline = time.monotonic() + limit_s
        while alive():
            assigned = _assigned(client, group)
            if assigned == members:
                return
            if time.monotonic() > deadline:
                raise MeasurementError(
                    f"after {limit_s:g} s {assigned} of {members} workers had partitions"
                )
            time.sleep(LOOK_S)

    def check(self) -> None:
        """Raise MeasurementError, with the cause, if the cluster no longer lets us in.

        One that is away for a moment has some time to come back.
        """
        deadline = time.monotonic() + BACK_WITHIN_S
        while True:
            try:
                admin.reach(self.bootstrap, self._security)
                return
            except MeasurementError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(LOOK_S)

    def tidy(self, say: Callable[[str], None] = lambda _: None) -> tuple[tidy.Left, ...]:
        """Delete what was created here, as far as the cluster allows; returns what is left."""
        self._contact.end()
        client = AdminClient(self.settings)
        left = tidy.remove(client, self.groups, self.topics, say)
        self.topics = [name for one in left if one.kind == tidy.TOPIC for name in one.names]
        self.groups = [name for one in left if one.kind == tidy.GROUP for name in one.names]
        return left

    def _fresh(self, kind: str) -> str:
        self._numbers[kind] += 1
        return f"{self.name}-{kind}-{self._numbers[kind]}"

    def _may_exist(self, topic: str) -> bool:
        """Whether a topic whose creation failed exists nevertheless, or nobody can say."""
        try:
            # All topics: asking for one by name would create it on some clusters.
            return topic in AdminClient(self.settings).list_topics(timeout=REQUEST_S).topics
        except KafkaException:
            return True

    @property
    def login(self) -> Mapping[str, str]:
        """What the processes of a run get; empty if there is no security."""
        return self._security.settings

    @property
    def _security(self) -> Security:
        return self.security or NO_SECURITY


def _assigned(client: AdminClient, group: str) -> int:
    """Members of a stable group that have partitions; 0 while it is not stable."""
    try:
        found = client.describe_consumer_groups([group], request_timeout=REQUEST_S)[group].result()
    except KafkaException:
        return 0
    if found.state.name != "STABLE":
        return 0
    return sum(1 for member in found.members if member.assignment.topic_partitions)

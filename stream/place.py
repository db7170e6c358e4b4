"""Where runs take place: a cluster, a folder for what they write, and the broker's CPU time.

Topics and groups are made fresh for each run, under names of their own, and are
deleted at the end, so that a user's own cluster is left as it was.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from hotloop.errors import MeasurementError
from stream import admin
from stream.security import NO_SECURITY, Security

REQUEST_S = 10.0
LOOK_S = 0.1
PREFIX = "hotloop"


@dataclass(slots=True)
class Place:
    """One cluster to measure on.

    ``replication``: copies of each record. ``security``: of a user's
    cluster, or None. ``folder``: an existing folder for books and logs.
    ``broker_cpu_s``: CPU seconds that the brokers have used so far; None where
    they run elsewhere.
    """

    bootstrap: str
    replication: int
    security: Security | None
    folder: Path
    broker_cpu_s: Callable[[], float] | None
    topics: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, object]:
        """For clients of librdkafka."""
        return {"bootstrap.servers": self.bootstrap, **self._security.librdkafka()}

    def new_topic(self, partitions: int) -> str:
        """A fresh, empty topic."""
        name = _fresh("topic")
        admin.create_topic(self.bootstrap, name, partitions, self.replication, self._security)
        self.topics.append(name)
        return name

    def new_group(self) -> str:
        """The name of a group that nobody uses yet."""
        name = _fresh("group")
        self.groups.append(name)
        return name

    def new_folder(self) -> Path:
        """An empty folder for one process."""
        folder = self.folder / _fresh("run")
        folder.mkdir()
        return folder

    def end_offsets(self, topic: str) -> dict[int, int]:
        """Partition to the offset that its next record will get."""
        return admin.end_offsets(self.bootstrap, topic, self._security)

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Partition to the offset that the group committed."""
        return admin.committed(self.bootstrap, group, topic, self._security)

    def drop_topic(self, topic: str) -> None:
        """Delete a topic of ``new_topic``, to make room."""
        admin.delete_topic(self.bootstrap, topic, self._security)
        self.topics.remove(topic)

    def await_members(
        self, group: str, members: int, limit_s: float, alive: Callable[[], bool]
    ) -> None:
        """Return when the group is stable with so many members, each with a partition.

        Also returns when the workers are no longer ``alive``; their reports say why.
        Raises MeasurementError after ``limit_s``.
        """
        client = AdminClient({**self.settings, "log_level": 2})
        deadline = time.monotonic() + limit_s
        while alive():
            assigned = _assigned(client, group)
            if assigned >= members:
                return
            if time.monotonic() > deadline:
                raise MeasurementError(
                    f"after {limit_s:g} s {assigned} of {members} workers had partitions"
                )
            time.sleep(LOOK_S)

    def tidy(self) -> None:
        """Delete what was made here, as far as the cluster allows."""
        client = AdminClient({**self.settings, "log_level": 2})
        requests: list[Mapping[str, object]] = []
        if self.groups:
            requests.append(client.delete_consumer_groups(self.groups, request_timeout=REQUEST_S))
        if self.topics:
            requests.append(client.delete_topics(self.topics, request_timeout=REQUEST_S))
        for pending in requests:
            _finish(list(pending.values()))
        self.topics, self.groups = [], []

    @property
    def login(self) -> Mapping[str, str]:
        """What the processes of a run get; empty where there is no security."""
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


def _finish(futures: Sequence[object]) -> None:
    for future in futures:
        # What cannot be deleted (a group that still has a member) does no harm.
        with suppress(KafkaException):
            future.result()  # type: ignore[attr-defined]


def _fresh(kind: str) -> str:
    return f"{PREFIX}-{kind}-{secrets.token_hex(6)}"

"""The result of ``hotloop fault``, as stored: schema ``hotloop.stream-fault/1``.

A schema of its own: the ladder's rows are rates of undisturbed consumers, and a fault run
measures none. The classes mirror the JSON key by key, in base units; an unknown value is
null there and None here, never 0. ``docs/faults.md`` describes every key.

Schema history: 1, the first.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.base.storage import Form
from hotloop.streams.result import BrokerFacts
from stream.account.figures import Account

SCHEMA = "hotloop.stream-fault/1"


@dataclass(frozen=True, slots=True)
class ActionFacts:
    """What was done, in seconds after the load's first record was in the topic."""

    act: str
    begun_seconds: float
    ended_seconds: float

    def __post_init__(self) -> None:
        if not 0 <= self.begun_seconds <= self.ended_seconds < math.inf:
            raise ValueError(f"{self.act} from {self.begun_seconds} to {self.ended_seconds} s")


@dataclass(frozen=True, slots=True)
class FaultReport:
    """One row: one variant under one fault, or why it was not tested.

    ``status``: ``WRONG`` if the fault's promise was broken, ``FAILED`` if it was not tested;
    ``reason`` says how. There are figures, and ``doubts`` about them, if the run finished.
    ``offered_per_second``: the load, kept up for ``seconds``. ``session_timeout_seconds``: of the
    consumers, None: their client's default. ``pause_seconds``: the longest time without any
    new record that ended after the fault began. ``duplicates_explained``: one sentence.
    """

    fault: str
    idea: str
    promise: str
    variant: str
    commits: str
    status: Status
    reason: str | None
    broker: BrokerFacts | None
    offered_per_second: float
    seconds: float | None
    session_timeout_seconds: float | None
    actions: tuple[ActionFacts, ...]
    account: Account | None
    pause_seconds: float | None
    duplicates_explained: str | None
    versions: Mapping[str, str]
    doubts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.status is not Status.OK and not self.reason:
            raise ValueError(f"{self.fault} of {self.variant} is {self.status.value}: no reason")
        figures = (self.account is not None, self.pause_seconds is not None)
        allowed = {
            Status.OK: [(True, True)],
            Status.WRONG: [(True, True)],
            Status.FAILED: [(False, False), (True, True)],
            Status.UNAVAILABLE: [(False, False)],
        }
        if figures not in allowed[self.status]:
            raise ValueError(
                f"{self.fault} of {self.variant} is {self.status.value}: wrong figures"
            )

    @property
    def name(self) -> str:
        """The variant's name, by which it was requested."""
        return self.variant


@dataclass(frozen=True, slots=True)
class FaultResult:
    """All runs of one command, in the order in which they were made.

    ``warnings``: not about a single run, such as what was left behind on a cluster.
    """

    machine: Machine
    faults: tuple[FaultReport, ...]
    seed: int
    elapsed_seconds: float
    warnings: tuple[str, ...] = ()


FORM = Form(FaultResult, SCHEMA)
to_json, from_json, load = FORM.to_json, FORM.from_json, FORM.load

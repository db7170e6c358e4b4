"""Fault runs as they are stored, one of each ending, for the tests of results and reports."""

from dataclasses import replace

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.faults.result import ActionFacts, FaultReport, FaultResult
from hotloop.streams.result import BrokerFacts
from stream.account.figures import Account

BROKER = BrokerFacts("4.4.0", "KRaft", 1, "127.0.0.1:9092", 4.1)
CLEAN = Account(
    sent=12_000,
    acknowledged=12_000,
    unique=12_000,
    lost=0,
    duplicated=0,
    out_of_order=0,
    unknown=0,
    bad=0,
    committed=12_000,
    end=12_000,
)


def report(fault: str, variant: str, status: Status, reason: str | None) -> FaultReport:
    """A run without figures."""
    return FaultReport(
        fault=fault,
        idea="the consumer is stopped with SIGTERM and started again in the same group",
        promise="nothing lost, nothing seen twice",
        variant=variant,
        commits="what was processed, every 2.8 s",
        status=status,
        reason=reason,
        broker=None if status is Status.UNAVAILABLE else BROKER,
        offered_per_second=1_000.0,
        seconds=None,
        session_timeout_seconds=None,
        actions=(),
        account=None,
        pause_seconds=None,
        duplicates_explained=None,
        versions={},
    )


def harmed(
    fault: str, variant: str, account: Account, explained: str, reason: str | None
) -> FaultReport:
    """A run with figures; wrong where there is a reason."""
    return FaultReport(
        fault=fault,
        idea="the consumer is killed with -9 and started again in the same group",
        promise="nothing lost",
        variant=variant,
        commits="what was processed, every 2.8 s",
        status=Status.OK if reason is None else Status.WRONG,
        reason=reason,
        broker=BROKER,
        offered_per_second=1_000.0,
        seconds=14.0,
        session_timeout_seconds=6.0,
        actions=(
            ActionFacts("consumer killed with -9", 6.0, 6.01),
            ActionFacts("consumer started", 7.0, 7.002),
        ),
        account=account,
        pause_seconds=5.53,
        duplicates_explained=explained,
        versions={"faust-streaming": "0.15.3"},
    )


TWICE = Account(14_000, 14_000, 14_000, 0, 2_437, 0, 0, 0, 14_000, 14_000)
LOST = Account(14_000, 14_000, 13_990, 10, 0, 0, 0, 32, 14_000, 14_000)

OK = harmed(
    "agent-kill",
    "faust",
    TWICE,
    "2,437 records came again, handled over 2.3 s: no longer than between two commits "
    "(what was processed, every 2.8 s)",
    None,
)
WRONG = harmed(
    "agent-kill",
    "faststream",
    LOST,
    "nothing was seen twice",
    "10 of 14,000 acknowledged records were lost",
)
# A consumer that could not keep up, on a broker that refused some of the load besides.
UNTESTED = replace(
    harmed(
        "agent-term",
        "faust_take",
        Account(14_000, 14_000, 9_000, 0, 0, 0, 0, 0, 9_000, 14_000, not_reached=5_000),
        "nothing was seen twice",
        "did not keep up: 5,000 of 14,000 records were not reached when the run ended; use a "
        "lower --rate",
    ),
    status=Status.FAILED,
    doubts=("the broker did not take 3 of 14,003 records: Broker: Message size too large",),
)
FAILED = report("broker-kill", "aiokafka", Status.FAILED, "no record came within 30 s of the load")
UNAVAILABLE = report(
    "pause",
    "quix",
    Status.UNAVAILABLE,
    "quixstreams is not installed: pip install 'hotloop[peers]'",
)

RESULT = FaultResult(
    machine=Machine(
        cpu="Example CPU",
        logical_cpus=2,
        usable_cpus=2,
        memory_bytes=1 << 34,
        system="Linux 6.1 x86_64",
        python="3.11.7",
        implementation="CPython",
        versions={"hotloop": "0.1", "faust-streaming": None},
    ),
    faults=(OK, WRONG, UNTESTED, FAILED, UNAVAILABLE),
    seed=417,
    elapsed_seconds=71.3,
)

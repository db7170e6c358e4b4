"""What follows from the account of a fault run: a promise that holds, is broken, or was not tested.

Only the ledger calls a record lost. A record that nobody saw for another reason leaves the promise
untested, and each reason has its sentence.
"""

from dataclasses import dataclass

from stream.account.figures import Account
from stream.faults.plans import Promise

# A consumer that sees nothing new for this long before it is stopped is not slow but stuck.
# In between, a group may wait for a session to end (6 s here, 10 s by aiokafka's default).
STANDSTILL_S = 20.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, beside its counts.

    ``silent_s``: from the last new record to the stop of the consumers. ``refusal``: one
    sentence on the records that the broker refused, or None. ``taken_away``: why the cluster
    may delete records that nobody has read, if it says so. ``is_on_brokers``: whether the fault
    acts on brokers, which may then refuse a record without spoiling the test.
    """

    silent_s: float
    refusal: str | None = None
    taken_away: str | None = None
    is_on_brokers: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """At most one of the two is a sentence: the promise is ``broken``, or was ``untested``.

    ``doubts``: what else to know, one sentence each.
    """

    broken: str | None = None
    untested: str | None = None
    doubts: tuple[str, ...] = ()


def judge(promise: Promise, account: Account, ending: Ending) -> Verdict:
    """The verdict on ``promise``: first a loss, then what kept it from being tested."""
    if account.lost:
        return Verdict(
            broken=f"{account.lost:,} of {account.acknowledged:,} acknowledged records were lost"
        )
    if account.unknown:
        return Verdict(broken=f"{account.unknown:,} records were seen that nobody sent")
    untested = _untested(account, ending)
    if untested is not None:
        return Verdict(untested=untested)
    doubts = () if ending.refusal is None else (ending.refusal,)
    if promise is Promise.NOTHING_LOST_NOR_REPEATED and account.duplicated:
        return Verdict(broken=f"{account.duplicated:,} records were seen twice", doubts=doubts)
    return Verdict(doubts=doubts)


def _untested(account: Account, ending: Ending) -> str | None:
    if ending.refusal is not None and not (ending.is_on_brokers and account.acknowledged):
        return ending.refusal
    if account.acknowledged == 0:
        return "no record was acknowledged, so that nothing was put to the test"
    if account.missing:
        return account.mislaid("the consumer")
    if account.expired:
        return account.taken_away("the consumer", ending.taken_away)
    if account.not_reached:
        return _behind(account, ending)
    return None


def _behind(account: Account, ending: Ending) -> str:
    told = f"{account.not_reached:,} of {account.acknowledged:,} records"
    if ending.silent_s >= STANDSTILL_S:
        return (
            f"the consumer stood still for the last {ending.silent_s:.0f} s: {told} were still "
            "to be read, and none is lost; try a lower --rate"
        )
    return f"did not keep up: {told} were not reached when the run ended; use a lower --rate"

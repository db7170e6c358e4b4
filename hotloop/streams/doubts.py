"""What makes the figures of the stream ladder doubtful, a sentence each: pure."""

from collections.abc import Mapping, Sequence

from hotloop.base.units import percent
from hotloop.streams.measures import PARTS
from hotloop.streams.result import Drain, StreamResult
from stream.account.figures import Account

# An interval this wide, as half its width over the median, decides little.
WIDE_INTERVAL = 0.10
# The generator must be this much faster than the fastest Faust, or it may be the limit.
GENERATOR_FACTOR = 3.0
# From here on a variant reads about as fast as records can be fetched.
NEAR_LIMIT = 0.9
# If it is further above the limit than runs differ, one of the two is wrong.
ABOVE_LIMIT = 1.1
# A fetch brings 1 MB, 13,000 records, at once. Below this a fast client was timed only on what
# was already there, not on what it can fetch.
SHORT_STRETCH_S = 0.1
FAUST = "faust"
LIMIT = "the limit"


def doubts(result: StreamResult) -> list[str]:
    """One sentence for each thing in the figures themselves that deserves doubt."""
    drained = {v.name: v.drain for v in result.variants if v.drain is not None}
    found = []
    wide = [
        name
        for name, drain in drained.items()
        if drain.records_per_second.relative_half_width > WIDE_INTERVAL
    ]
    if wide:
        found.append(
            f"the interval of {', '.join(wide)} is wider than ± {percent(WIDE_INTERVAL)}: "
            "give more --runs, or repeat on a quieter machine"
        )
    short = _short_stretches(result, drained)
    if short:
        found.append(
            f"{', '.join(short)}: a run took less than {SHORT_STRETCH_S:g} s, no longer than a "
            "fetch or two, so that its rate says little: give more --records, or leave it out"
        )
    found += _ceiling_doubts(result, drained, short)
    for variant in result.variants:
        account = variant.account
        if account is not None and account.out_of_order:
            found.append(
                f"{variant.name} saw {account.out_of_order:,} record(s) after a later one of "
                "their partition: it does not keep the order"
            )
        if account is not None:
            found += _unseen_doubts(variant.name, account)
        found += [doubt for part in PARTS for doubt in part.doubts(variant)]
    return found


def _unseen_doubts(name: str, account: Account) -> list[str]:
    """Records that the user function did not see, for other reasons than that they are lost."""
    found = []
    if account.expired:
        found.append(account.taken_away(name))
    if account.missing:
        found.append(account.mislaid(name))
    if account.not_reached:
        found.append(
            f"{name} passed {account.not_reached:,} record(s) over that it did not commit: its "
            "group would get them again"
        )
    if account.bad:
        found.append(
            f"{name} reported {account.bad:,} record(s) as unreadable, though all can be read"
        )
    return found


def _short_stretches(result: StreamResult, drained: Mapping[str, Drain]) -> list[str]:
    """The variants, and the limit, whose stretches were shorter than what says something."""
    short = []
    for name, drain in drained.items():
        measured = drain.records_per_second
        if drain.records / len(measured.samples) / measured.median < SHORT_STRETCH_S:
            short.append(name)
    problem, limit = result.problem, result.limit
    if limit is not None and limit.records_per_second is not None:
        longest_s = problem.records / problem.topics / limit.records_per_second.median
        if longest_s < SHORT_STRETCH_S:
            short.append(LIMIT)
    return short


def _ceiling_doubts(
    result: StreamResult, drained: Mapping[str, Drain], short: Sequence[str]
) -> list[str]:
    """Where generator, broker or machine rather than a variant may have been the limit."""
    found = []
    # What was measured over too short a time is near to nothing.
    shares = {
        name: drain.of_limit or 0.0
        for name, drain in drained.items()
        if name not in short and LIMIT not in short
    }
    above = [name for name, share in shares.items() if share > ABOVE_LIMIT]
    if above:
        found.append(
            f"{', '.join(above)} read faster than the limit, which decodes nothing: one of the "
            "two was measured wrong; give more --runs, or repeat on a quieter machine"
        )
    near = [name for name, share in shares.items() if NEAR_LIMIT < share <= ABOVE_LIMIT]
    if near:
        found.append(
            f"{', '.join(near)} read about as fast as records can be fetched here: "
            "the broker or the machine may be the limit, not the client"
        )
    fausts = [
        drain.records_per_second.median for name, drain in drained.items() if name.startswith(FAUST)
    ]
    generator = result.generator
    if fausts and generator and generator.records_per_second < GENERATOR_FACTOR * max(fausts):
        found.append(
            f"the load generator reached {generator.records_per_second:,.0f} records/s, less than "
            f"{GENERATOR_FACTOR:g} times the fastest Faust: give more --producers"
        )
    return found

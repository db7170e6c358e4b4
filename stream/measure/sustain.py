"""The highest rate that a variant sustains, and its latency below that rate.

Open loop throughout: the load does not wait for the consumer. Every probe has a
fresh topic, a fresh group and fresh processes, so that none inherits a backlog.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hotloop.base.errors import MeasurementError
from stream.account.figures import Account
from stream.cluster.place import Place
from stream.measure import steady
from stream.measure.drain import Shape
from stream.measure.figures import Latency
from stream.measure.latency import summarize
from stream.measure.search import Answer, Next, Probe, proceed
from stream.measure.steady import NOT_SEEN, Offer, Steady

# A consumer's first second is slower: caches, first fetches, and the backlog of its start.
WARM_S = 2.0
PROBE_WINDOW_S = 5.0
LATENCY_WINDOW_S = 8.0


@dataclass(frozen=True, slots=True)
class Load:
    """What all probes of a measurement have in common."""

    shape: Shape
    producers: int
    value_seed: int

    def offer(self, rate_per_s: float, window_s: float) -> Offer:
        """A load at this rate, with its warm-up."""
        return Offer(rate_per_s, WARM_S, window_s, self.producers, self.value_seed)


@dataclass(frozen=True, slots=True)
class Sustained:
    """The answer of a search, with its probes and the account of all of them together."""

    answer: Answer
    probes: tuple[Probe, ...]
    account: Account


@dataclass(frozen=True, slots=True)
class LatencyAt:
    """Latency under one offered rate, and the account of that run."""

    latency: Latency
    account: Account


def search(
    place: Place, variant: str, load: Load, first_per_s: float, say: Callable[[str], None]
) -> Sustained:
    """Search from ``first_per_s``; ``say`` gets a line before each probe.

    Raises MeasurementError if a probe fails or its counts are impossible.
    """
    probes: list[Probe] = []
    accounts: list[Account] = []
    while isinstance(step := proceed(probes, first_per_s), Next):
        say(f"{variant}: probe {len(probes) + 1} at {step.offered_per_s:,.0f} records/s")
        run = steady.run(place, variant, load.shape, load.offer(step.offered_per_s, PROBE_WINDOW_S))
        probes.append(as_probe(run))
        accounts.append(run.account)
    return Sustained(step, tuple(probes), sum(accounts[1:], accounts[0]))


def as_probe(run: Steady) -> Probe:
    """What the search needs to know about a run. Raises MeasurementError for impossible counts."""
    lag = run.lag()
    try:
        return Probe(
            offered_per_s=run.offered_per_s,
            sent_per_s=run.sent_per_s(),
            handled_per_s=lag.achieved_per_s,
            lag_slope_per_s=lag.slope_per_s,
            sent=len(run.sent_ns),
            handled=run.handled,
            is_throttled=any(load.throttled_s for load in run.loads),
        )
    except ValueError as error:
        raise MeasurementError(f"a probe that makes no sense: {error}") from error


def latency_at(place: Place, variant: str, load: Load, offered_per_s: float) -> LatencyAt:
    """Latency from the intended send time to the user function, at one offered rate.

    Raises MeasurementError if the run fails or offers no record.
    """
    run = steady.run(place, variant, load.shape, load.offer(offered_per_s, LATENCY_WINDOW_S))
    inside = (run.planned_ns >= run.begin_ns) & (run.planned_ns < run.end_ns)
    received_ns = run.received_ns[inside]
    late = received_ns == NOT_SEEN
    try:
        latency = summarize(
            run.planned_ns[inside],
            # Less than they would have taken.
            np.where(late, run.stopped_ns, received_ns),
            offered_per_second=offered_per_s,
            late=int(late.sum()),
            limited_by=as_probe(run).limited_by.value,
        )
    except ValueError as error:
        raise MeasurementError(f"no latency of {variant}: {error}") from error
    return LatencyAt(latency, run.account)

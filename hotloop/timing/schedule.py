"""Who is timed when: a pure function of shares and a random generator.

A *set* is one fresh process of every contender. Within a set the turn passes from
process to process in slots; a round has at most one slot of each contender, in
random order. A contender with fewer turns than another takes part in fewer
rounds, spread evenly from the first to the last, so that all of them meet the same
conditions:

    round        1      2      3      4      5      6
    numba        #      #      #      #      #      #
    floats       #             #             #
    python                     #
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

# A 50 ns clock reads a sample this long to 1 part in 10,000, and the cost of a switch of
# process (10 us, cold caches included) stays at 2 %. Shorter samples would alternate more
# finely, but a sample cannot be shorter than one call anyway.
SHORTEST_SAMPLE_S = 0.5e-3
# A turn begins with calls that are not recorded, so that a sample is what a user gets from
# calls in a loop; a call longer than this is its own warm-up.
LONG_CALL_S = 0.1
# No Python call is shorter; a clock that reads 0 must not lead to endless calls.
SHORTEST_CALL_S = 10e-9


@dataclass(frozen=True, slots=True)
class Share:
    """A contender's part of one set: how many samples, of how many calls each.

    A turn holds ``per_turn`` of the samples, after a call and ``warm_up`` samples that are not
    recorded; None: no such call.
    """

    samples: int
    calls: int
    per_turn: int = 1
    warm_up: int | None = None

    def __post_init__(self) -> None:
        if self.samples < 0 or self.calls < 1 or self.per_turn < 1:
            raise ValueError(
                f"a share of {self.samples} samples of {self.calls} calls, {self.per_turn} a turn"
            )

    @property
    def turns(self) -> int:
        return math.ceil(self.samples / self.per_turn)


@dataclass(frozen=True, slots=True)
class Slot:
    """One turn: the contender's index, its samples and the calls of each.

    ``warm_up``: first it makes a call and so many samples that are not recorded, unless it had the
    turn before; None: it never does. By numbers, not by the clock, so that of two equal
    contenders the one that seems a little slower has no fewer unrecorded calls than the other.
    ``turn``: the number of the round in its set.
    """

    contender: int
    calls: int
    samples: int = 1
    warm_up: int | None = None
    turn: int = 0


def share(
    call_s: float,
    budget_s: float,
    warm_up_s: float,
    shortest_s: float = SHORTEST_SAMPLE_S,
    pace_s: float | None = None,
    cost_s: float = 0.0,
) -> Share:
    """The share that fills ``budget_s`` with samples of a call that takes ``call_s``.

    ``cost_s``: with what is done for it outside of its time, which the budget pays too.
    A sample has as many calls as calls of ``pace_s`` fill ``shortest_s``; None: those of its own.

    At least one sample: a slow contender exceeds its budget rather than staying
    unmeasured. The samples of a turn take as long as its warm-up (``warm_up_s``), so at most about
    half of the time is not recorded.
    """
    pace_s = call_s if pace_s is None else pace_s
    calls = max(1, math.ceil(shortest_s / max(pace_s, SHORTEST_CALL_S)))
    sample_s = max(calls * max(call_s, cost_s), shortest_s)
    samples = max(1, round(budget_s / sample_s))
    if call_s >= LONG_CALL_S:
        return Share(samples, calls)
    warm_up = max(0, math.ceil((warm_up_s - call_s) / sample_s))
    return Share(samples, calls, max(1, round(warm_up_s / sample_s)), warm_up)


def one_each(count: int, rng: random.Random) -> tuple[Slot, ...]:
    """A single round of single calls, in random order: the calibration."""
    return tuple(Slot(index, 1) for index in rng.sample(range(count), count))


def plan(shares: Sequence[Share], rng: random.Random) -> tuple[Slot, ...]:
    """The slots of one set, rounds in random order (see the module's picture)."""
    rounds = max((share.turns for share in shares), default=0)
    # Those with as many turns take part in the same rounds, and are neighbours there.
    phase_of = {turns: rng.random() for turns in dict.fromkeys(s.turns for s in shares)}
    phases = [phase_of[share.turns] for share in shares]
    left = [share.samples for share in shares]
    slots: list[Slot] = []
    for turn in range(rounds):
        present = []
        for index, (share, phase) in enumerate(zip(shares, phases, strict=True)):
            if _takes_part(share.turns, rounds, turn, phase):
                samples = min(share.per_turn, left[index])
                left[index] -= samples
                present.append(Slot(index, share.calls, samples, share.warm_up, turn))
        rng.shuffle(present)
        slots.extend(present)
    return tuple(slots)


def _takes_part(turns: int, rounds: int, turn: int, phase: float) -> bool:
    """Whether the running total ``turns * turn / rounds + phase`` passes a whole number."""
    return int(turns * (turn + 1) / rounds + phase) > int(turns * turn / rounds + phase)

"""The proof: head with base's version of a part, timed in turns beside head.

    swapped   |run|.....|run|.|run|....      head's modules, one part of them as base has it
    sham      ....|run|.|...|.|...|run|      head's modules, the same part put in from head itself

Both are head in head's environment, loaded by the same loader, so that what is left between them is
the part. A swap that fails, or with which something else is called or answered than at base or at
head, proves nothing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from hotloop.base import interrupts
from hotloop.gate.explain.places import Places
from hotloop.gate.explain.profiles import EXACT, Compared, Function, compare
from hotloop.gate.explain.watched import Look, NotWatched, Sights, Watched, explaining
from hotloop.gate.model import Benchmark, Contender, Pair, Side
from hotloop.gate.pairs.lanes import lanes_on
from hotloop.gate.pairs.pairs import ProcessPairs

# One part of a file: its path and, at base, the file and the path.
Exchange = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Swap:
    """``parts``: head's file -> what of it is exchanged; the path of a whole file is empty.

    ``covers``: the parts that changed whose code is then base's; ``is_together``: of all files;
    ``is_step``: on the way to one of them, which is then tried alone.
    """

    covers: tuple[Function, ...]
    parts: Mapping[str, tuple[Exchange, ...]]
    is_together: bool = False
    is_step: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What a swap gave back: ``gains`` are log(head / head with the swap) of each pair.

    ``rejected`` says why it proves nothing.
    """

    swap: Swap
    gains: tuple[float, ...] = ()
    rejected: str | None = None


class Swapping:
    """Tries swaps of one benchmark; ``folder`` is for the files that tell workers what to swap."""

    def __init__(
        self,
        head: Contender,
        places: Places,
        benchmark: Benchmark,
        folder: Path,
        lanes: int,
        may_fork: bool,
    ) -> None:
        self._head = head
        self._places = places
        self._benchmark = benchmark
        self._folder = folder
        self._lanes = lanes
        self._may_fork = may_fork
        self._number = 0

    def try_it(
        self,
        swap: Swap,
        seeds: Sequence[int],
        compared: Compared,
        sights: Sights,
        is_open: Callable[[Trial], bool],
    ) -> Trial:
        """A couple to see whether it runs as it should, then a pair for each seed.

        As many again if what these give ``is_open``.
        """
        self._number += 1
        sides = {
            Side.BASE: explaining(self._head, Side.BASE, self._write("swap", swap.parts)),
            Side.HEAD: explaining(self._head, Side.HEAD, self._write("sham", _sham(swap.parts))),
        }
        places = {side: self._places for side in Side}
        try:
            with Watched(sides, places, self._benchmark, self._lanes) as watched:
                (seen,) = watched.sights(seeds[:1], Look.CALLS)
        except NotWatched as error:
            return Trial(swap, rejected=_told(str(error)))
        wrong = unexpected(compare([seen], places), compared) or _other_answer(seen, sights)
        if wrong is not None:
            return Trial(swap, rejected=wrong)
        swapped, sham = (sides[side] for side in Side)
        lanes = lanes_on(self._lanes)
        with ProcessPairs(swapped, sham, lanes, self._may_fork) as executor:
            trial = self._timed(executor, Trial(swap), seeds)
            if is_open(trial):
                # Other memory layouts.
                trial = self._timed(executor, trial, [seed + 1 for seed in seeds])
        return trial

    def _timed(self, executor: ProcessPairs, trial: Trial, seeds: Sequence[int]) -> Trial:
        """``trial`` with one more pair for each seed."""

        def take(lane: int) -> list[Pair]:
            own = seeds[lane :: executor.lanes]
            return [executor.measure(lane, self._benchmark, seed) for seed in own]

        with ThreadPoolExecutor(executor.lanes, "swap") as pool:
            try:
                by_lane = interrupts.at_once(pool, take, range(executor.lanes))
            except BaseException:
                # Before the threads are waited for.
                executor.stop()
                raise
        pairs = [pair for taken in by_lane for pair in taken]
        troubles = [trouble for pair in pairs for trouble in pair.troubles]
        if troubles:
            return replace(trial, rejected=_told(troubles[0].message))
        more = tuple(pair.log_ratio for pair in pairs if pair.log_ratio is not None)
        return replace(trial, gains=(*trial.gains, *more))

    def _write(self, kind: str, parts: Mapping[str, tuple[Exchange, ...]]) -> Path:
        # Equally long names: both sides' environments are to take the same space.
        file = self._folder / f"{kind}-{self._number:03d}.json"
        file.write_text(json.dumps(list(parts.items())), encoding="utf-8")
        return file


def _sham(parts: Mapping[str, tuple[Exchange, ...]]) -> dict[str, tuple[Exchange, ...]]:
    """The same places, filled from head's own file."""
    return {
        file: tuple((path, file, path) for path, _, _ in exchanges)
        for file, exchanges in parts.items()
    }


def unexpected(seen: Compared, compared: Compared) -> str | None:
    """Why the calls with the swap are neither base's nor head's, nor anything between them.

    ``seen``: the swap, as base, beside the sham, as head; ``compared``: base and head themselves.
    A count that the sham, which is head, does not repeat says nothing.
    """
    for function in seen.functions:
        base, head = (compared.count(side, function) for side in Side)
        now, of_sham = (seen.count(side, function) for side in Side)
        if now is None or base is None or head is None or of_sham is None:
            continue
        if abs(of_sham - head) > EXACT:
            continue
        if not min(base, head) - EXACT <= now <= max(base, head) + EXACT:
            said = f"{now:g} times, {base:g} at base and {head:g} at head"
            return f"with it, {function.path} is called {said}"
    return None


def _other_answer(seen: Sights, sights: Sights) -> str | None:
    """Why the answer with the swap is neither base's nor head's; None also where none is known."""
    answers = {sights[side].answer for side in Side}
    now = {seen[side].answer for side in Side}
    if None in answers or None in now or seen[Side.HEAD].answer != sights[Side.HEAD].answer:
        return None
    return None if seen[Side.BASE].answer in answers else "with it, the answer is another"


def _told(message: str) -> str:
    """Without the name of a side, which is not what it stands for here."""
    for side in Side:
        message = message.removeprefix(f"{side.value}: ")
    return f"with it, {message}"

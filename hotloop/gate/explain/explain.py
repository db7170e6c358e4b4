"""The benchmarks that changed most, each with an explanation: after the verdict."""

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.gate.explain import finding, words
from hotloop.gate.explain.conclusion import Evidence
from hotloop.gate.explain.moved import as_at_head, moved_files
from hotloop.gate.explain.places import Places
from hotloop.gate.explain.profiles import Compared, Function, compare
from hotloop.gate.explain.surroundings import surroundings
from hotloop.gate.explain.suspects import Changes, Suspect, changes, renamed
from hotloop.gate.explain.swaps import Exchange, Swap, Swapping, Trial
from hotloop.gate.explain.watched import Look, NotWatched, Sights, Watched, explaining
from hotloop.gate.explanation import EXTENSION, Explanation, Ground
from hotloop.gate.model import Benchmark, Kind, Side
from hotloop.gate.pairs.leftovers import scratch_folder
from hotloop.gate.preparation import Prepared
from hotloop.gate.result import BenchmarkResult, GateResult
from hotloop.gate.verdicts import Verdict

MOST_EXPLAINED = 3
# Couples of processes that profile: these show what changed and whether counts repeat,
COUPLES, COUPLES_OF_LONG_CALLS = 3, 2
# and these, which of several functions that changed seem to cost most.
COUPLES_TO_RANK = 3
LONG_CALL_S = 0.5
MOST_FUNCTIONS, MOST_TOP_LEVELS = 3, 2
# Of several functions that changed, those are tried alone that seem to cost this much of it.
WORTH_TRYING = 0.1
# No swap is begun after this long.
LIMIT_S = 60.0
INTERRUPTED = "interrupted before it was explained"

# What is being done, and which part of it is.
Tell = Callable[[str, float], None]


def explain(result: GateResult, prepared: Prepared, lanes: int, progress: Tell) -> GateResult:
    """``result`` with explanations of what changed most; Ctrl-C ends them, not the result.

    Never fails: what cannot be explained has the reason.
    """
    start_s = time.monotonic()
    chosen = to_explain(result)
    benchmarks = {(each.name, each.params): each for each in prepared.suite.benchmarks}
    found: dict[tuple[str, tuple[str, ...]], Explanation] = {}
    try:
        for number, row in enumerate(chosen):
            key = (row.name, row.params)

            def tell(what: str, part: float, number: int = number, label: str = row.label) -> None:
                progress(f"explaining {label}: {what}", (number + part) / len(chosen))

            found[key] = _of(row, benchmarks.get(key), prepared, lanes, result.seed, tell)
    except KeyboardInterrupt:
        for row in chosen:
            found.setdefault((row.name, row.params), nothing(INTERRUPTED, 0.0))
    rows = tuple(
        replace(row, explanation=found.get((row.name, row.params))) for row in result.benchmarks
    )
    seconds = time.monotonic() - start_s
    return replace(
        result,
        benchmarks=rows,
        explaining_seconds=seconds,
        elapsed_seconds=result.elapsed_seconds - (result.explaining_seconds or 0.0) + seconds,
    )


def to_explain(result: GateResult) -> list[BenchmarkResult]:
    """Those that changed most: the slower ones first."""
    flagged = [
        row
        for verdict in Verdict
        if verdict.is_flag
        for row in sorted(result.having(verdict), key=lambda b: -abs(math.log(b.ratio or 1.0)))
        if row.ratio
    ]
    return flagged[:MOST_EXPLAINED]


def nothing(reason: str, seconds: float, differences: Sequence[str] = ()) -> Explanation:
    """What is said where nothing is attributed."""
    return Explanation(
        Ground.NOTHING, (), None, None, None, None, reason, tuple(differences), seconds
    )


def _of(
    row: BenchmarkResult,
    benchmark: Benchmark | None,
    prepared: Prepared,
    lanes: int,
    seed: int,
    tell: Tell,
) -> Explanation:
    differences = tuple(surroundings(prepared.base, prepared.head, None, prepared.differences))
    if benchmark is None or row.ratio is None:
        return nothing("it is no benchmark of this suite", 0.0, differences)
    if benchmark.kind is not Kind.TIME:
        return nothing(words.not_timed(benchmark.kind), 0.0, differences)
    call_s = max(row.base or 0.0, row.head or 0.0)
    start_s = time.monotonic()
    try:
        return explanation_of(benchmark, row.ratio, call_s, prepared, lanes, seed, tell)
    except (NotWatched, MeasurementError, OSError) as error:
        seconds = time.monotonic() - start_s
        return nothing(f"it could not be profiled: {error}", seconds, differences)


def explanation_of(
    benchmark: Benchmark,
    ratio: float,
    call_s: float,
    prepared: Prepared,
    lanes: int,
    seed: int,
    tell: Tell,
) -> Explanation:
    """Why head takes ``ratio`` times as long; ``call_s``: about how long a call takes.

    Raises NotWatched, MeasurementError or OSError where it cannot be profiled.
    """
    with scratch_folder() as folder:
        chance = random.Random(seed)
        inquiry = Inquiry(prepared, benchmark, ratio, call_s, lanes, folder, chance)
        return inquiry.explanation(tell)


class Inquiry:
    """One benchmark: profiles, suspects, swaps."""

    def __init__(
        self,
        prepared: Prepared,
        benchmark: Benchmark,
        ratio: float,
        call_s: float,
        lanes: int,
        folder: Path,
        chance: random.Random,
    ) -> None:
        self._prepared = prepared
        self._benchmark = benchmark
        self._is_long = call_s > LONG_CALL_S
        self._log_ratio = math.log(ratio)
        self._sign = 1 if self._log_ratio > 0 else -1
        self._lanes = lanes
        self._folder = folder
        self._chance = chance
        self._contenders = {Side.BASE: prepared.base, Side.HEAD: prepared.head}
        self._places = {side: Places(each) for side, each in self._contenders.items()}
        self._start_s = time.monotonic()
        self._tried: list[finding.Tried] = []
        self._moved: Mapping[str, str] = {}

    def explanation(self, tell: Tell) -> Explanation:
        """All that can be found out. Raises NotWatched if a side cannot be profiled."""
        tell("counting calls", 0.0)
        sights, compared, changed = self._profiled()
        if self._can_swap(sights):
            self._swap(sights, compared, changed, lambda part: tell("swapping code", part))
        evidence = Evidence(
            prepared=self._prepared,
            sights=sights,
            compared=compared,
            changed=changed,
            tried=tuple(self._tried),
            can_swap=self._can_swap(sights),
            moved={new: old for old, new in self._moved.items()},
        )
        return evidence.explanation(time.monotonic() - self._start_s)

    def _profiled(self) -> tuple[Sights, Compared, Changes]:
        """What the first couple showed, the figures of all, and what changed."""
        contenders = {side: explaining(each, side) for side, each in self._contenders.items()}
        seeds = self._seeds(COUPLES_OF_LONG_CALLS if self._is_long else COUPLES)
        with Watched(contenders, self._places, self._benchmark, self._lanes) as watched:
            seen, *more = watched.sights(seeds, Look.CODE_TOO)
            self._moved = moved_files(seen)
            sights = as_at_head(seen, self._moved)
            places = {**self._places, Side.BASE: self._places[Side.BASE].after(self._moved)}
            compared = compare([sights, *more], places)
            changed = changes(sights, compared, self._sign)
            if not self._is_long and len(_functions(changed)) > 1:
                more += watched.sights(self._seeds(COUPLES_TO_RANK), Look.CALLS)
                compared = compare([sights, *more], places)
                changed = changes(sights, compared, self._sign)
            if all(changed.unmatched.values()):
                steps = _steps(watched, sights, changed.unmatched)
                changed = renamed(changed, compared, steps, self._sign)
        return sights, compared, changed

    def _can_swap(self, sights: Sights) -> bool:
        """Base's code has to mean the same to head's interpreter."""
        return len({sights[side].python for side in Side}) == 1

    # ---- swaps

    def _swap(
        self,
        sights: Sights,
        compared: Compared,
        changed: Changes,
        tell: Callable[[float], None],
    ) -> None:
        """Try what is suspected, until enough is explained."""
        swapping = Swapping(
            self._contenders[Side.HEAD],
            self._places[Side.HEAD],
            self._benchmark,
            self._folder,
            self._lanes,
            self._prepared.may_fork,
        )

        swaps = _most_swaps(changed)

        def gain(trial: Trial) -> finding.Gain | None:
            return finding.gain(trial, self._log_ratio, swaps)

        def is_open(trial: Trial) -> bool:
            found = gain(trial)
            return found is not None and found.is_open

        def try_it(swap: Swap) -> bool:
            """False: there is no time left, or enough is explained."""
            if time.monotonic() - self._start_s > LIMIT_S:
                return False
            tell(min(1.0, 0.2 + 0.8 * len(self._tried) / swaps))
            seeds = self._seeds(finding.fewest_pairs(swaps))
            trial = swapping.try_it(swap, seeds, compared, sights, is_open)
            self._tried.append(finding.Tried(trial, gain(trial)))
            return self._explained() < finding.ENOUGH

        functions = _functions(changed)
        others: Sequence[Suspect] = [e for e in changed.suspects if not e.is_function]
        together = _together(sights, changed.suspects or changed.unseen)
        if len(functions) > MOST_FUNCTIONS:
            # If all of them together give nothing back, none does.
            try_it(together)
            if self._tried and self._tried[-1].gain and not self._tried[-1].gain.is_shown:
                functions, others = [], []
            growth_s = sum(compared.growth_s.values()) * self._sign
            functions = [f for f in functions if f.score_s >= WORTH_TRYING * growth_s]
        for suspect in functions[:MOST_FUNCTIONS]:
            if not try_it(_alone(sights, suspect)):
                break
        if self._explained() >= finding.ENOUGH:
            return
        if len(others) > MOST_TOP_LEVELS:
            others = self._narrowed(others, sights, try_it)
        for suspect in others:
            if not try_it(_alone(sights, suspect)):
                return
        if changed.suspects and changed.unseen and not try_it(_all_of(sights, changed.unseen)):
            return
        is_tried = any(each.trial.swap is together for each in self._tried)
        failed = any(each.gain is None for each in self._tried)
        if together.parts and not is_tried and (len(changed.suspects) != 1 or failed):
            try_it(together)

    def _narrowed(
        self, others: Sequence[Suspect], sights: Sights, try_it: Callable[[Swap], bool]
    ) -> Sequence[Suspect]:
        """The one of many that costs, if one does: profiles do not rank top levels.

        Half of them are tried at once, then half of the half that gave something back, or of the
        other. Empty if there is no time left.
        """
        while len(others) > 1:
            half, rest = others[: len(others) // 2], others[len(others) // 2 :]
            if not try_it(replace(_all_of(sights, half), is_step=True)):
                return []
            gain = self._tried[-1].gain
            others = half if gain and gain.is_shown else rest
        return others

    def _explained(self) -> float:
        """Which part of the change is explained, but for all files together and for steps."""
        alone = [
            each.gain
            for each in self._tried
            if each.gain and not each.trial.swap.is_together and not each.trial.swap.is_step
        ]
        return finding.explained(alone, self._log_ratio)

    def _seeds(self, number: int) -> list[int]:
        return [self._chance.getrandbits(32) for _ in range(number)]


def _functions(changed: Changes) -> list[Suspect]:
    """Those that can be swapped, the likeliest first."""
    return [each for each in changed.suspects if each.is_function]


def _most_swaps(changed: Changes) -> int:
    """How many can prove something."""
    unseen = 1 if changed.suspects and changed.unseen else 0
    if len(changed.suspects) <= 1:
        # If it cannot be tried alone, it is tried with its file.
        return 1 + unseen
    functions = len(_functions(changed))
    others = len(changed.suspects) - functions
    if others > MOST_TOP_LEVELS:
        # One is sought by halves, then tried alone.
        others = math.ceil(math.log2(others)) + 1
    together = 1
    return min(functions, MOST_FUNCTIONS) + others + unseen + together


def _steps(
    watched: Watched, sights: Sights, parts: Mapping[Side, Sequence[Function]]
) -> dict[Side, dict[Function, list[str]]]:
    """What the parts of both sides do, step by step."""
    paths: dict[Side, dict[str, list[str]]] = {side: {} for side in Side}
    for side, own in parts.items():
        for part in own:
            paths[side].setdefault(_file(sights, side, part), []).append(part.path)
    told = watched.instructions(paths)
    return {
        side: {part: told[side][_file(sights, side, part)].get(part.path, []) for part in own}
        for side, own in parts.items()
    }


def _alone(sights: Sights, suspect: Suspect) -> Swap:
    """One part as it is at base; an extension is exchanged as a whole."""
    head = _file(sights, Side.HEAD, suspect.part)
    base = _file(sights, Side.BASE, suspect.before)
    path, before = (
        "" if part.path == EXTENSION else part.path for part in (suspect.part, suspect.before)
    )
    return Swap((suspect.part,), {head: ((path, base, before),)})


def _all_of(sights: Sights, suspects: Sequence[Suspect]) -> Swap:
    """All of these as they are at base, each in its place, the rest of their files as at head."""
    parts: dict[str, tuple[Exchange, ...]] = {}
    for each in suspects:
        for file, exchanges in _alone(sights, each).parts.items():
            parts[file] = (*parts.get(file, ()), *exchanges)
    return Swap(tuple(each.part for each in suspects), parts)


def _together(sights: Sights, suspects: Sequence[Suspect]) -> Swap:
    """All files that have some of these, as they are at base.

    One that only head has is taken for the file that its likeliest part came from.
    """
    base = sights[Side.BASE]
    files: dict[str, tuple[Exchange, ...]] = {}
    for each in suspects:
        is_new = each.part.file not in base.files and each.part.file not in base.extensions
        before = _file(sights, Side.BASE, each.before if is_new else each.part)
        files.setdefault(_file(sights, Side.HEAD, each.part), (("", before, ""),))
    return Swap(tuple(each.part for each in suspects), files, is_together=True)


def _file(sights: Sights, side: Side, part: Function) -> str:
    """Where a side has the file of a part."""
    sight = sights[side]
    return (sight.extensions if part.path == EXTENSION else sight.files)[part.file]

"""The benchmarks that changed most, each with an explanation: after the verdict."""

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.gate.explain import finding, words
from hotloop.gate.explain.finding import Gain
from hotloop.gate.explain.places import Places, commits_of
from hotloop.gate.explain.profiles import Compared, Function, by_part, compare
from hotloop.gate.explain.stacks import stacks_of
from hotloop.gate.explain.surroundings import surroundings
from hotloop.gate.explain.suspects import Change, Changes, Suspect, changes, renamed
from hotloop.gate.explain.swaps import Swap, Swapping, Trial
from hotloop.gate.explain.watched import NotWatched, Sights, Watched, explaining
from hotloop.gate.explanation import EXTENSION, Explanation, FunctionFacts, Ground
from hotloop.gate.model import Benchmark, Kind, Side
from hotloop.gate.pairs.leftovers import scratch_folder
from hotloop.gate.preparation import Prepared
from hotloop.gate.result import BenchmarkResult, GateResult
from hotloop.gate.verdicts import Verdict
from hotloop.gate.worker.fingerprints import MODULE

FLAGS = (Verdict.SLOWER, Verdict.FASTER)
MOST_EXPLAINED = 3
# Couples of processes that profile; two show whether counts repeat, and are all for long calls.
COUPLES, FEW_COUPLES = 6, 2
LONG_CALL_S = 0.5
MOST_FUNCTIONS, MOST_TOP_LEVELS = 3, 2
# Of several functions that changed, those are tried alone that seem to cost this much of it.
WORTH_TRYING = 0.1
# No swap is begun after this long.
LIMIT_S = 60.0
MOST_TOLD = 40
INTERRUPTED = "interrupted before it was explained"

ReportProgress = Callable[[str, float], None]


def explain(
    result: GateResult, prepared: Prepared, lanes: int, progress: ReportProgress
) -> GateResult:
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
        for verdict in FLAGS
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
    tell: Callable[[str, float], None],
) -> Explanation:
    start_s = time.monotonic()
    differences = tuple(surroundings(prepared.base, prepared.head, None, prepared.differences))
    if benchmark is None or row.ratio is None:
        return nothing("it is no benchmark of this suite", 0.0, differences)
    if benchmark.kind is not Kind.TIME:
        return nothing(words.not_timed(benchmark.kind), 0.0, differences)
    try:
        with scratch_folder() as folder:
            inquiry = Inquiry(prepared, benchmark, row, lanes, folder, random.Random(seed))
            return inquiry.explanation(tell)
    except (NotWatched, MeasurementError, OSError) as error:
        seconds = time.monotonic() - start_s
        return nothing(f"it could not be profiled: {error}", seconds, differences)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A trial, and what it gave back; None: it proves nothing."""

    trial: Trial
    gain: Gain | None


class Inquiry:
    """One benchmark: profiles, suspects, swaps."""

    def __init__(
        self,
        prepared: Prepared,
        benchmark: Benchmark,
        row: BenchmarkResult,
        lanes: int,
        folder: Path,
        chance: random.Random,
    ) -> None:
        assert row.ratio is not None
        self._prepared = prepared
        self._benchmark = benchmark
        self._row = row
        self._log_ratio = math.log(row.ratio)
        self._sign = 1 if self._log_ratio > 0 else -1
        self._lanes = lanes
        self._folder = folder
        self._chance = chance
        self._contenders = {Side.BASE: prepared.base, Side.HEAD: prepared.head}
        self._places = {side: Places(each) for side, each in self._contenders.items()}
        self._start_s = time.monotonic()
        self._tried: list[_Tried] = []

    def explanation(self, tell: Callable[[str, float], None]) -> Explanation:
        """All that can be found out. Raises NotWatched if a side cannot be profiled."""
        tell("counting calls", 0.0)
        sights, compared, changed = self._profiled()
        if self._can_swap(sights):
            self._swap(sights, compared, changed, lambda part: tell("swapping code", part))
        return self._concluded(sights, compared, changed)

    def _profiled(self) -> tuple[Sights, Compared, Changes]:
        """What the first couple showed, the figures of all, and what changed."""
        contenders = {side: explaining(each, side) for side, each in self._contenders.items()}
        long = max(self._row.base or 0.0, self._row.head or 0.0) > LONG_CALL_S
        seeds = self._seeds(FEW_COUPLES if long else COUPLES)
        with Watched(contenders, self._places, self._benchmark, self._lanes) as watched:
            all_sights = watched.sights(seeds)
            compared = compare(all_sights, self._places)
            sights = all_sights[0]
            changed = changes(sights, compared, self._sign)
            if all(changed.unmatched.values()):
                steps = {
                    side: self._steps(watched, sights, side, changed.unmatched[side])
                    for side in Side
                }
                changed = renamed(changed, compared, steps, self._sign)
        return sights, compared, changed

    def _steps(
        self, watched: Watched, sights: Sights, side: Side, parts: Sequence[Function]
    ) -> dict[Function, list[str]]:
        found = {}
        for name in {part.file for part in parts}:
            paths = [part.path for part in parts if part.file == name]
            reply = watched.instructions(side, sights[side].files[name], paths)
            found.update({Function(name, path): steps for path, steps in reply.items()})
        return found

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
        )

        def try_it(swap: Swap) -> bool:
            """False: there is no time left, or enough is explained."""
            if time.monotonic() - self._start_s > LIMIT_S:
                return False
            tell(min(1.0, 0.2 + 0.8 * len(self._tried) / finding.MOST_SWAPS))
            seeds = self._seeds(finding.PAIRS)
            trial = swapping.try_it(swap, seeds, compared, sights, self._is_open)
            self._tried.append(_Tried(trial, finding.gain(trial, self._log_ratio)))
            return self._explained() < finding.ENOUGH

        functions = [each for each in changed.suspects if each.is_function]
        others = [each for each in changed.suspects if not each.is_function]
        together = self._together(sights, changed.suspects or changed.unseen)
        if len(functions) > MOST_FUNCTIONS:
            # If all of them together give nothing back, none does.
            try_it(together)
            if self._tried and self._tried[-1].gain and not self._tried[-1].gain.is_shown:
                return
            growth_s = sum(compared.growth_s.values()) * self._sign
            functions = [f for f in functions if f.score_s >= WORTH_TRYING * growth_s]
        for suspect in functions[:MOST_FUNCTIONS]:
            if not try_it(self._alone(sights, suspect)):
                break
        if self._explained() >= finding.ENOUGH:
            return
        for suspect in others[:MOST_TOP_LEVELS]:
            if not try_it(self._alone(sights, suspect)):
                return
        is_tried = any(each.trial.swap is together for each in self._tried)
        failed = any(each.gain is None for each in self._tried)
        if together.parts and not is_tried and (len(changed.suspects) != 1 or failed):
            try_it(together)

    def _is_open(self, trial: Trial) -> bool:
        gain = finding.gain(trial, self._log_ratio)
        return gain is not None and gain.is_open

    def _explained(self) -> float:
        """Which part of the change the parts that were tried alone explain."""
        alone = [t.gain for t in self._tried if t.gain and not t.trial.swap.is_together]
        return finding.explained(alone, self._log_ratio)

    def _alone(self, sights: Sights, suspect: Suspect) -> Swap:
        head, base = (_file(sights, side, part) for side, part in _both(suspect))
        # An extension is exchanged as a whole.
        paths = [
            "" if part.path == EXTENSION else part.path for part in (suspect.part, suspect.before)
        ]
        return Swap((suspect.part,), {head: ((paths[0], base, paths[1]),)})

    def _together(self, sights: Sights, suspects: Sequence[Suspect]) -> Swap:
        """All files that have some of these, as they are at base."""
        parts = {each.part.file: each.part for each in suspects}.values()
        files = {
            _file(sights, Side.HEAD, part): (("", _file(sights, Side.BASE, part), ""),)
            for part in parts
        }
        return Swap(tuple(each.part for each in suspects), files, is_together=True)

    def _seeds(self, number: int) -> list[int]:
        return [self._chance.getrandbits(32) for _ in range(number)]

    # ---- conclusions

    def _concluded(self, sights: Sights, compared: Compared, changed: Changes) -> Explanation:
        # Of one part, the trial that says most.
        alone: dict[Function, _Tried] = {}
        together: _Tried | None = None
        for tried in self._tried:
            covers = tried.trial.swap.covers
            if tried.trial.swap.is_together:
                together = tried
            else:
                alone[covers[0]] = tried
        named = {
            part: tried.gain for part, tried in alone.items() if tried.gain and tried.gain.is_shown
        }
        whole = together.gain if together else None
        suspects = changed.suspects or changed.unseen
        functions_tried = [each.part for each in suspects if each.is_function]
        if not named and whole is not None and whole.is_shown and len(functions_tried) == 1:
            # It does not run without the top level that goes with it.
            (only,) = functions_tried
            assert together is not None
            named[only], alone[only] = whole, together
        functions = self._facts(sights, compared, changed, alone, set(named))
        differences = tuple(
            surroundings(
                self._contenders[Side.BASE],
                self._contenders[Side.HEAD],
                sights,
                self._prepared.differences,
            )
        )
        ground, gains, spread_over = Ground.NOTHING, list[Gain](), None
        if named:
            ground, gains = Ground.FUNCTION, list(named.values())
        elif whole is not None and whole.is_shown:
            ground, gains = Ground.SPREAD, [whole]
            spread_over = len(suspects)
        return Explanation(
            ground=ground,
            functions=functions,
            attributed=sum(each.share for each in gains) if gains else None,
            low=sum(each.low for each in gains) if gains else None,
            high=sum(each.high for each in gains) if gains else None,
            spread_over=spread_over,
            reason=words.reason(
                ground,
                compared,
                changed,
                list(named),
                [(tried.trial, tried.gain) for tried in self._tried],
                self._can_swap(sights),
            ),
            differences=differences,
            seconds=time.monotonic() - self._start_s,
            stacks=stacks_of(compared),
        )

    def _facts(
        self,
        sights: Sights,
        compared: Compared,
        changed: Changes,
        alone: Mapping[Function, _Tried],
        named: set[Function],
    ) -> tuple[FunctionFacts, ...]:
        """What is worth telling: named ones first, then what changed or is called otherwise."""
        growth_s = sum(compared.growth_s.values())
        own_s = by_part(compared.growth_s)
        befores = {each.part: each.before for each in changed.suspects or changed.unseen}
        unseen = {each.part for each in changed.unseen}
        gone = {before for part, before in befores.items() if before != part}
        known = {f for f in compared.functions if f == f.part}
        told = {f for f in known if f in changed.of or compared.has_other_counts(f)}
        told = (told | set(befores)) - gone
        order = sorted(
            told,
            key=lambda f: (f not in named, f not in alone, f.is_c, -abs(own_s.get(f, 0.0)), f),
        )
        facts = []
        for part in order[:MOST_TOLD]:
            before = befores.get(part, part)
            tried = alone.get(part)
            gain = tried.gain if tried else None
            commits = self._commits(sights, part) if part in befores else ()
            change = changed.of.get(part)
            said = None if change is None else change.value
            if change is Change.RENAMED:
                said = f"renamed from {before.path}, by what it does"
            facts.append(
                FunctionFacts(
                    name=part.path,
                    file=None if part.is_c else part.file,
                    base_calls=None if part in unseen else compared.count(Side.BASE, before),
                    head_calls=None if part in unseen else compared.count(Side.HEAD, part),
                    share=gain.share if gain else None,
                    low=gain.low if gain else None,
                    high=gain.high if gain else None,
                    commit=commits[0] if commits else None,
                    commits=len(commits),
                    change=said,
                    is_named=part in named,
                    rejected=tried.trial.rejected if tried else None,
                    profiled=own_s.get(part, 0.0) / growth_s if growth_s else None,
                )
            )
        return tuple(facts)

    def _commits(self, sights: Sights, part: Function) -> tuple[str, ...]:
        where = sights[Side.HEAD].code.get(part.file, {}).get(part.path)
        if where is None:
            return ()
        file = Path(sights[Side.HEAD].files[part.file])
        # What is executed by an import stands between the functions.
        lines = None if part.path == MODULE else (where.first_line, where.last_line)
        found = commits_of(self._prepared.differences, file, lines)
        return found if lines is not None or len(found) == 1 else ()


def _both(suspect: Suspect) -> tuple[tuple[Side, Function], tuple[Side, Function]]:
    return (Side.HEAD, suspect.part), (Side.BASE, suspect.before)


def _file(sights: Sights, side: Side, part: Function) -> str:
    """Where a side has the file of a part."""
    sight = sights[side]
    return (sight.extensions if part.path == EXTENSION else sight.files)[part.file]

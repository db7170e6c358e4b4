"""What was seen and tried of one benchmark ──> its explanation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hotloop.gate.explain import words
from hotloop.gate.explain.finding import Gain, Tried, is_cleared, is_spread
from hotloop.gate.explain.places import commits_of
from hotloop.gate.explain.profiles import Compared, Function, by_part
from hotloop.gate.explain.stacks import stacks_of
from hotloop.gate.explain.surroundings import surroundings
from hotloop.gate.explain.suspects import Change, Changes, Suspect
from hotloop.gate.explain.watched import Sights
from hotloop.gate.explanation import Explanation, FunctionFacts, Ground
from hotloop.gate.model import Side
from hotloop.gate.preparation import Prepared
from hotloop.gate.source.revisions import WORKING_TREE
from hotloop.gate.worker.fingerprints import MODULE

# The JSON has no more functions of a benchmark.
MOST_TOLD = 40


@dataclass(frozen=True, slots=True)
class Evidence:
    """``sights``: what the first couple of processes showed; ``compared``: figures of all.

    ``can_swap``: whether base's code means the same to head's interpreter. ``moved``: files that
    have another name at base -> that name.
    """

    prepared: Prepared
    sights: Sights
    compared: Compared
    changed: Changes
    tried: tuple[Tried, ...]
    can_swap: bool
    moved: Mapping[str, str] = field(default_factory=dict)

    def explanation(self, seconds: float) -> Explanation:
        """What all of it comes to, found out in so many ``seconds``."""
        sights, compared, changed = self.sights, self.compared, self.changed
        # Of one part, the trial that says most.
        alone: dict[Function, Tried] = {}
        together: Tried | None = None
        unseen: Tried | None = None
        for tried in self.tried:
            covers = tried.trial.swap.covers
            if tried.trial.swap.is_together:
                together = tried
            elif tried.trial.swap.is_step:
                continue
            elif len(covers) > 1:
                unseen = tried
            else:
                alone[covers[0]] = tried
        named = {
            part: tried.gain for part, tried in alone.items() if tried.gain and tried.gain.is_shown
        }
        whole = together.gain if together else None
        if not named and together is not None and whole is not None and whole.is_shown:
            only = self._only_one(together.trial.swap.covers, whole)
            if only is not None:
                named[only], alone[only] = whole, together
        if is_spread(list(named.values()), whole):
            named = {}
        functions = self._facts(alone, set(named))
        differences = tuple(
            surroundings(self.prepared.base, self.prepared.head, sights, self.prepared.differences)
        )
        ground, gains, spread_over = Ground.NOTHING, list[Gain](), None
        if named:
            ground, gains = Ground.FUNCTION, list(named.values())
        elif whole is not None and whole.is_shown:
            ground, gains = Ground.SPREAD, [whole]
            assert together is not None
            spread_over = len(together.trial.swap.covers)
        elif unseen is not None and unseen.gain is not None and unseen.gain.is_shown:
            ground, gains = Ground.SPREAD, [unseen.gain]
            spread_over = len(unseen.trial.swap.covers)
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
                self.tried,
                self.can_swap,
            ),
            differences=differences,
            seconds=seconds,
            stacks=stacks_of(compared),
        )

    def _only_one(self, covers: Sequence[Function], whole: Gain) -> Function | None:
        """The part that is left, if the others alone give back too little of the ``whole``.

        A function that does not run without the top level that goes with it comes before that.
        """
        cleared = {
            part
            for trial, gain in self.tried
            if not trial.swap.is_together and is_cleared(gain, whole)
            for part in trial.swap.covers
        }
        files = {part.file for part in covers}
        # What no call was seen to run is exchanged with its file.
        possible = [
            each
            for each in (*self.changed.suspects, *self.changed.unseen)
            if each.part.file in files and each.part not in cleared
        ]
        functions = [each for each in possible if each.is_function]
        left = functions or possible
        return left[0].part if len(left) == 1 and left[0].part in covers else None

    @property
    def _suspects(self) -> tuple[Suspect, ...]:
        """What was tried; what no call was seen to run only if that gave something back."""
        suspects, unseen = self.changed.suspects, self.changed.unseen
        of_unseen = {each.part for each in unseen}
        is_needed = any(
            gain is not None and gain.is_shown and of_unseen & set(trial.swap.covers)
            for trial, gain in self.tried
        )
        return (*suspects, *unseen) if is_needed or not suspects else suspects

    def _facts(
        self, alone: Mapping[Function, Tried], named: set[Function]
    ) -> tuple[FunctionFacts, ...]:
        """What is worth telling: named ones first, then what changed or is called otherwise."""
        compared, changed = self.compared, self.changed
        growth_s = sum(compared.growth_s.values())
        own_s = by_part(compared.growth_s)
        befores = {each.part: each.before for each in self._suspects}
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
            commits = self._commits(part) if part in befores else ()
            change = changed.of.get(part)
            said = None if change is None else change.value
            if change is Change.RENAMED:
                was = before.path if before.file == part.file else words.called(before)
                said = f"renamed from {was}, by what it does"
            elif change is Change.CHANGED and part.file in self.moved:
                said = f"changed; its file was {self.moved[part.file]}"
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
                    is_resumed=compared.is_resumed(part),
                )
            )
        return tuple(facts)

    def _commits(self, part: Function) -> tuple[str, ...]:
        sights = self.sights
        where = sights[Side.HEAD].code.get(part.file, {}).get(part.path)
        if where is None:
            return ()
        file = Path(sights[Side.HEAD].files[part.file])
        # What is executed by an import stands between the functions.
        lines = None if part.path == MODULE else (where.first_line, where.last_line)
        head = self.prepared.head.revision
        found = tuple(
            commit
            for commit in commits_of(self.prepared.differences, file, lines)
            # The user knows no commit of what is not committed.
            if head.name != WORKING_TREE or commit != head.commit
        )
        return found if lines is not None or len(found) == 1 else ()

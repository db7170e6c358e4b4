"""What is known besides a share, and why nothing is attributed: in words."""

from collections.abc import Iterable, Sequence

from hotloop.base.units import counted, first_few
from hotloop.gate.explain.finding import Tried
from hotloop.gate.explain.profiles import Compared, Function
from hotloop.gate.explain.suspects import Changes
from hotloop.gate.explain.swaps import Trial
from hotloop.gate.explanation import EXTENSION, Ground, gives_back, how_run, place, times
from hotloop.gate.model import Kind, Side

SHOWN = 3
OTHER_KINDS = {
    Kind.TIMERAW: "its script runs in an interpreter of its own, which is not profiled",
    Kind.MEMORY: "it measures memory, and what is explained is time",
    Kind.PEAK_MEMORY: "it measures memory, and what is explained is time",
    Kind.TRACK: "it returns a number, and what is explained is time",
}
AS_BUILT = "where its machine code lies in memory is a part of that"
SAME_CODE = "the project's Python code that it loads is the same"
WHAT_ELSE = "what differs is in C, in data, in a dependency, or where code lies in memory"


def not_timed(kind: Kind) -> str:
    """Why a benchmark of another kind is not explained."""
    return OTHER_KINDS[kind]


def reason(
    ground: Ground,
    compared: Compared,
    changed: Changes,
    named: Sequence[Function],
    trials: Sequence[Tried],
    can_swap: bool,
) -> str | None:
    """One text; None if there is nothing to add to the functions themselves."""
    calls = _called_otherwise(compared, named)
    if ground is Ground.FUNCTION:
        as_built = AS_BUILT if any(each.path == EXTENSION for each in named) else None
        return _all_of(_with_its_file(named, trials), as_built, calls) or None
    if ground is Ground.SPREAD:
        return _all_of(_rejected(trials), calls) or None
    if not can_swap:
        why = "base's code cannot be put into head: their interpreters differ"
        return _all_of(why, _most_changed(changed), calls)
    if not changed.suspects:
        unseen = (
            f"its calls run none of the code that changed ({_first(changed.of)}), as far as "
            "profiling sees: not in other threads or processes, nor in C"
        )
        if trials:
            return _all_of(unseen, _too_little(trials), _rejected(trials), calls)
        if calls is not None:
            return f"{unseen if changed.of else SAME_CODE}, but {calls}"
        return unseen if changed.of else f"{SAME_CODE}, and is called as often: {WHAT_ELSE}"
    return _all_of(_too_little(trials), _rejected(trials), calls)


def _all_of(*clauses: str | None) -> str:
    """Those that there are, in a row."""
    return "; ".join(filter(None, clauses))


def _how_often(compared: Compared, function: Function) -> str:
    """ "split_line is called 2.0 times as often (40,000 -> 80,000)"; a generator is entered."""
    base, head = (compared.count(side, function) for side in Side)
    assert base is not None
    assert head is not None
    verb = how_run(compared.is_resumed(function))
    return f"{called(function)} is {verb} {times(base, head)}"


def called(function: Function) -> str:
    """Its name: with its file, or as Python calls it where it is written in C."""
    return place(function.path, None if function.is_c else function.file)


def _called_otherwise(compared: Compared, named: Sequence[Function]) -> str | None:
    """What is called more or less often: by those that are named, or at all."""
    others = [f for f in compared.functions if compared.has_other_counts(f) and f == f.part]
    if named:
        head, base = compared.sides[Side.HEAD], compared.sides[Side.BASE]
        callees = {
            callee for edges in (head.edges, base.edges) for f, callee in edges if f.part in named
        }
        others = [f for f in others if f in callees and f not in named]
    if not others:
        return None
    # What costs most first.
    others.sort(
        key=lambda f: (f.is_c, -max(p.whole_s.get(f, 0.0) for p in compared.sides.values()))
    )
    return first_few([_how_often(compared, each) for each in others], 1 if named else SHOWN)


def _first(parts: Iterable[Function]) -> str:
    return first_few([called(each) for each in parts], 1)


def _most_changed(changed: Changes) -> str | None:
    if not changed.suspects:
        return None
    names = [called(each.part) for each in changed.suspects]
    return f"what it runs differs in {first_few(names, SHOWN)}"


def _with_its_file(named: Sequence[Function], trials: Sequence[Tried]) -> str | None:
    """That a function was tried with the top level of its file only, and why."""
    alone = [trial for trial, gain in trials if gain is not None and not trial.swap.is_together]
    if any(trial.swap.covers[0] in named for trial in alone):
        return None
    why = next((t.rejected for t, _ in trials if t.rejected and t.swap.covers[0] in named), None)
    return "it was tried with the rest of its file" + (f" ({why})" if why else "")


def _too_little(trials: Sequence[Tried]) -> str | None:
    """Of the trial that covers most; where several were tried alone, of those."""
    known = [(trial, gain) for trial, gain in trials if gain is not None]
    whole = [(trial, gain) for trial, gain in known if trial.swap.is_together]
    said = [
        f"{_covered(trial)} gives back {gives_back(gain.share, gain.low, gain.high)}, which "
        f"{'is not sure enough' if gain.is_open else 'is too little'}"
        for trial, gain in whole or known
    ]
    return first_few(said, SHOWN) if said else None


def _rejected(trials: Sequence[Tried]) -> str | None:
    said = [
        f"{_covered(trial)} could not be tried: {trial.rejected}"
        for trial, _ in trials
        if trial.rejected is not None
    ]
    return first_few(said, 1) if said else None


def _covered(trial: Trial) -> str:
    """Base's version of what it is about."""
    if len(trial.swap.covers) > 1:
        return f"base's version of {counted(len(trial.swap.covers), 'part')} together"
    if trial.swap.is_together:
        return f"base's version of {trial.swap.covers[0].file}"
    return f"base's version of {called(trial.swap.covers[0])}"

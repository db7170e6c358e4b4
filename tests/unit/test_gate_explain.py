"""From profiles and swaps to what is named: pure."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.gate.explain import finding, words
from hotloop.gate.explain.moved import as_at_head, moved_files
from hotloop.gate.explain.profiles import Compared, Function, Profile, compare
from hotloop.gate.explain.stacks import stacks_of
from hotloop.gate.explain.surroundings import surroundings
from hotloop.gate.explain.suspects import Change, changes, renamed
from hotloop.gate.explain.swaps import Swap, Trial, unexpected
from hotloop.gate.explain.watched import Part, Sight
from hotloop.gate.explanation import Ground
from hotloop.gate.model import Contender, Proof, Side
from hotloop.gate.worker.profiling import Watch
from tests import scripted_gate

FILE = "tiny/core.py"
RUN, WORK, HELP = (Function(FILE, name) for name in ("run", "work", "help"))
LEN = Function("", "<built-in method builtins.len>")


class Plain:
    """Places of files that are named as they are."""

    own = ()

    @staticmethod
    def name(file: str) -> str:
        return file


PLACES = dict.fromkeys(Side, Plain())


def sight(slices: list[dict[Function, tuple[float, float]]], calls: int = 1) -> Sight:
    """Of functions: calls and own seconds in each slice."""
    reports = [
        {
            "functions": [[f.file, f.path, n, s, s] for f, (n, s) in one.items()],
            "calls": [],
            "resumed": [],
        }
        for one in slices
    ]
    return Sight(slices=reports, calls=calls)


def seen(base: Sight, head: Sight) -> dict[Side, Sight]:
    return {Side.BASE: base, Side.HEAD: head}


def compared(*sights: dict[Side, Sight]) -> Compared:
    return compare(sights, PLACES)  # type: ignore[arg-type]


def test_only_counts_that_repeat_are_known() -> None:
    one = seen(sight([{WORK: (4, 1e-3), LEN: (2, 0.0)}]), sight([{WORK: (8, 2e-3), LEN: (2, 0.0)}]))
    two = seen(sight([{WORK: (4, 1e-3), LEN: (3, 0.0)}]), sight([{WORK: (8, 2e-3), LEN: (2, 0.0)}]))
    both = compared(one, two)
    assert both.count(Side.BASE, WORK) == 4
    assert both.count(Side.BASE, LEN) is None
    assert both.has_other_counts(WORK)
    assert not both.has_other_counts(LEN)
    assert both.count(Side.BASE, HELP) == 0


def test_figures_are_of_one_call() -> None:
    both = compared(seen(sight([{WORK: (40, 1e-2)}], 10), sight([{WORK: (40, 3e-2)}], 10)))
    assert both.count(Side.HEAD, WORK) == 4
    assert both.growth_s[WORK] == pytest.approx(2e-3)


def profile(
    counts: dict[Function, float], edges: dict[tuple[Function, Function], tuple[float, float]]
) -> Profile:
    return Profile(counts, dict.fromkeys(counts, 1e-3), dict.fromkeys(counts, 4e-3), edges)


def part(text: str, is_function: bool = True) -> Part:
    return Part(text, 1, 2, is_function)


def test_who_calls_more_often_comes_before_what_is_called() -> None:
    base = profile({RUN: 1, WORK: 1, HELP: 1}, {(RUN, WORK): (1, 4e-3), (RUN, HELP): (1, 1e-3)})
    head = profile({RUN: 1, WORK: 2, HELP: 1}, {(RUN, WORK): (2, 8e-3), (RUN, HELP): (1, 1e-3)})
    both = Compared({Side.BASE: base, Side.HEAD: head}, {RUN: 0.0, WORK: 4e-3, HELP: 1e-4})
    code = {"run": part("old"), "work": part("same"), "help": part("old")}
    after = {"run": part("new"), "work": part("same"), "help": part("new")}
    found = changes(seen(Sight(code={FILE: code}), Sight(code={FILE: after})), both, 1)
    assert [each.part for each in found.suspects] == [RUN, HELP]
    assert WORK not in found.of


def test_a_function_that_does_the_same_under_another_name_is_a_guess() -> None:
    base, head = (profile({f: 1}, {}) for f in (WORK, HELP))
    both = Compared({Side.BASE: base, Side.HEAD: head}, {WORK: 0.0, HELP: 0.0})
    sights = seen(Sight(code={FILE: {"work": part("a")}}), Sight(code={FILE: {"help": part("b")}}))
    found = changes(sights, both, 1)
    steps = ["LOAD a", "LOAD b", "ADD", "RETURN"]
    alike = {Side.BASE: {WORK: steps}, Side.HEAD: {HELP: [*steps[:3], "NEGATE", "RETURN"]}}
    assert renamed(found, both, alike, 1).of == {HELP: Change.RENAMED}
    other = {Side.BASE: {WORK: steps}, Side.HEAD: {HELP: ["JUMP"] * 9}}
    assert renamed(found, both, other, 1).of == {WORK: Change.GONE, HELP: Change.NEW}


@pytest.mark.parametrize(
    ("swapped", "sham", "is_unexpected"),
    [
        (1.0, 2.0, False),  # as at base
        (2.0, 2.0, False),  # as at head
        (1.5, 2.0, False),
        (3.0, 2.0, True),
        (3.0, 3.0, False),  # head itself does not repeat it
    ],
)
def test_a_swap_calls_what_base_or_head_call(
    swapped: float, sham: float, is_unexpected: bool
) -> None:
    def both(base: float, head: float) -> Compared:
        sides = {Side.BASE: profile({HELP: base}, {}), Side.HEAD: profile({HELP: head}, {})}
        return Compared(sides, {HELP: 0.0})

    assert bool(unexpected(both(swapped, sham), both(1.0, 2.0))) is is_unexpected


SWAPS = 6
PAIRS = finding.fewest_pairs(SWAPS)


def trial(gain: float, noise: float, pairs: int = PAIRS) -> Trial:
    gains = tuple(gain + noise * (1 if n % 2 else -1) * (1 + n / 100) for n in range(pairs))
    return Trial(Swap((WORK,), {}), gains)


@pytest.mark.parametrize(
    ("gain", "noise", "ratio", "shown", "is_open"),
    [
        (0.06, 0.002, 1.062, True, False),
        (0.06, 0.2, 1.062, False, True),
        (0.010, 0.001, 1.062, False, False),  # less than a fifth
        (0.004, 0.001, 1.005, False, False),  # less than half a per cent
        (-0.06, 0.002, 1.062, False, False),  # the other way
        (-0.06, 0.002, 0.94, True, False),  # head is faster
        (0.06, 0.002, 0.94, False, False),
    ],
)
def test_what_is_named_is_sure_and_not_too_little(
    gain: float, noise: float, ratio: float, shown: bool, is_open: bool
) -> None:
    found = finding.gain(trial(gain, noise), math.log(ratio), SWAPS)
    assert found is not None
    assert (found.is_shown, found.is_open) == (shown, is_open)
    assert found.low <= found.share <= found.high


def test_too_few_pairs_and_rejected_swaps_say_nothing() -> None:
    assert finding.gain(trial(0.06, 0.001, PAIRS - 1), math.log(1.06), SWAPS) is None
    swap = Swap((WORK,), {})
    assert finding.gain(Trial(swap, rejected="with it, the call raised"), 0.06, 1) is None


@pytest.mark.parametrize(("swaps", "pairs"), [(1, 8), (3, 10), (6, 11)])
def test_fewer_swaps_need_fewer_pairs_to_be_sure(swaps: int, pairs: int) -> None:
    assert finding.fewest_pairs(swaps) == pairs
    found = finding.gain(trial(0.06, 0.001, pairs), math.log(1.06), swaps)
    assert found is not None
    assert found.is_shown


@pytest.mark.parametrize(
    ("named", "whole", "is_spread"),
    [
        ([0.06], 0.24, True),
        ([0.07, 0.06], 0.24, False),
        ([0.06], None, False),
        ([-0.06], -0.24, True),
    ],
)
def test_what_gives_back_too_little_of_all_that_changed_is_not_named(
    named: list[float], whole: float | None, is_spread: bool
) -> None:
    def shown(share: float) -> finding.Gain:
        return finding.Gain(share, share, share, is_shown=True, is_open=False)

    gains = [shown(share) for share in named]
    assert finding.is_spread(gains, None if whole is None else shown(whole)) is is_spread


@pytest.mark.parametrize(
    ("high", "whole", "is_cleared"), [(0.02, 0.05, True), (0.03, 0.05, False), (0.02, -0.05, False)]
)
def test_a_part_is_cleared_if_it_surely_gives_back_too_little(
    high: float, whole: float, is_cleared: bool
) -> None:
    alone = finding.Gain(0.0, -0.03, high, False, False)
    of_all = finding.Gain(whole, whole, whole, True, False)
    assert finding.is_cleared(alone, of_all) is is_cleared
    assert not finding.is_cleared(None, of_all)


def test_a_share_is_of_base_s_time() -> None:
    found = finding.gain(trial(math.log(1.5), 0.0), math.log(1.5), SWAPS)
    assert found is not None
    assert found.share == pytest.approx(0.5)


def two() -> Iterator[int]:
    yield from (1, 2)


def test_generators_and_coroutines_are_entered_not_called() -> None:
    watch = Watch(())
    watch()
    list(two())
    watch()
    report = watch.report()
    (number,) = report["resumed"]
    file, path, times_entered, *_ = report["functions"][number]
    generator = Function(file, path)
    one, more = (sight([{generator: (n, 0.0)}]) for n in (times_entered, 6))
    for each in (one, more):
        each.slices[0]["resumed"] = [0]
    both = compared(seen(one, more))
    none = changes(seen(Sight(), Sight()), both, 1)
    said = words.reason(Ground.NOTHING, both, none, [], [], True)
    assert said is not None
    assert "two is entered 2.0 times as often (3 -> 6)" in said


def test_reasons_name_what_was_tried_and_what_it_gave() -> None:
    both = Compared(dict.fromkeys(Side, profile({WORK: 1}, {})), {WORK: 0.0})
    sights = seen(Sight(code={FILE: {"work": part("a")}}), Sight(code={FILE: {"work": part("b")}}))
    found = changes(sights, both, 1)
    little = trial(0.001, 0.0001)
    gain = finding.gain(little, math.log(1.06), SWAPS)
    text = words.reason(Ground.NOTHING, both, found, [], [finding.Tried(little, gain)], True)
    assert (
        text
        == "base's version of tiny/core.py:work gives back +0.1 % [+0.1, +0.1], which is too little"
    )


def test_chains_of_calls_share_the_time_of_what_several_call() -> None:
    counts = {RUN: 1.0, WORK: 1.0, HELP: 2.0}
    edges = {
        (RUN, WORK): (1.0, 6e-3),
        (RUN, HELP): (1.0, 1e-3),
        (WORK, HELP): (1.0, 3e-3),
    }
    whole = {RUN: 8e-3, WORK: 6e-3, HELP: 4e-3}
    side = Profile(counts, dict(whole), whole, edges)
    found = {s.frames: s.head_seconds for s in stacks_of(Compared(dict.fromkeys(Side, side), {}))}
    names = [f"{FILE}:{name}" for name in ("run", "work", "help")]
    assert found[(names[0],)] == pytest.approx(1e-3)
    assert found[(names[0], names[1])] == pytest.approx(3e-3)
    assert found[(names[0], names[1], names[2])] == pytest.approx(3e-3)
    assert found[(names[0], names[2])] == pytest.approx(1e-3)


def side(which: Side, **changes: object) -> Contender:
    folder = f"/gate/{which.value}/env"
    variables = (("PATH", f"{folder}/bin:/usr/bin"), ("MODE", "fast"), ("ASV_COMMIT", which.value))
    made = replace(
        scripted_gate.contender(which), python=Path(folder, "bin/python"), variables=variables
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_sides_that_differ_in_their_folders_only_do_not_differ() -> None:
    assert not list(surroundings(side(Side.BASE), side(Side.HEAD), None, None))


def test_all_that_differs_is_named() -> None:
    head = side(
        Side.HEAD,
        environment="virtualenv-py3.13",
        variables=(("MODE", "slow"),),
        distributions={"numpy": "2.3"},
        proof=Proof(compiled={"tiny/fast.so": "b"}),
    )
    base = side(
        Side.BASE, distributions={"numpy": "1.26"}, proof=Proof(compiled={"tiny/fast.so": "a"})
    )
    sights = {Side.BASE: Sight(python="3.11.7 (a)"), Side.HEAD: Sight(python="3.13.0 (b)")}
    assert list(surroundings(base, head, sights, None)) == [
        "the environment: virtualenv-py3.11 at base, virtualenv-py3.13 at head",
        "the interpreter: Python 3.11.7 at base, 3.13.0 at head",
        "libraries: numpy 1.26 at base, 2.3 at head",
        "environment variables: MODE, PATH",
        "compiled code: tiny/fast.so",
    ]


# ---- moved files


def loaded(**code: dict[str, str]) -> Sight:
    """A side with these files, none of which the other side has as it is."""
    parts = {
        f"{name}.py": {path: Part(text, 1, 2, path != "<module>") for path, text in of.items()}
        for name, of in code.items()
    }
    return Sight(files=dict.fromkeys(parts, "/at"), code=parts)


def test_a_file_under_another_name_is_compared_with_what_it_was() -> None:
    old = {"<module>": "a", "Line": "b", "Line.text": "c"}
    new = {"<module>": "other", "Line": "b", "Line.text": "other"}
    sights = seen(loaded(old=old, kept=old), loaded(new=new, kept=new))
    moved = moved_files(sights)
    assert moved == {"old.py": "new.py"}
    both = compared({side: Sight() for side in Side})
    found = changes(as_at_head(sights, moved), both, 1)
    assert found.of[Function("new.py", "Line.text")] is Change.CHANGED
    assert [each.part for each in found.suspects] == [
        Function("kept.py", "<module>"),
        Function("new.py", "<module>"),
    ]


def test_files_with_little_in_common_are_no_moved_ones() -> None:
    alike, unlike = {"<module>": "a", "f": "b", "g": "b"}, {"<module>": "a", "f": "b", "h": "b"}
    assert moved_files(seen(loaded(old=alike), loaded(new=unlike))) == {}
    # Without functions, the name has to be the same.
    data = {"<module>": "a"}
    assert moved_files(seen(loaded(old=data), loaded(new=data))) == {}

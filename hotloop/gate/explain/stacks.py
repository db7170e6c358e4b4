"""Chains of calls with the seconds of both sides, for icicles and flame graphs: pure.

cProfile knows who calls whom, not whole chains. Where a function has several callers, each gets the
part of its time that its calls took.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hotloop.gate.explain import words
from hotloop.gate.explain.profiles import Compared, Function, Profile
from hotloop.gate.explanation import Stack
from hotloop.gate.model import Side

DEEPEST = 40
# Chains that take less of a call than this are left to what is above them.
SMALLEST_PART = 2e-3
MOST_STACKS = 300

Chain = tuple[Function, ...]


def stacks_of(compared: Compared) -> tuple[Stack, ...]:
    """The chains of both sides, those that take most."""
    sides = {side: _chains(compared.sides[side]) for side in Side}
    chains = {*sides[Side.BASE], *sides[Side.HEAD]}
    base, head = sides[Side.BASE], sides[Side.HEAD]
    most = sorted(chains, key=lambda c: (-max(base.get(c, 0.0), head.get(c, 0.0)), c))
    return tuple(
        Stack(tuple(map(words.called, chain)), base.get(chain, 0.0), head.get(chain, 0.0))
        for chain in sorted(most[:MOST_STACKS])
    )


@dataclass(slots=True)
class _Walk:
    profile: Profile
    callees: Mapping[Function, list[tuple[Function, float]]]
    smallest_s: float
    found: dict[Chain, float] = field(default_factory=dict)

    def go(self, chain: Chain, whole_s: float) -> None:
        """``whole_s``: of the last function, when it is called by this chain."""
        function = chain[-1]
        all_s = self.profile.whole_s.get(function, 0.0)
        part = min(1.0, whole_s / all_s) if all_s else 0.0
        own_s = whole_s
        for callee, edge_s in self.callees.get(function, ()):
            callee_s = edge_s * part
            if callee in chain or len(chain) >= DEEPEST or callee_s < self.smallest_s:
                continue
            own_s -= callee_s
            self.go((*chain, callee), callee_s)
        if own_s > 0:
            self.found[chain] = self.found.get(chain, 0.0) + own_s


def _chains(profile: Profile) -> dict[Chain, float]:
    called = {callee for caller, callee in profile.edges if caller != callee}
    callees: dict[Function, list[tuple[Function, float]]] = {}
    for (caller, callee), (_, whole_s) in profile.edges.items():
        if caller != callee:
            callees.setdefault(caller, []).append((callee, whole_s))
    roots = [f for f in profile.counts if f not in called and not f.is_c]
    whole_s = sum(profile.whole_s.get(root, 0.0) for root in roots)
    walk = _Walk(profile, callees, SMALLEST_PART * whole_s)
    for root in roots:
        walk.go((root,), profile.whole_s.get(root, 0.0))
    return walk.found

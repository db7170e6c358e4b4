"""One run of one tool on two commits that cost the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scripts.gate_and_asv import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Answer):
    """What a tool said about ``head``, which differs from ``base`` by a change of this kind.

    ``tool`` is how it was called; ``load`` the load averages of a minute before and after it, other
    people's work and its own. ``as_built`` are the pairs for which the gate would have flagged a
    benchmark, before it measured it again with its compiled code at other addresses: ``pairs`` has
    those then.
    """

    tool: str
    kind: str
    base: str
    head: str
    load: tuple[float, float]
    as_built: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

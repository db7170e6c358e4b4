"""One run of one tool on two commits that cost the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Run:
    """What a tool said about ``head``, which differs from ``base`` by a change of this kind.

    ``tool`` is how it was called. ``started`` is in seconds since 1970, ``seconds`` the whole run
    (``building_seconds`` of it for builds; None: it does not say),
    ``load`` the load averages of a minute before and after it, other people's work and its own.
    ``pairs`` are log(head/base) of each process pair, by benchmark (asv has none), ``ratios``
    head/base. ``as_built`` are the pairs for which the gate would have flagged a benchmark, before
    it measured it again with its compiled code at other addresses: ``pairs`` has those then.
    """

    tool: str
    kind: str
    base: str
    head: str
    slower: tuple[str, ...]
    faster: tuple[str, ...]
    undecided: tuple[str, ...]
    ratios: Mapping[str, float]
    exit_code: int
    seconds: float
    building_seconds: float | None
    started: float
    load: tuple[float, float]
    pairs: Mapping[str, tuple[float, ...]]
    as_built: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def flagged(self) -> tuple[str, ...]:
        """Everything that it took for a change."""
        return (*self.slower, *self.faster)

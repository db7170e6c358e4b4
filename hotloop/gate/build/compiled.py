"""What is not shown about the compiled parts of both builds."""

from collections.abc import Iterator

from hotloop.gate.build.differences import Differences
from hotloop.gate.build.unbuilt import unbuilt
from hotloop.gate.build.unloadable import unloadable
from hotloop.gate.model import Contender


def doubts(differences: Differences, base: Contender, head: Contender) -> Iterator[str]:
    """Builds that are equal from sources that differ, and parts that are missing or do not load."""
    yield from differences.equal_builds(base, head)
    yield from unbuilt(differences, base, head)
    yield from unloadable(base, head)

"""The libraries of both builds, linked anew where they are installed, and put back at the end.

Only those that differ between the sides: equal ones are at equal addresses anyway. A file is
replaced, never written to, so that processes that run keep theirs. If the gate is killed in
between, the next run finds that what is installed is not what was built, and installs it again.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Self

from hotloop.gate.build.kits import Link, Pair
from hotloop.gate.build.placing import NotPlaceable
from hotloop.gate.build.process import Say
from hotloop.gate.model import Contender
from hotloop.gate.pairs.leftovers import scratch_folder


class Layouts:
    """Use as a context, which ends with the builds as they were.

    ``base_links`` and ``head_links`` say how each library was linked, by its path in the wheel.
    ``uncovered`` has, for each library that differs and cannot be linked anew, why. Raises
    NotPlaceable if none can.
    """

    def __init__(
        self,
        base: Contender,
        head: Contender,
        base_links: Mapping[str, Link],
        head_links: Mapping[str, Link],
    ) -> None:
        self._sides = (base, head)
        self.uncovered: dict[str, str] = {}
        self._pairs: dict[str, Pair] = {}
        for path in differing(base, head):
            try:
                if path not in base_links or path not in head_links:
                    raise NotPlaceable("the build did not link it with ld, or changed it later")
                self._pairs[path] = Pair.of(base_links[path], head_links[path])
            except NotPlaceable as error:
                self.uncovered[path] = str(error)
        if not self._pairs:
            first = next(iter(self.uncovered.items()), ("", "no library differs"))
            raise NotPlaceable(": ".join(filter(None, first)))

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._places = {
            path: tuple(places_of(side, path) for side in self._sides) for path in self._pairs
        }
        self._originals = {
            place: place.read_bytes()
            for sides in self._places.values()
            for places in sides
            for place in places
        }
        self._folder = self._stack.enter_context(scratch_folder())
        return self

    def lay(self, seed: int) -> None:
        """Link all of them as ``seed`` draws it. Raises NotPlaceable if the linker refuses."""
        for path, pair in self._pairs.items():
            made = (self._folder / "base.so", self._folder / "head.so")
            pair.make(seed, made)
            for places, new in zip(self._places[path], made, strict=True):
                for place in places:
                    replace_file(place, new.read_bytes())

    def __exit__(self, *_: object) -> None:
        for place, original in self._originals.items():
            replace_file(place, original)
        self._stack.close()


LayOut = Callable[[Say], AbstractContextManager[Layouts]]
"""Builds both sides once more and gives what their libraries are linked anew from.

It raises MeasurementError or NotPlaceable.
"""


def differing(base: Contender, head: Contender) -> list[str]:
    """The libraries that both sides have, by their path in the wheel, whose code differs."""
    here, there = base.proof.compiled, head.proof.compiled
    return sorted(path for path in here.keys() & there.keys() if here[path] != there[path])


def places_of(side: Contender, path: str) -> list[Path]:
    """Where a library is installed, and the copies of it that its tests may import instead.

    Raises NotPlaceable if it is not installed.
    """
    roots = dict.fromkeys((*side.proof.roots, *side.origin.roots))
    there = [place for root in roots if (place := Path(root) / path).is_file()]
    if not there:
        raise NotPlaceable(f"{path} is not installed at {side.side.value}")
    content = there[0].read_bytes()
    return [place for place in there if place.read_bytes() == content]


def replace_file(place: Path, content: bytes) -> None:
    """Put another file in the place of one that processes may have loaded."""
    beside = place.with_name(f".{place.name}.new")
    beside.write_bytes(content)
    beside.chmod(place.stat().st_mode)
    beside.replace(place)

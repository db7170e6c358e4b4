"""The libraries of both builds, linked anew where they are installed, and put back at the end.

Only those that differ between the sides: equal ones are at equal addresses anyway. A file is
replaced, never written to, so that processes that run keep theirs. If the gate is killed in
between, the next run finds that what is installed is not what was built, and installs it again.
"""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from hotloop.gate.build.kits import Link, Pair
from hotloop.gate.build.placing import NotPlaceable
from hotloop.gate.model import Contender


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
        self._folder = Path(tempfile.mkdtemp(prefix="hotloop-layouts-"))
        self._originals = {
            place: Path(shutil.copy2(place, self._folder / f"original-{number}"))
            for number, place in enumerate(
                _installed(side, path) for path in self._pairs for side in self._sides
            )
        }
        return self

    def lay(self, seed: int) -> None:
        """Link all of them as ``seed`` draws it. Raises NotPlaceable if the linker refuses."""
        for path, pair in self._pairs.items():
            made = (self._folder / "base.so", self._folder / "head.so")
            pair.make(seed, made)
            for side, new in zip(self._sides, made, strict=True):
                _replace(new, _installed(side, path))

    def __exit__(self, *_: object) -> None:
        for place, original in self._originals.items():
            _replace(original, place)
        shutil.rmtree(self._folder, ignore_errors=True)


def differing(base: Contender, head: Contender) -> list[str]:
    """The libraries that both sides have, by their path in the wheel, whose code differs."""
    here, there = base.proof.compiled, head.proof.compiled
    return sorted(path for path in here.keys() & there.keys() if here[path] != there[path])


def _installed(side: Contender, path: str) -> Path:
    for root in side.proof.roots:
        place = Path(root) / path
        if place.is_file():
            return place
    raise NotPlaceable(f"{path} is not installed at {side.side.value}")


def _replace(new: Path, place: Path) -> None:
    beside = place.with_name(f".{place.name}.new")
    shutil.copy2(new, beside)
    beside.replace(place)

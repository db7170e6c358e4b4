"""The libraries of both builds, linked anew where they are installed, and put back at the end.

Only those that differ between the sides: equal ones are at equal addresses anyway. A file is
replaced, never written to, so that processes that run keep theirs. If the gate is killed in
between, there is no stamp, and the next run installs what was built again.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path, PurePath
from typing import Self

from hotloop.base import interrupts
from hotloop.base.errors import MeasurementError
from hotloop.base.files import remove, write_whole
from hotloop.gate.build.kits import Link, Pair
from hotloop.gate.build.placing import NotPlaceable
from hotloop.gate.build.process import Say
from hotloop.gate.model import Contender
from hotloop.gate.pairs.leftovers import scratch_folder


class Layouts:
    """Use as a context, which ends with the builds as they were.

    ``base_links`` and ``head_links`` say how each library was linked, by its path in the wheel;
    ``stamps`` are the files that say of each side what is installed. ``uncovered`` has, for each
    library that differs, why it is not linked anew, or not all of it alike. Raises NotPlaceable if
    none can.
    """

    def __init__(
        self,
        base: Contender,
        head: Contender,
        base_links: Mapping[str, Link],
        head_links: Mapping[str, Link],
        stamps: tuple[Path | None, Path | None] = (None, None),
    ) -> None:
        self._sides = (base, head)
        self._stamps = stamps
        self.uncovered: dict[str, str] = {}
        self._pairs: dict[tuple[str, str], Pair] = {}
        paths = differing(base, head)

        def made(path: str) -> Pair | str:
            at_base = paths[path]
            if at_base is None:
                return "no library of base is like it"
            try:
                return _pair(base_links.get(at_base), head_links.get(path))
            except NotPlaceable as error:
                return str(error)

        with _workers() as pool:
            pairs = interrupts.at_once(pool, made, paths)
        for (path, at_base), pair in zip(paths.items(), pairs, strict=True):
            if isinstance(pair, str):
                self.uncovered[path] = pair
                continue
            assert at_base is not None
            self._pairs[at_base, path] = pair
            if pair.doubt is not None:
                self.uncovered[path] = pair.doubt
        if not self._pairs:
            first = next(iter(self.uncovered.items()), ("", "no library differs"))
            raise NotPlaceable(": ".join(filter(None, first)))

    def __enter__(self) -> Self:
        self._places = {
            paths: [places_of(side, path) for side, path in zip(self._sides, paths, strict=True)]
            for paths in self._pairs
        }
        with ExitStack() as stack:
            for number, stamp in enumerate(self._stamps):
                places = [place for sides in self._places.values() for place in sides[number]]
                stack.enter_context(put_back(places, stamp))
            folder = stack.enter_context(scratch_folder())
            self._folders = {paths: folder / str(n) for n, paths in enumerate(self._pairs)}
            for each in self._folders.values():
                each.mkdir()
            self._stack = stack.pop_all()
        return self

    def lay(self, seed: int) -> None:
        """Link all of them as ``seed`` draws it. Raises NotPlaceable if that cannot be done."""
        with _workers() as pool:
            interrupts.at_once(pool, lambda paths: self._lay(paths, seed), self._pairs)

    def _lay(self, paths: tuple[str, str], seed: int) -> None:
        made = self._pairs[paths].make(seed, self._folders[paths])
        try:
            for places, new in zip(self._places[paths], made, strict=True):
                for place in places:
                    replace_file(place, new)
        except OSError as error:
            raise NotPlaceable(f"{paths[1]} cannot be replaced: {error}") from error

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1)


def _pair(base: Link | None, head: Link | None) -> Pair:
    if base is None or head is None:
        raise NotPlaceable("the build did not link it with ld, or changed it later")
    return Pair.of(base, head)


LayOut = Callable[[Say], AbstractContextManager[Layouts]]
"""Builds both sides once more and gives what their libraries are linked anew from.

It raises MeasurementError or NotPlaceable.
"""


def differing(base: Contender, head: Contender) -> dict[str, str | None]:
    """The libraries whose code differs, by their paths in head's wheel, and those in base's.

    A commit may move or rename one. None: base has lost some, and it is not known which this was.
    What only one side has is none.
    """
    here, there = base.proof.compiled, head.proof.compiled
    found: dict[str, str | None] = {
        path: path for path in here.keys() & there.keys() if here[path] != there[path]
    }
    gone, new = here.keys() - there.keys(), there.keys() - here.keys()
    for path in sorted(new):
        like = [old for old in sorted(gone) if PurePath(old).name == PurePath(path).name]
        if not like and len(gone) == len(new) == 1:
            like = list(gone)
        if gone and not any(here[old] == there[path] for old in gone):
            found[path] = like[0] if like else None
    return dict(sorted(found.items()))


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


@contextlib.contextmanager
def put_back(places: Iterable[Path], stamp: Path | None) -> Iterator[None]:
    """Whatever is done inside, these files are then as they were before.

    ``stamp`` is not there meanwhile. Raises MeasurementError if a file cannot be put back.
    """
    before = {place: (place.read_bytes(), place.stat().st_mode) for place in places}
    said = None if stamp is None or not stamp.is_file() else stamp.read_bytes()
    try:
        if stamp is not None:
            remove(stamp)
        yield
    finally:
        try:
            for place, (content, mode) in before.items():
                if not place.is_file() or place.read_bytes() != content:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    replace_file(place, content, mode)
        except OSError as error:
            raise MeasurementError(f"{place} could not be put back: {error}") from error
        if stamp is not None and said is not None:
            write_whole(stamp, said)


def replace_file(place: Path, content: bytes, mode: int | None = None) -> None:
    """Put another file in the place of one that processes may have loaded."""
    beside = place.with_name(f".{place.name}.new")
    try:
        beside.write_bytes(content)
        beside.chmod(place.stat().st_mode if mode is None else mode)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)

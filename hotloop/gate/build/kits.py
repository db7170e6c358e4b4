"""The objects that a build links its libraries from, and the libraries linked anew from them."""

import json
import os
import random
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from hotloop.base.units import first_few
from hotloop.gate.build import archives, placing
from hotloop.gate.build.elf import Section, functions, loaded_digest, loaded_sizes, sections
from hotloop.gate.build.placing import NotPlaceable, Pieces
from hotloop.gate.build.stand_ins import LINKS, WHEEL

# What ld prints before and after its script.
FRAME = "=" * 50
# Link-time optimisation makes the functions when it links.
LTO = ".gnu.lto_"
# As ``collect`` calls the library that the build has linked.
OUTPUT = "output"
# Libraries are loaded at whole ones.
PAGE_BYTES = 4096
# What is not loaded is not needed, but for the names of functions.
STRIPPED = frozenset(("-s", "--strip-all", "-x", "--discard-all", "-X", "--discard-locals"))
NO_DEBUG = "--strip-debug"
# ld's word on a member of an archive that it takes: (7.a)0.o
MEMBER = re.compile(r"^\((\d+\.a)\)(\d+\.o)$", re.MULTILINE)
# How long it is depends on the addresses.
OF_ADDRESSES = ".relr.dyn"


@dataclass(frozen=True, slots=True)
class Link:
    """How one library was linked: the folder with its objects, and ld and its arguments there."""

    folder: Path
    linker: str
    arguments: tuple[str, ...]
    objects: tuple[str, ...]
    name: str

    def side(self) -> "Side":
        """What can be placed. Raises NotPlaceable if that is not known before the link."""
        if any(each in ("-T", "--script") for each in self.arguments):
            raise NotPlaceable("it is linked by a script of its own")
        # It links as well: only then does it know which script it needs.
        told = self._ld("--verbose", "-o", os.devnull)
        parts = told.split(FRAME)
        if len(parts) < 3:
            raise NotPlaceable("the linker does not show its script")
        members: dict[str, list[str]] = {}
        for archive, member in MEMBER.findall(parts[2]):
            members.setdefault(archive, []).append(member)
        found: list[tuple[str, list[Section]]] = []
        for name in self.objects:
            try:
                content = (self.folder / name).read_bytes()
                if archives.is_archive(content):
                    inside = archives.members(content)
                    taken = dict.fromkeys(members.get(name, ()))
                    found += [(f"{name}:{each}", sections(inside[each])) for each in taken]
                else:
                    found.append((name, sections(content)))
            except (OSError, ValueError, KeyError) as error:
                raise NotPlaceable(f"{name}: {error}") from error
        if any(part.name.startswith(LTO) for _, parts in found for part in parts):
            raise NotPlaceable("link-time optimisation makes its functions when it links")
        return Side(self, placing.pieces(found), parts[1])

    def as_built(self) -> bytes:
        return (self.folder / OUTPUT).read_bytes()

    def make(self, script: str, folder: Path) -> bytes:
        """The library, linked in ``folder``. Raises NotPlaceable with ld's words if that fails."""
        file = folder / "script.ld"
        file.write_text(script, encoding="utf-8")
        # Its name may be a part of it.
        output = folder / self.name
        self._ld("-T", str(file), "-o", str(output))
        return output.read_bytes()

    def _ld(self, *more: str) -> str:
        arguments = [each for each in self.arguments if each not in STRIPPED]
        try:
            done = subprocess.run(
                [self.linker, *arguments, NO_DEBUG, *more],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise NotPlaceable(f"the linker does not run: {error}") from error
        if done.returncode:
            said = done.stderr.strip().partition("\n")[0]
            raise NotPlaceable(f"ld ends with code {done.returncode}: {said}")
        return done.stdout


@dataclass(frozen=True, slots=True)
class Side:
    """A library of one side, its functions, and ld's own script for it."""

    link: Link
    pieces: Pieces
    script: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One library of both sides, ready to be linked in any layout.

    ``doubt`` says which of the functions that both have are not at the same address; None: all are.
    """

    base: Side
    head: Side
    doubt: str | None

    @staticmethod
    def of(base: Link, head: Link) -> "Pair":
        """Raises NotPlaceable, also if what it would link is not what the build has linked."""
        pair = Pair(base.side(), head.side(), None)
        with tempfile.TemporaryDirectory(dir=base.folder) as folder:
            contents = pair.make(0, Path(folder))
        for link, content in zip((base, head), contents, strict=True):
            _refuse_another(link.as_built(), content)
        return replace(pair, doubt=_elsewhere(*map(functions, contents)))

    def make(self, seed: int, folder: Path) -> tuple[bytes, bytes]:
        """Both sides linked alike in ``folder``. Raises NotPlaceable."""
        placed = placing.slots(self.base.pieces, self.head.pieces, random.Random(seed))
        base, head = (
            side.link.make(placing.script(side.script, side.pieces, placed, is_head), folder)
            for side, is_head in ((self.base, False), (self.head, True))
        )
        return base, head


def _refuse_another(built: bytes, made: bytes) -> None:
    """NotPlaceable if anything but the addresses of functions and variables has changed.

    Tables that the program or the loader walks through must be as long as they were.
    """
    before, after = loaded_sizes(built), loaded_sizes(made)
    for name in sorted((before.keys() | after.keys()) - {OF_ADDRESSES}):
        was, is_now = before.get(name, 0), after.get(name, 0)
        if is_now != was and not (name in placing.PARTS and is_now and was):
            raise NotPlaceable(f"linked anew, its part {name} has {is_now} bytes, not {was}")


def _elsewhere(base: Mapping[str, Sequence[int]], head: Mapping[str, Sequence[int]]) -> str | None:
    """Which functions of both are not at the same place within their pages."""
    found = []
    for name in sorted(base.keys() & head.keys()):
        here, there = ([each % PAGE_BYTES for each in side[name]] for side in (base, head))
        if len(here) == len(there) and sorted(here) != sorted(there):
            found.append(name)
    return (
        f"not all of its functions can be placed one by one: {first_few(found, 1)}"
        if found
        else None
    )


def read(folder: Path) -> dict[str, Link]:
    """How each library of the wheel that was built there was linked, by its path in the wheel."""
    return linked(folder, _members(folder / WHEEL))


def installed(folder: Path, places: Mapping[str, Sequence[Path]]) -> dict[str, Link]:
    """The same where no wheel was built, from where each library is now, by its path."""
    files = ((path, there[0]) for path, there in places.items())
    return linked(folder, ((path, file.read_bytes()) for path, file in files if file.is_file()))


def linked(folder: Path, libraries: Iterable[tuple[str, bytes]]) -> dict[str, Link]:
    """How each of the libraries, with its path and content, was linked, by its path.

    One that was not linked by our stand-in, or was changed since, is left out.
    """
    links: dict[str, Link] = {}
    for note in sorted((folder / LINKS).glob("*/link.json")):
        kept = json.loads(note.read_text(encoding="utf-8"))
        digest = loaded_digest((note.parent / OUTPUT).read_bytes())
        links[digest] = Link(
            note.parent,
            kept["linker"],
            tuple(kept["arguments"]),
            tuple(kept["objects"]),
            Path(kept["output"]).name,
        )
    found = {}
    for path, content in libraries:
        # Its name may be another one: Cargo's is not Python's.
        link = links.get(loaded_digest(content))
        if link is not None:
            found[path] = link
    return found


def _members(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(file) as wheel:
            for member in wheel.namelist():
                if ".so" in PurePosixPath(member).name:
                    yield member, wheel.read(member)

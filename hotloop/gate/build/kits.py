"""The objects that a build links its libraries from, and the libraries linked anew from them."""

import json
import os
import random
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hotloop.gate.build import placing
from hotloop.gate.build.elf import loaded_digest, sections
from hotloop.gate.build.placing import NotPlaceable, Pieces
from hotloop.gate.build.stand_ins import LINKS, WHEEL

# What ld prints before and after its script.
FRAME = "=" * 50
# Link-time optimisation makes the functions when it links.
LTO = ".gnu.lto_"


@dataclass(frozen=True, slots=True)
class Link:
    """How one library was linked: the folder with its objects, and ld's arguments there."""

    folder: Path
    arguments: tuple[str, ...]
    objects: tuple[str, ...]

    def pieces(self) -> Pieces:
        """Its functions. Raises NotPlaceable if they are not known before the link."""
        found = []
        for name in self.objects:
            try:
                parts = sections((self.folder / name).read_bytes())
            except (OSError, ValueError) as error:
                raise NotPlaceable(f"{name}: {error}") from error
            if any(part.name.startswith(LTO) for part in parts):
                raise NotPlaceable("link-time optimisation makes its functions when it links")
            found.append((name, parts))
        return placing.pieces(found)

    def default_script(self) -> str:
        """ld's own, for these arguments. Raises NotPlaceable if it cannot link any more."""
        # It links as well: only then does it know which script it needs.
        told = self._ld("--verbose", "-o", os.devnull)
        parts = told.split(FRAME)
        if len(parts) < 3:
            raise NotPlaceable("the linker does not show its script")
        return parts[1]

    def make(self, script: str, output: Path) -> None:
        """Link into ``output``. Raises NotPlaceable with ld's words if that fails."""
        file = output.with_name(f"{output.name}.ld")
        file.write_text(script, encoding="utf-8")
        self._ld("-T", str(file), "-o", str(output))

    def _ld(self, *more: str) -> str:
        done = subprocess.run(
            [_linker(), *self.arguments, *more],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode:
            said = done.stderr.strip().partition("\n")[0]
            raise NotPlaceable(f"ld ends with code {done.returncode}: {said}")
        return done.stdout


@dataclass(frozen=True, slots=True)
class Pair:
    """One library of both sides, ready to be linked in any layout."""

    links: tuple[Link, Link]
    pieces: tuple[Pieces, Pieces]
    scripts: tuple[str, str]

    @staticmethod
    def of(base: Link, head: Link) -> "Pair":
        """Raises NotPlaceable."""
        links = (base, head)
        base_pieces, head_pieces = (link.pieces() for link in links)
        return Pair(
            links, (base_pieces, head_pieces), (base.default_script(), head.default_script())
        )

    def make(self, seed: int, outputs: tuple[Path, Path]) -> None:
        """Link both sides alike. Raises NotPlaceable."""
        placed = placing.slots(*self.pieces, random.Random(seed))
        for link, side, default, output, is_head in zip(
            self.links, self.pieces, self.scripts, outputs, (False, True), strict=True
        ):
            link.make(placing.script(default, side, placed, is_head), output)


def read(folder: Path) -> dict[str, Link]:
    """How each library of the wheel that was built there was linked, by its path in the wheel."""
    return linked(folder, _members(folder / WHEEL))


def linked(folder: Path, libraries: Iterable[tuple[str, bytes]]) -> dict[str, Link]:
    """How each of the libraries, with its path and content, was linked, by its path.

    One that was not linked by our stand-in, or was changed since, is left out.
    """
    links: dict[str, Link] = {}
    for note in sorted((folder / LINKS).glob("*/link.json")):
        kept = json.loads(note.read_text(encoding="utf-8"))
        digest = loaded_digest((note.parent / "output").read_bytes())
        links[digest] = Link(note.parent, tuple(kept["arguments"]), tuple(kept["objects"]))
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


def _linker() -> str:
    """Raises NotPlaceable without one."""
    linker = shutil.which("ld")
    if linker is None:
        raise NotPlaceable("there is no linker (ld)")
    return linker

"""Stands before the linker while a project is built, and keeps what each library was linked from.

Called as ``collect.py LD FOLDER arguments of ld``. Runs the linker; if it made a shared library, a
new folder in FOLDER gets the object files and the arguments. Whatever goes wrong in that, the build
goes on. Imports nothing of hotloop but ``archives``: it starts in no time.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# It is called by its path.
sys.path.append(str(Path(__file__).parents[3]))
from hotloop.gate.build import archives

# These take the next argument, and it is no object file.
WITH_VALUE = frozenset(
    ("-m", "-z", "-h", "-soname", "-rpath", "-rpath-link", "-T", "-e", "-u", "-y", "-defsym")
)
JOINED = {"-L": "-L", "--library-path": "-L", "-l": "-l", "--library": "-l"}
# Only link-time optimisation needs it; it refers to files that are gone after the link.
PLUGIN = "-plugin"
# From there on, libraries are looked for as static ones only, or no longer.
STATIC = frozenset(("-Bstatic", "-dn", "-non_shared", "-static"))
DYNAMIC = frozenset(("-Bdynamic", "-dy", "-call_shared"))
OBJECT = b"\x7fELF\x02\x01"
RELOCATABLE, SHARED = b"\x01\x00", b"\x03\x00"


def main() -> int:
    """Link, then keep; returns what the linker does."""
    linker, folder, *given = sys.argv[1:]
    code = subprocess.call([linker, *given])
    if code == 0:
        try:
            arguments = expanded(given)
            if "-shared" in arguments:
                Kept(linker, Path(folder)).keep(arguments)
        except Exception as error:
            print(f"hotloop could not keep the objects: {error}", file=sys.stderr)
    return code


def expanded(given: list[str]) -> list[str]:
    """The arguments, those in @files included."""
    arguments = []
    for argument in given:
        if argument.startswith("@") and Path(argument[1:]).is_file():
            arguments += expanded(shlex.split(Path(argument[1:]).read_text(encoding="utf-8")))
        else:
            arguments.append(argument)
    return arguments


def joined(given: list[str]) -> list[str]:
    """The arguments, with a library or a folder of libraries always as one: -lm, -L/usr/lib."""
    waiting = iter(given)
    return [
        JOINED[argument] + next(waiting) if argument in JOINED else argument for argument in waiting
    ]


class Kept:
    """One link: copies of its objects in a folder of its own, and how they are linked there."""

    def __init__(self, linker: str, folder: Path) -> None:
        self._linker = linker
        self._folder = Path(tempfile.mkdtemp(dir=folder))
        # What is younger than the stand-ins was made by this build, and may be gone after it.
        self._begun_s = folder.parent.stat().st_mtime
        self._search: list[Path] = []
        self._arguments: list[str] = []
        self._objects: list[str] = []

    def keep(self, given: list[str]) -> None:
        """Copy the objects and note how they are linked."""
        output = Path("a.out")
        is_static = False
        given = joined(given)
        self._search = [Path(each[2:]) for each in given if each.startswith("-L")]
        waiting = iter(given)
        for argument in waiting:
            is_static = (is_static or argument in STATIC) and argument not in DYNAMIC
            option, is_set, value = argument.partition("=")
            if argument.startswith(PLUGIN):
                if argument == PLUGIN:
                    next(waiting)
            elif argument == "-o":
                output = Path(next(waiting))
            elif argument in WITH_VALUE or f"-{argument.lstrip('-')}" in WITH_VALUE:
                self._arguments += [argument, next(waiting)]
            elif argument.startswith("-L"):
                # A path that begins with = is one of a system root.
                path = argument[2:]
                self._arguments.append(
                    argument if path.startswith("=") else f"-L{Path(path).absolute()}"
                )
            elif argument.startswith("-l"):
                self._library(argument[2:], is_static)
            elif argument.startswith("-"):
                if is_set and Path(value).is_file():
                    value = self._copied(Path(value))
                self._arguments.append(option + is_set + value)
            elif Path(argument).is_file():
                self._file(Path(argument))
            else:
                self._arguments.append(argument)
        shutil.copyfile(output, self._folder / "output")
        note = {
            "linker": self._linker,
            "arguments": self._arguments,
            "objects": self._objects,
            "output": str(output.absolute()),
        }
        (self._folder / "link.json").write_text(json.dumps(note), encoding="utf-8")

    def _library(self, name: str, is_static: bool) -> None:
        """One that ld looks for in folders: kept if this build has made it."""
        if name.startswith(":"):
            names = [name[1:]]
        else:
            names = [f"lib{name}.a"] if is_static else [f"lib{name}.so", f"lib{name}.a"]
        found = (folder / each for folder in self._search for each in names)
        path = next((each for each in found if each.is_file()), None)
        if path is not None and self._is_made_here(path):
            self._file(path)
        else:
            self._arguments.append(f"-l{name}")

    def _file(self, path: Path) -> None:
        """An object, an archive, a shared library, or a part of a script."""
        with path.open("rb") as file:
            head = file.read(18)
        kind = head[16:18] if head.startswith(OBJECT) else b""
        if kind == RELOCATABLE:
            name = self._copied(path)
            self._objects.append(name)
            self._arguments.append(name)
        elif archives.is_archive(head):
            name = f"{len(self._arguments)}.a"
            (self._folder / name).write_bytes(archives.renamed(path))
            self._objects.append(name)
            self._arguments.append(name)
        elif kind == SHARED and self._is_made_here(path):
            # By its name alone, which is what is noted where a library has no other.
            place = self._folder / str(len(self._arguments))
            place.mkdir()
            _linked_or_copied(path, place / path.name)
            self._arguments += [f"-L{place}", f"-l:{path.name}"]
        elif ".so" in path.name:
            self._arguments.append(str(path.absolute()))
        else:
            self._arguments.append(self._copied(path))

    def _copied(self, path: Path) -> str:
        """The name of a copy."""
        name = f"{len(self._arguments)}{path.suffix}"
        shutil.copyfile(path, self._folder / name)
        return name

    def _is_made_here(self, path: Path) -> bool:
        return path.stat().st_ctime >= self._begun_s


def _linked_or_copied(path: Path, place: Path) -> None:
    try:
        os.link(path.resolve(), place)
    except OSError:
        shutil.copyfile(path, place)


if __name__ == "__main__":
    sys.exit(main())

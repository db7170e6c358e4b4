"""Stands before the linker while a project is built, and keeps what each library was linked from.

Called as ``collect.py LD FOLDER arguments of ld``. Runs the linker; if it made a shared library, a
new folder in FOLDER gets the object files and the arguments. Whatever goes wrong in that, the build
goes on. Imports nothing of hotloop: it starts in no time.
"""

import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# These take the next argument, and it is no object file.
WITH_VALUE = frozenset(
    ("-m", "-z", "-L", "-l", "-h", "-soname", "-rpath", "-rpath-link", "-T", "-e", "-u")
)
# Only link-time optimisation needs it; it refers to files that are gone after the link.
PLUGIN = "-plugin"
OBJECT = b"\x7fELF\x02\x01"
RELOCATABLE = b"\x01\x00"


def main() -> int:
    """Link, then keep; returns what the linker does."""
    linker, folder, *given = sys.argv[1:]
    code = subprocess.call([linker, *given])
    if code == 0:
        try:
            arguments = expanded(given)
            if "-shared" in arguments:
                keep(Path(folder), arguments)
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


def keep(folder: Path, given: list[str]) -> None:
    """Copy the objects and note how they are linked."""
    kept = Path(tempfile.mkdtemp(dir=folder))
    arguments: list[str] = []
    objects = []
    output = Path("a.out")
    waiting = iter(given)
    for argument in waiting:
        if argument.startswith(PLUGIN):
            if argument == PLUGIN:
                next(waiting)
        elif argument == "-o":
            output = Path(next(waiting))
        elif argument in WITH_VALUE:
            arguments += [argument, next(waiting)]
        elif argument.startswith("-"):
            option, is_set, value = argument.partition("=")
            if is_set and Path(value).is_file():
                value = copied(Path(value), kept, len(arguments))
            arguments.append(option + is_set + value)
        elif Path(argument).is_file():
            name = copied(Path(argument), kept, len(arguments))
            if is_object(Path(argument)):
                objects.append(name)
            arguments.append(name)
        else:
            arguments.append(argument)
    shutil.copyfile(output, kept / "output")
    note = {"arguments": arguments, "objects": objects, "output": str(output.absolute())}
    (kept / "link.json").write_text(json.dumps(note), encoding="utf-8")


def copied(path: Path, folder: Path, number: int) -> str:
    """The name of a copy in ``folder``; a shared library stays where it is."""
    if ".so" in path.name:
        return str(path.absolute())
    name = f"{number}{path.suffix}"
    shutil.copyfile(path, folder / name)
    return name


def is_object(path: Path) -> bool:
    """Whether it is an object file, and no library."""
    with path.open("rb") as file:
        head = file.read(18)
    return head.startswith(OBJECT) and head[16:18] == RELOCATABLE


if __name__ == "__main__":
    sys.exit(main())

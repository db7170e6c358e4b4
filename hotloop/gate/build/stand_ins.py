"""Stand-ins for the compilers and the linker of a build, which keeps what it links that way.

They are called as the compilers are and come before these on PATH, so that whatever builds the
project finds them: setuptools, CMake, Meson, Cargo. Variables such as CFLAGS would not do:
setuptools takes them in place of its own flags, and compiled without any optimisation.

    PATH ──> cc, g++, gfortran ... ──> the compiler, with a section for each function and variable
                                          │ -B
                                          └──> ld (collect.py) ──> the linker; objects are kept
"""

import contextlib
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from hotloop.gate.build.placing import NotPlaceable

COLLECT = Path(__file__).with_name("collect.py")
# x86_64-linux-gnu-gcc-12, cc, clang++
COMPILER = re.compile(r"([\w.]+-)*(g?cc|clang|[cg]\+\+|clang\+\+|gfortran|flang|f77|f95)(-[\d.]+)?")
# They look for a compiler on PATH in turn, and would find a stand-in for themselves.
CACHES = ("ccache", "sccache", "distcc")
# Where a build may have the path of a compiler from.
VARIABLES = ("CC", "CXX", "FC", "F77", "F90", "LDSHARED", "LDCXXSHARED")
# Other linkers have other scripts.
STAND_IN = """#!/bin/sh
for word do
    shift
    case $word in
        -fuse-ld=*) ;;
        *) set -- "$@" "$word" ;;
    esac
done
exec {compiler} -ffunction-sections -fdata-sections {search} "$@"
"""
# Folders of a kit: the stand-ins, what was kept of each link, the wheel.
PROGRAMS, LINKS, WHEEL = "bin", "links", "wheel"


def prepare(folder: Path, present: Mapping[str, str]) -> dict[str, str]:
    """Make ``folder`` ready for a build; what it needs beside the variables at ``present``.

    Raises NotPlaceable without a linker.
    """
    linker = shutil.which("ld", path=present.get("PATH"))
    if linker is None:
        raise NotPlaceable("there is no linker (ld)")
    shutil.rmtree(folder, ignore_errors=True)
    programs = folder / PROGRAMS
    for each in (programs, folder / LINKS, folder / WHEEL):
        each.mkdir(parents=True)
    collect = [sys.executable, "-I", "-S", str(COLLECT), linker, str(folder / LINKS)]
    _write(programs / "ld", f'#!/bin/sh\nexec {shlex.join(collect)} "$@"\n')
    paths = present.get("PATH", os.defpath)
    for compiler in _compilers(paths):
        _stand_in(programs / compiler.name, compiler, programs)
    found = os.pathsep.join([str(programs), paths])
    return {"PATH": found, **_named_by_path(folder, present)}


def _compilers(paths: str) -> Iterator[Path]:
    """Every compiler on PATH; of those that are called alike, the first."""
    seen = set()
    for folder in map(Path, filter(None, paths.split(os.pathsep))):
        with contextlib.suppress(OSError):
            for path in folder.iterdir():
                if COMPILER.fullmatch(path.name) and path.name not in seen and _is_compiler(path):
                    seen.add(path.name)
                    yield path


def _named_by_path(folder: Path, present: Mapping[str, str]) -> dict[str, str]:
    """The variables that say where a compiler is, with its stand-in instead."""
    found = {}
    for variable in VARIABLES:
        words = shlex.split(present.get(variable, ""))
        for number, path in enumerate(map(Path, words)):
            if path.is_absolute() and _is_compiler(path):
                place = folder / variable / path.name
                place.parent.mkdir(exist_ok=True)
                _stand_in(place, path, folder / PROGRAMS)
                words[number] = str(place)
                found[variable] = shlex.join(words)
    return found


def _is_compiler(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK) and path.resolve().name not in CACHES


def _stand_in(place: Path, compiler: Path, programs: Path) -> None:
    quoted = {"compiler": shlex.quote(str(compiler)), "search": shlex.quote(f"-B{programs}")}
    _write(place, STAND_IN.format(**quoted))


def _write(place: Path, script: str) -> None:
    place.write_text(script, encoding="utf-8")
    place.chmod(0o755)

"""``.pyx`` files compiled on the way, each content once.

The folder of a compiled file is named after everything that decides what the compiler makes of it,
so that a changed file, Cython or flag is another folder, and an unchanged one is not compiled
again.
"""

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.compare.contenders import Source

# The longest that was seen for a file of a thousand lines is a minute.
COMPILE_LIMIT_S = 600
DIGEST_CHARS = 20
# Asked of the interpreter that is to run it: what it is, and which Cython and flags it has.
FACTS = """
import os, sys, sysconfig, Cython
suffix = sysconfig.get_config_var("EXT_SUFFIX")
print(Cython.__version__, sys.version, suffix, os.environ.get("CFLAGS"))
"""
BUILD = """
import sys
import setuptools
from Cython.Build import cythonize
from Cython.Compiler import Errors
from setuptools import Extension
path, name, folder, *flags = sys.argv[1:]
try:
    import numpy
    include = [numpy.get_include()]
except ImportError:
    include = []
try:
    extension = Extension(name, [path], include_dirs=include, extra_compile_args=flags)
    modules = cythonize(
        [extension], build_dir=folder, language_level=3, quiet=True, annotate=True
    )
except Errors.CompileError:
    sys.exit(3)
setuptools.setup(
    name=name, ext_modules=modules, script_args=["-q", "build_ext", "-b", folder, "-t", folder]
)
"""
# As the header of Cython's reports: "sums.pyx:3:11: Expected ')', found ':'".
MARK = ".pyx:"
# What else has a place in them.
ADVICE = ("warning:", "performance hint:", "note:")


def compiled(source: Source, cache: Path | None = None) -> Source:
    """The source with its compiled file, if it is a ``.pyx``; made if it is not in the cache.

    Raises UsageError with the compiler's own sentence and line.
    """
    if source.path is None or source.path.suffix != ".pyx":
        return source
    python = source.python or sys.executable
    facts = _run([python, "-c", FACTS], "Cython is needed to compile")
    name = source.path.stem
    digest = hashlib.sha256((facts + BUILD).encode())
    for file in sorted(source.path.parent.glob(f"{name}.p*")):
        if file.suffix in (".pyx", ".pxd", ".pyxbld"):
            digest.update(file.name.encode() + file.read_bytes())
    folder = (cache or cache_folder()) / digest.hexdigest()[:DIGEST_CHARS]
    found = extension_in(folder, name)
    if found is None:
        try:
            _make(python, source.path, folder)
        except OSError as error:
            raise UsageError(
                f"{source.path.name} cannot be compiled into {folder.parent}: {error.strerror}; "
                "set XDG_CACHE_HOME to a folder that can be written"
            ) from None
        found = extension_in(folder, name)
    if found is None:
        raise UsageError(f"{source.path.name} cannot be compiled: the compiler left nothing")
    return replace(source, extension=found)


def report_of(extension: Path) -> str | None:
    """The page that Cython wrote when it compiled the file (``cython -a``); None: there is none."""
    name = f"{extension.name.partition('.')[0]}.html"
    page = next(extension.parent.rglob(name), None)
    return None if page is None else page.read_text(encoding="utf-8", errors="replace")


def notes(sources: Sequence[Source]) -> tuple[str, ...]:
    """What a reader should know of how they were compiled."""
    names = [source.path.name for source in sources if source.path and source.extension]
    how = f"CFLAGS={os.environ['CFLAGS']}" if os.environ.get("CFLAGS") else "its usual flags"
    return (f"compiled by Cython with {how}: {', '.join(dict.fromkeys(names))}",) if names else ()


def _make(python: str, path: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: an interrupted compiler leaves nothing where it is looked for.
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        # Unless somebody chose them: debug information is a quarter of the compiler's time.
        flags = [] if os.environ.get("CFLAGS") else ["-g0"]
        command = [python, "-c", BUILD, str(path), path.stem, unfinished, *flags]
        _run(command, f"{path.name} cannot be compiled")
        with contextlib.suppress(OSError):  # another run was quicker
            Path(unfinished).rename(folder)
            Path(unfinished).mkdir()


def extension_in(folder: Path, name: str) -> Path | None:
    """The compiled file of that module, if it is there."""
    return next((p for p in folder.glob(f"{name}.*") if p.suffix in (".so", ".pyd")), None)


def cache_folder() -> Path:
    """Where compiled files are kept from run to run."""
    home = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(home) if home else Path.home() / ".cache") / "hotloop" / "pyx"
    except RuntimeError:
        # A user without a name, as in many containers.
        raise UsageError(
            "there is no home folder to keep what is compiled: set HOME or XDG_CACHE_HOME"
        ) from None


def _run(command: list[str], failing: str) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=COMPILE_LIMIT_S, env=_environment()
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{failing}: no end after {COMPILE_LIMIT_S} s") from None
    if done.returncode != 0:
        raise UsageError(f"{failing}: {_reason(done.stdout + done.stderr)}")
    return done.stdout


def _environment() -> Mapping[str, str]:
    return os.environ | {"PYTHONWARNINGS": "ignore"}


def _reason(report: str) -> str:
    """The compiler's own sentence: the line with a place, else the last one."""
    lines = [line.strip() for line in report.splitlines() if line.strip()]
    placed = [line for line in lines if MARK in line and not line.startswith(ADVICE)]
    # The linker's last words are that it failed; why stands before.
    linker = [line for line in lines if "cannot find -l" in line or "undefined reference" in line]
    errors = [line for line in lines if "error:" in line]
    found = (placed or linker or errors or lines[-1:] or ["no reason given"])[0]
    if "No module named 'Cython'" in found or "No module named 'setuptools'" in found:
        return f"{found}: pip install cython setuptools"
    return found.rpartition("/")[2] if found in placed else found

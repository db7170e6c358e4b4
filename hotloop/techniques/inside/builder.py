"""A process that compiles a copy of the user's file: Cython, mypyc or pythran.

One build a process: compilers leave their settings behind, and end the process they run in.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import os
import re
import sys
import sysconfig
import time
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from hotloop.compare.annotated import scores
from hotloop.compare.extension import report_of
from hotloop.techniques.inside import c_types
from hotloop.techniques.inside.annotated import annotated
from hotloop.timing.serving import answer_driver

# Every operation is rounded, as Python does it, whatever CFLAGS asks for; no debug information.
EXACT_FLAGS = ("-fno-fast-math", "-ffp-contract=off", "-g0")
# Of mypy: the user's settings do not count, nor does what the file imports.
MYPYC_OPTIONS = ("--config-file=", "--ignore-missing-imports", "--follow-imports=skip")
MYPYC_LEVEL = "3"  # its own, where CFLAGS asks for none
# "mycode.py:15:4: cannot assign": of Cython and of mypy.
PLACED = re.compile(r"(?:^|/)\w+\.(?:py|pxd):(?P<line>\d+):(?:\d+:)? *(?:error: )?(?P<said>\S.*)")
MISSING = "No such file or directory"
# A line with less calls Python's interface for errors only.
LEAST_SCORE = 8
ATTEMPTS = 3
REASON_CHARS = 200


class Unavailable(Exception):
    """The technique cannot take this file; the message says why, with the line."""


class Builder:
    """Answers the driver's one command; see ``hotloop.techniques.builds``."""

    def start(self, search_path: Sequence[str]) -> None:
        sys.path[:] = search_path

    def cython(self, folder: str, name: str, watched: Mapping[str, Any] | None) -> dict[str, Any]:
        """Compile NAME.py in ``folder``; with types in a ``.pxd`` if it was ``watched``.

        Returns the seconds that it took, and the lines that still go through the interpreter.
        """
        start = time.perf_counter()
        source = os.path.join(folder, f"{name}.py")
        text = _read(source)

        def build(without: list[str]) -> None:
            if watched is not None:
                made = c_types.typed(text, watched, without)
                if not made.names:
                    raise Unavailable(_nothing_typed(made, watched))
                _write(os.path.join(folder, f"{name}.pxd"), made.text)
            _cythonize(folder, name, source, watched is not None)

        _attempts(folder, text, build, again=watched is not None)
        return {
            "seconds": time.perf_counter() - start,
            "lines": _lines_left(folder, name, text),
        }

    def mypyc(self, folder: str, name: str, watched: Mapping[str, Any]) -> dict[str, Any]:
        """Compile an annotated copy of NAME.py in ``folder``; returns the seconds that it took."""
        start = time.perf_counter()
        source = os.path.join(folder, f"{name}.py")
        text = _read(source)
        plain = text.decode(tokenize.detect_encoding(io.BytesIO(text).readline)[0])

        def build(without: list[str]) -> None:
            copy, count = annotated(plain, watched, without)
            if not count:
                raise Unavailable("nothing in it has one type that has a name")
            _write(source, copy)
            _mypycify(folder, name)

        _attempts(folder, text, build, again=True)
        return {"seconds": time.perf_counter() - start}

    def pythran(self, folder: str, name: str, function: str, types: list[str]) -> dict[str, Any]:
        """Compile a function of NAME.py, and those that it calls, for arguments of these types."""
        start = time.perf_counter()
        text = _read(os.path.join(folder, f"{name}.py"))

        def build(_without: list[str]) -> None:
            pythran: Any = importlib.import_module("pythran")
            parse: Any = importlib.import_module("pythran.spec").spec_parser
            suffix = sysconfig.get_config_var("EXT_SUFFIX")
            pythran.compile_pythrancode(
                name,
                only_needed(text.decode(), function),
                specs=parse(f"#pythran export {function}({', '.join(types)})\n"),
                output_file=os.path.join(folder, name + suffix),
                extra_compile_args=list(EXACT_FLAGS),
            )

        _attempts(folder, text, build, again=False)
        return {"seconds": time.perf_counter() - start}


def reached(tree: ast.Module, function: str) -> set[str]:
    """The functions and classes at the top of a file that a function uses, itself among them."""
    defined = _defined(tree)
    found: set[str] = set()
    left = [function]
    while left:
        name = left.pop()
        if name in found or name not in defined:
            continue
        found.add(name)
        left += [part.id for part in ast.walk(defined[name]) if isinstance(part, ast.Name)]
    return found


def _defined(tree: ast.Module) -> dict[str, Any]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name: node for node in tree.body if isinstance(node, kinds)}


def only_needed(text: str, function: str) -> str:
    """The file without functions and classes that a function does not reach, in the same lines."""
    tree = ast.parse(text)
    defined = _defined(tree)
    needed = reached(tree, function)
    lines = text.splitlines(keepends=True)
    for name, node in defined.items():
        if name not in needed:
            first = min([node.lineno, *(part.lineno for part in node.decorator_list)])
            for line in range(first, (node.end_lineno or node.lineno) + 1):
                lines[line - 1] = "\n"
    return "".join(lines)


def _attempts(folder: str, text: bytes, build: Callable[[list[str]], None], again: bool) -> None:
    """Build; ``again`` without types for the function of the line that a compiler refuses."""
    without: list[str] = []
    for attempt in range(ATTEMPTS):
        try:
            with _captured(folder):
                build(without)
            return
        except _Failed as failed:
            place = _function_at(text, failed.line) if again else None
            if place is None or place in without or attempt + 1 == ATTEMPTS:
                raise Unavailable(failed.said) from None
            without.append(place)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class _Failed(Exception):
    def __init__(self, said: str, line: int | None) -> None:
        super().__init__(said)
        self.said = said
        self.line = line


@contextlib.contextmanager
def _captured(folder: str) -> Iterator[None]:
    """What is printed meanwhile, by compilers too, goes to a file; their errors to _Failed."""
    path = os.path.join(folder, "build.log")
    kept = os.dup(1), os.dup(2)
    with open(path, "wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    failed: BaseException | None = None
    try:
        yield
    except Unavailable:
        raise
    except (Exception, SystemExit) as error:
        failed = error
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        os.close(kept[0])
        os.close(kept[1])
    if failed is not None:
        with open(path, errors="replace") as written:
            raise _why(failed, written.read()) from None


def _why(error: BaseException, report: str) -> _Failed:
    """The compiler's own sentence and its line."""
    if isinstance(error, ImportError):
        name = getattr(error, "name", "") or str(error)
        return _Failed(f"{name} is not installed: pip install {_PACKAGES.get(name, name)}", None)
    lines = [line.strip() for line in report.splitlines() if line.strip()]
    number = getattr(error, "lineno", None)  # pythran's own
    if type(error).__name__ == "PythranSyntaxError" and number is not None:
        return _Failed(f"line {number}: {getattr(error, 'msg', error)}", number)
    said = f"{type(error).__name__}: {error}"
    if any(MISSING in line and "Python.h" in line for line in lines):
        return _Failed("Python's headers are not there: install python3-dev", None)
    if _lacks_compiler([said, *lines]):
        return _Failed("there is no C compiler that runs: install gcc or clang", None)
    for line in lines:
        found = PLACED.search(line)
        if found is not None and not line.startswith("warning"):
            number = int(found["line"])
            return _Failed(f"line {number}: {found['said'][:REASON_CHARS]}", number)
    errors = [line for line in lines if "error:" in line]
    return _Failed((errors or [said])[0][:REASON_CHARS], None)


def _lacks_compiler(lines: list[str]) -> bool:
    """Whether a command of the build itself is not there; mypyc only says that it knows none."""
    return any(
        (MISSING in line and ("Errno 2" in line or "command" in line))
        or "Unknown C compiler" in line
        for line in lines
    )


_PACKAGES = {
    "Cython": "cython setuptools",
    "Cython.Build": "cython setuptools",
    "setuptools": "cython setuptools",
    "mypyc": "'mypy[mypyc]' setuptools",
    "mypyc.build": "'mypy[mypyc]' setuptools",
    "pythran": "pythran setuptools",
}


def _cythonize(folder: str, name: str, source: str, is_typed: bool) -> None:
    setuptools: Any = importlib.import_module("setuptools")  # before Cython
    cythonize: Any = importlib.import_module("Cython.Build").cythonize
    extension = setuptools.Extension(name, [source], extra_compile_args=list(EXACT_FLAGS))
    modules = cythonize(
        [extension],
        build_dir=os.path.join(folder, "c"),
        annotate=True,
        force=True,
        compiler_directives=directives(is_typed),
    )
    _build(folder, name, modules)


def directives(is_typed: bool) -> dict[str, object]:
    """Cython's own: what would wrap with types is an error."""
    found: dict[str, object] = {"language_level": 3, "annotation_typing": False}
    if is_typed:
        found["overflowcheck"] = True
    return found


def _mypycify(folder: str, name: str) -> None:
    importlib.import_module("setuptools")
    mypycify: Any = importlib.import_module("mypyc.build").mypycify
    asked = os.environ.get("CFLAGS", "")
    # setuptools takes it in place of what Python was built with.
    usual = asked or sysconfig.get_config_var("CFLAGS") or ""
    os.environ["CFLAGS"] = " ".join([usual, *EXACT_FLAGS])
    # The module is called as the file is from here.
    os.chdir(folder)
    modules = mypycify(
        [*MYPYC_OPTIONS, f"{name}.py"],
        target_dir=os.path.join(folder, "c"),
        opt_level=level_of(asked),
        debug_level="0",
    )
    _build(folder, name, modules)


def level_of(flags: str) -> str:
    """The optimisation that CFLAGS asks for, by -O; mypyc would put its own behind it."""
    asked = re.findall(r"(?<!\S)-O(\S*)", flags)
    return (asked[-1] or "1") if asked else MYPYC_LEVEL


def _build(folder: str, name: str, modules: Any) -> None:
    importlib.import_module("setuptools").setup(
        name=name,
        ext_modules=modules,
        script_args=["-q", "build_ext", "-b", folder, "-t", os.path.join(folder, "c")],
    )


def _nothing_typed(made: c_types.Typed, watched: Mapping[str, Any]) -> str:
    if watched.get("wide"):
        place = watched["wide"][0]
        return f"no C type holds its integers: {place['bits']} bits at line {place['line']}"
    reasons = [f"{name}: {why}" for name, why in made.left_out.items()]
    return "; ".join(reasons) or "none of its names holds numbers of one type"


def _function_at(text: bytes, line: int | None) -> str | None:
    """The function or class at the top of the file that holds the line."""
    if line is None:
        return None
    for node in ast.parse(text).body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or not _holds(node, line):
            continue
        for part in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(part, ast.FunctionDef) and _holds(part, line):
                return f"{node.name}.{part.name}"
        return node.name
    return None


def _holds(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or line)


def _lines_left(folder: str, name: str, text: bytes) -> list[list[int]]:
    """The lines inside functions that call the interpreter: line and how much, most first."""
    page = report_of(Path(folder, f"{name}.so"))
    if page is None:
        return []
    inside, touch = _lines_in_functions(text), scores(page).items()
    found = [[line, score] for line, score in touch if line in inside and score >= LEAST_SCORE]
    return sorted(found, key=lambda row: -row[1])


def _lines_in_functions(text: bytes) -> set[int]:
    found: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for part in node.body:
                found |= set(range(part.lineno, (part.end_lineno or part.lineno) + 1))
    heads = {
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    return found - heads


def main() -> NoReturn:
    """Serve the driver."""
    answer_driver(Builder(), ("start", "cython", "mypyc", "pythran"))

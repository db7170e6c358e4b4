"""A process that compiles a copy of the user's file: Cython, mypyc or pythran.

One build a process: compilers leave their settings behind, and end the process they run in.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from hotloop.techniques.inside import c_types
from hotloop.timing.serving import live, take_commands

# Every operation is rounded, as Python does it, whatever CFLAGS asks for; no debug information.
EXACT_FLAGS = ("-fno-fast-math", "-ffp-contract=off", "-g0")
SCORE = re.compile(r'class="cython line score-(\d+)"[^>]*>\+?<span class="">(\d+)</span>')
# "mycode.py:15:4: cannot assign": of Cython and of mypy.
PLACED = re.compile(r"(?P<line>\d+):(?:\d+:)? *(?:error: )?(?P<said>.+)")
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

        Returns the seconds that it took, the lines that still go through the interpreter, and what
        got types.
        """
        start = time.perf_counter()
        source = os.path.join(folder, f"{name}.py")
        with open(source, "rb") as file:
            text = file.read()
        without: list[str] = []
        made = None
        for attempt in range(ATTEMPTS):
            made = None if watched is None else c_types.typed(text, watched, without)
            if made is not None:
                if not made.names:
                    raise Unavailable(_nothing_typed(made, watched or {}))
                with open(os.path.join(folder, f"{name}.pxd"), "w") as file_:
                    file_.write(made.text)
            try:
                with _captured(folder) as output:
                    _cythonize(folder, name, source, made is not None)
                break
            except _Failed as failed:
                place = _function_at(text, failed.line)
                if made is None or place is None or attempt + 1 == ATTEMPTS or place in without:
                    raise Unavailable(failed.said) from None
                without.append(place)
        del output
        return {
            "seconds": time.perf_counter() - start,
            "lines": _lines_left(folder, name, text),
            "functions": [] if made is None else made.functions,
            "left_out": {} if made is None else made.left_out,
            "names": 0 if made is None else made.names,
        }


class _Failed(Exception):
    def __init__(self, said: str, line: int | None) -> None:
        super().__init__(said)
        self.said = said
        self.line = line


@contextlib.contextmanager
def _captured(folder: str) -> Iterator[list[str]]:
    """What is printed meanwhile, by compilers too, goes to a file; their errors to _Failed."""
    path = os.path.join(folder, "build.log")
    kept = os.dup(1), os.dup(2)
    report: list[str] = []
    with open(path, "wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    failed: BaseException | None = None
    try:
        yield report
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
    for line in lines:
        found = re.search(r"[^\s:]+\.(?:py|pxd|pyx):" + PLACED.pattern, line)
        if found is not None and not line.startswith("warning"):
            number = int(found["line"])
            return _Failed(f"line {number}: {found['said'][:REASON_CHARS]}", number)
    said = str(error) or type(error).__name__
    missing = [line for line in [said, *lines] if "No such file or directory" in line]
    if missing and ("command" in missing[0] or "compiler" in missing[0]):
        return _Failed("there is no C compiler: install gcc or clang", None)
    errors = [line for line in lines if "error:" in line]
    return _Failed((errors or [said])[0][:REASON_CHARS], None)


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
    directives = {"language_level": 3, "annotation_typing": False}
    if is_typed:
        directives["overflowcheck"] = True
    extension = setuptools.Extension(name, [source], extra_compile_args=list(EXACT_FLAGS))
    modules = cythonize(
        [extension],
        build_dir=os.path.join(folder, "c"),
        annotate=True,
        force=True,
        compiler_directives=directives,
    )
    _build(folder, name, modules)


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
    pages = [
        os.path.join(place, file)
        for place, _, files in os.walk(folder)
        for file in files
        if file == f"{name}.html"
    ]
    if not pages:
        return []
    with open(pages[0], errors="replace") as page:
        scores = [(int(line), int(score)) for score, line in SCORE.findall(page.read())]
    inside = _lines_in_functions(text)
    found = [[line, score] for line, score in scores if line in inside and score >= LEAST_SCORE]
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
    replies, parent = map(int, sys.argv[1:])
    commands = take_commands()
    builder = Builder()
    handlers: dict[str, Callable[..., Any]] = {
        name: getattr(builder, name) for name in ("start", "cython")
    }
    live(parent, commands, replies, handlers)


if __name__ == "__main__":
    main()

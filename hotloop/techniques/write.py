"""``--write DIR``: each technique that is equal, as files that are ready to use, with a test.

DIR/with-cython-typed/mycode.py     a copy, the same
                      mycode.pxd    its types
                      setup.py      python setup.py build_ext --inplace
                      test_mycode.py
"""

import ast
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.compare.contenders import Source
from hotloop.techniques.builds import Built, module_name
from hotloop.techniques.inside.builder import EXACT_FLAGS, MYPYC_OPTIONS, directives, reached
from hotloop.techniques.ladder import CONVERTED, CYTHON, MYPYC, NUMBA, TYPED

# None is called like a package, which it would hide from imports.
FOLDERS: Mapping[str, str] = {
    CYTHON: "with-cython",
    NUMBA: "with-numba",
    CONVERTED: "with-numba-converted",
    TYPED: "with-cython-typed",
    MYPYC: "with-mypyc",
}

TEST = '''\
"""What is here does on the examples what the original does: run it with pytest."""

from pathlib import Path

from hotloop.techniques.inside.written import differences

HERE = Path(__file__).parent


def test_{module}_does_what_the_original_does():
    assert differences({arguments}) == []
'''

CYTHON_SETUP = """\
from Cython.Build import cythonize
from setuptools import Extension, setup

extension = Extension({module!r}, [{file!r}], extra_compile_args={flags!r})
setup(
    name={module!r},
    ext_modules=cythonize([extension], compiler_directives={directives!r}),
)
"""

MYPYC_SETUP = """\
import os
import sysconfig

from setuptools import setup

from mypyc.build import mypycify

# In place of what setuptools would take without it.
flags = os.environ.get("CFLAGS") or sysconfig.get_config_var("CFLAGS") or ""
os.environ["CFLAGS"] = flags + {flags!r}
options = {options}
setup(name={module!r}, ext_modules=mypycify([*options, {file!r}]))
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """A technique that was equal; ``built``: what its builder left."""

    name: str
    built: Built | None


def check_free(folder: Path) -> None:
    """Raise UsageError unless nothing is there, and something can be made there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--write {folder}: it exists and is not an empty folder; give a new one")
    parent = folder.resolve().parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise UsageError(f"--write {folder}: nothing can be written in {parent}")


def write(
    folder: Path, source: Source, ready: list[Ready], args: str | None, setup: str
) -> list[str]:
    """Write a folder for each; whole or not at all. Returns their names."""
    target = folder.resolve()
    try:
        unfinished = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
        try:
            written = [one for one in ready if one.name in FOLDERS]
            for one in written:
                _one(unfinished / FOLDERS[one.name], target, one, source, args, setup)
            unfinished.chmod(0o755)
            unfinished.rename(target)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise MeasurementError(f"cannot write {folder}: {error.strerror or error}") from None
    return [FOLDERS[one.name] for one in written]


def _one(
    folder: Path, target: Path, one: Ready, source: Source, args: str | None, setup: str
) -> None:
    assert source.path is not None
    assert source.function is not None
    folder.mkdir()
    module = module_name(source.path)
    file = f"{module}.py"
    for name, content in _files(one, source.path, source.function, module):
        (folder / name).write_bytes(content)
    original = os.path.relpath(source.path, target / folder.name)
    words = [f'HERE / "{original}"', f'HERE / "{file}"', f'"{source.function}"']
    words += ["built=True"] if one.built is not None else []
    words += ["converted=True"] if one.name == CONVERTED else []
    words += [f"args={args!r}"] if args is not None else []
    words += [f"setup={setup!r}"] if setup else []
    listed = "".join(f"\n        {word}," for word in words)
    text = TEST.format(module=module, arguments=f"{listed}\n    ")
    (folder / f"test_{module}.py").write_text(text)


def _files(one: Ready, path: Path, function: str, module: str) -> Iterator[tuple[str, bytes]]:
    """The technique's own files, without its test."""
    file, flags = f"{module}.py", list(EXACT_FLAGS)
    if one.built is None:
        yield file, with_njit(path.read_bytes(), function)
        return
    # Of mypyc this is the annotated copy.
    yield file, (one.built.folder / file).read_bytes()
    if one.name == MYPYC:
        options, words = json.dumps(MYPYC_OPTIONS), " " + " ".join(flags)
        text = MYPYC_SETUP.format(module=module, file=file, options=options, flags=words)
        yield "setup.py", text.encode()
        return
    is_typed = one.name == TYPED
    if is_typed:
        yield f"{module}.pxd", (one.built.folder / f"{module}.pxd").read_bytes()
    text = CYTHON_SETUP.format(
        module=module, file=file, flags=flags, directives=directives(is_typed)
    )
    yield "setup.py", text.encode()


def with_njit(source: bytes, function: str) -> bytes:
    """The file with ``@njit`` above the function and all functions that it calls."""
    tree = ast.parse(source)
    names = reached(tree, function)
    lines = source.splitlines(keepends=True)
    heads = [
        node.lineno
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name in names and not node.decorator_list
    ]
    for line in sorted(heads, reverse=True):
        lines.insert(line - 1, b"@njit\n")
    lines.insert(_after_head(tree), b"from numba import njit\n")
    return b"".join(lines)


def _after_head(tree: ast.Module) -> int:
    """The line behind the docstring and ``from __future__``, where an import may stand."""
    last = 0
    for node in tree.body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not is_text and not is_future:
            # An encoding or an interpreter may be named in the lines before.
            return last if last else node.lineno - 1 - _decorated(node)
        last = node.end_lineno or node.lineno
    return last


def _decorated(node: ast.stmt) -> int:
    first = min([part.lineno for part in getattr(node, "decorator_list", [])], default=node.lineno)
    return node.lineno - first

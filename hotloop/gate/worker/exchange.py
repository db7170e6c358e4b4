"""Modules that are loaded with parts of another version of their file in place of their own.

The parts are put into the constants of the compiled module before it runs, so that functions,
classes and decorators are made from them as from any other code. What is compared with such a
process exchanges its parts for equal ones in the same way: assigning ``__code__`` later, or loading
one side from compiled files, made the two differ by more than many a change.

A file names what to exchange: ``[[file, [[path, other file, other path], ...]], ...]``. Without a
path the whole file is exchanged, as a compiled one always is.
"""

from __future__ import annotations

import importlib.machinery
from types import CodeType
from typing import Any

from .own import json, os
from .parts import exchanged

VARIABLE = "HOTLOOP_EXCHANGE"
# The compiled modules that were loaded, by file.
LOADED: dict[str, CodeType] = {}


def begin() -> None:
    """Exchange what the file that the environment names says, from now on."""
    wanted = os.environ.pop(VARIABLE, None)
    if not wanted:
        return
    with open(wanted, encoding="utf-8") as file:  # noqa: PTH123
        exchanges = {os.path.realpath(name): parts for name, parts in json.load(file)}
    loader: Any = importlib.machinery.SourceFileLoader
    usual = loader.get_code

    def get_code(self: Any, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        parts = exchanges.get(os.path.realpath(path))
        if parts is None:
            return usual(self, fullname)  # type: ignore[no-any-return]
        code = compiled_as(path, path)
        for part, other_file, other_part in parts:
            other = compiled_as(other_file, path)
            code = exchanged(code, part, other, other_part) if part else other
        LOADED[path] = code
        return code

    loader.get_code = get_code
    compiled: Any = importlib.machinery.ExtensionFileLoader
    usually_created = compiled.create_module

    def create_module(self: Any, spec: Any) -> Any:
        parts = exchanges.get(os.path.realpath(self.path))
        if parts is not None:
            # The module keeps the spec that it is imported by.
            spec = importlib.machinery.ModuleSpec(spec.name, self, origin=parts[0][1])
        return usually_created(self, spec)

    compiled.create_module = create_module


def compiled_as(file: str, name: str) -> CodeType:
    """The module in ``file``, as if it stood in the file ``name``."""
    with open(file, "rb") as source:  # noqa: PTH123
        text = source.read()
    code: CodeType = compile(text, name, "exec", dont_inherit=True)
    return code

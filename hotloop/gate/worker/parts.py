"""The named parts of a Python file, ``Sums.add``: told apart, compared, exchanged.

A part is a function, the body of a class, or the top level of the module. Lambdas and
comprehensions belong to the part that they stand in. Python knows such names since 3.11 only
(``co_qualname``), so they come from walking the constants of the compiled module.
"""

from __future__ import annotations

import ast
import dis
from collections import Counter
from types import CodeType
from typing import Any, Callable, Dict  # noqa: UP035  (evaluated by Python 3.8)

from .fingerprints import MODULE, but_for_constants, constant

Parts = Dict[str, CodeType]  # noqa: UP006  (evaluated by Python 3.8)
Visit = Callable[[str, CodeType], CodeType]

# Begins the names of what has none: "<lambda>", "<listcomp>".
NAMELESS = "<"
# Tells parts of one name apart: a property's getter and setter.
AGAIN = "~"
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# Between the name of a part and that of a lambda in it.
INSIDE = ".<"


class NoExchange(Exception):
    """A part cannot be put in another's place; the message says why."""


def parts_of(module: CodeType) -> Parts:
    """All parts of a module by their paths, the top level first."""
    found: Parts = {MODULE: module}

    def note(path: str, part: CodeType) -> CodeType:
        found[path] = part
        return _walked(part, f"{path}.", note)

    _walked(module, "", note)
    return found


def places_in(module: CodeType) -> dict[tuple[str, int], str]:
    """(name, first line) of each code object -> its path; ``f.<lambda>`` for one without a name."""
    found: dict[tuple[str, int], str] = {(MODULE, module.co_firstlineno): MODULE}

    def nameless(owner: str, code: CodeType) -> None:
        for const in code.co_consts:
            if isinstance(const, CodeType) and const.co_name.startswith(NAMELESS):
                path = f"{owner}.{const.co_name}"
                found.setdefault((const.co_name, const.co_firstlineno), path)
                nameless(owner, const)

    for path, part in parts_of(module).items():
        found.setdefault((part.co_name, part.co_firstlineno), path)
        nameless(path, part)
    return found


def prints_of(source: bytes, file: str) -> dict[str, str]:
    """Path -> what the part does, without docstrings, lines and the parts inside it.

    Raises SyntaxError or ValueError for what this Python cannot compile.
    """
    tree = ast.parse(source, file)
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [] if node.body[1:] else [ast.copy_location(ast.Pass(), node.body[0])]
    parts = parts_of(compile(tree, file, "exec", dont_inherit=True))
    return {path: "\n".join(_text(part)) for path, part in parts.items()}


def lines_of(part: CodeType) -> tuple[int, int]:
    """The first and the last line of a part, what is nested in it included."""
    numbers = [line for _, line in dis.findlinestarts(part) if line]
    inner = [lines_of(const)[1] for const in part.co_consts if isinstance(const, CodeType)]
    return part.co_firstlineno, max([part.co_firstlineno, *numbers, *inner])


def instructions_of(part: CodeType) -> list[str]:
    """What it does step by step, to see how alike two parts are."""
    return [f"{each.opname} {each.argrepr}" for each in dis.get_instructions(part)]


def exchanged(module: CodeType, path: str, other: CodeType, other_path: str) -> CodeType:
    """``module`` with the part ``other_path`` of ``other`` in place of its own at ``path``.

    The parts inside it stay the module's own, as far as they fit. Raises NoExchange.
    """
    own, others = parts_of(module), parts_of(other)
    if path not in own or other_path not in others:
        raise NoExchange("only one side has it")
    before, new = own[path], others[other_path]
    if before.co_freevars != new.co_freevars:
        raise NoExchange("it uses other variables of the function around it")
    if _signature(before) != _signature(new):
        raise NoExchange("its arguments changed")
    inside = f"{path}." if path != MODULE else ""
    outside = f"{other_path}." if other_path != MODULE else ""

    def keep(inner: str, part: CodeType) -> CodeType:
        mine = own.get(inside + inner[len(outside) :])
        return mine if mine is not None and mine.co_freevars == part.co_freevars else part

    new = _walked(new, outside, keep)
    if path == MODULE:
        return new

    def put(inner: str, part: CodeType) -> CodeType:
        return new if inner == path else _walked(part, f"{inner}.", put)

    return _walked(module, "", put)


def _walked(code: CodeType, prefix: str, visit: Visit, seen: Any = None) -> CodeType:
    """``code`` with what ``visit`` makes of each part right inside it."""
    names: Counter[str] = Counter() if seen is None else seen
    consts = []
    for const in code.co_consts:
        if isinstance(const, CodeType):
            if const.co_name.startswith(NAMELESS):
                const = _walked(const, prefix, visit, names)
            else:
                names[const.co_name] += 1
                number = names[const.co_name]
                again = f"{AGAIN}{number}" if number > 1 else ""
                const = visit(f"{prefix}{const.co_name}{again}", const)
        consts.append(const)
    if all(new is old for new, old in zip(consts, code.co_consts)):  # noqa: B905  (Python 3.8)
        return code
    return code.replace(co_consts=tuple(consts))


def _signature(code: CodeType) -> object:
    number = code.co_argcount + code.co_kwonlyargcount
    kinds = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    # CO_VARARGS and CO_VARKEYWORDS (inspect).
    return kinds, code.co_flags & 0x0C, code.co_varnames[:number]


def _text(code: CodeType) -> list[str]:
    found = but_for_constants(code)
    for const in code.co_consts:
        if not isinstance(const, CodeType):
            found.append(constant(const))
        elif const.co_name.startswith(NAMELESS):
            found += _text(const)
        else:
            found.append(const.co_name)
    return found

"""An annotated copy of a file, from what was watched: each line stays where it is.

Parameters, results, and containers that begin empty get the types that they had on the examples.
What had several types, or one without a name, gets none.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Facts = Mapping[str, Any]

PLAIN = ("int", "float", "bool", "str", "bytes", "complex")
CONTAINERS = ("list", "dict", "set", "tuple", "frozenset")
NO_NAME = "object"


def annotated(source: str, watched: Facts, without: Iterable[str] = ()) -> tuple[str, int]:
    """The copy, and how many annotations its watched functions have; none added to ``without``.

    Those that its author has written count: they may be all that there is to write.
    """
    tree = ast.parse(source)
    lines = source.splitlines(keepends=True)
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    inserts: list[Any] = []
    there = 0
    for name, node in _functions(tree):
        facts = watched["functions"].get(name)
        if facts is not None and name not in without:
            fields = watched["classes"].get(name.rpartition(".")[0], {})
            inserts += _of_function(node, facts, fields, classes, lines)
            there += _annotations(node)
    # From the end, so that places before stay what they are.
    for line, column, text in sorted(inserts, reverse=True):
        raw = lines[line - 1].encode()
        lines[line - 1] = (raw[:column] + text.encode() + raw[column:]).decode()
    return "".join(lines), there + len(inserts)


def _annotations(node: ast.FunctionDef) -> int:
    """How many of its arguments and its result have one; a result of None says nothing."""
    arguments = sum(
        each.annotation is not None for each in [*node.args.args, *node.args.kwonlyargs]
    )
    returns = node.returns is not None and not _is_none(node.returns)
    return arguments + returns


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Those of the module and of its classes, by qualified name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    yield f"{node.name}.{part.name}", part


def _of_function(
    node: ast.FunctionDef, facts: Facts, fields: Facts, classes: set[str], lines: list[str]
) -> Iterator[Any]:
    names = facts["names"]
    for argument in [*node.args.args, *node.args.kwonlyargs]:
        kind = _named(names.get(argument.arg), classes)
        if argument.annotation is None and kind is not None:
            yield argument.end_lineno, argument.end_col_offset, f": {kind}"
    kind = _named(facts["returns"].get(""), classes)
    if node.returns is None and kind is not None:
        line, column = _end_of_head(node, lines)
        yield line, column, f" -> {kind}"
    done = set()
    for part in ast.walk(node):
        if not isinstance(part, ast.Assign) or len(part.targets) != 1 or not _is_empty(part.value):
            continue
        target = part.targets[0]
        known = names if isinstance(target, ast.Name) else fields
        name = str(getattr(target, "id", None) or getattr(target, "attr", ""))
        kind = _named(known.get(name), classes)
        if name not in done and kind is not None and "[" in kind:
            done.add(name)
            yield target.end_lineno, target.end_col_offset, f": {kind}"


def _named(known: Facts | None, classes: set[str]) -> str | None:
    """The annotation of what a name held; None if it has none."""
    if known is None:
        return None
    kinds = [kind for kind in known["types"] if kind != "NoneType"]
    optional = " | None" if len(kinds) < len(known["types"]) else ""
    if not kinds:
        return "None"
    if len(kinds) > 1:
        return None
    kind = str(kinds[0])
    if kind in PLAIN or kind in classes:
        return kind + optional
    found = known["annotation"]
    if kind in CONTAINERS and found is not None and NO_NAME not in found:
        return str(found) + optional
    return None


def _is_empty(value: ast.expr) -> bool:
    """Whether it is a new, empty container."""
    if isinstance(value, (ast.List, ast.Dict)):
        return not (value.elts if isinstance(value, ast.List) else value.keys)
    is_call = isinstance(value, ast.Call) and isinstance(value.func, ast.Name)
    return is_call and value.func.id in CONTAINERS and not value.args  # type: ignore[attr-defined]


def _end_of_head(node: ast.FunctionDef, lines: list[str]) -> tuple[int, int]:
    """The place behind the parenthesis that closes the parameters: line, and column in bytes."""
    first = node.lineno
    text = "".join(lines[first - 1 : node.body[0].lineno])
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.OP and token.string in "([{":
            depth += 1
        elif token.type == tokenize.OP and token.string in ")]}":
            depth -= 1
            if depth == 0:
                line, column = token.end
                return first + line - 1, len(lines[first + line - 2][:column].encode())
    raise ValueError(f"line {first}: a function without parentheses")

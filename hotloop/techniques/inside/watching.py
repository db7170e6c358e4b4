"""A copy of the user's code that computes the same and notes what: types, and integers too wide.

The syntax tree of each of the user's files gets a call around every operation and after every
assignment in a function. What happens inside of built-in functions is not seen, their results are.
"""

from __future__ import annotations

import ast
import importlib.machinery
from collections.abc import Callable
from typing import Any

from hotloop.compare.inside.shown import shortened
from hotloop.techniques.inside.notes import DIVIDED, ITEM, VALUE, WORD_BITS, Notes, Site

TEXT_CHARS = 60


class Instrument(ast.NodeTransformer):
    """Adds the calls to the tree of one file."""

    def __init__(self, notes: Notes, file: str) -> None:
        self._notes = notes
        self._file = file
        self._scopes: list[str] = []
        self._in_function = [False]
        self._is_generator = [False]
        self._owner: list[tuple[str, str] | None] = [None]
        """The class of a method, and what it calls its object."""
        self._temporary = 0

    # ------------------------------------------------------------ scopes

    def visit_Module(self, node: ast.Module) -> ast.AST:
        node.body = self._statements(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._enter(node.name, False, None)
        node.body = self._statements(node.body)
        self._leave()
        return node

    def visit_FunctionDef(self, node: Any) -> Any:
        is_method = bool(self._scopes) and not self._in_function[-1]
        names = [*node.args.posonlyargs, *node.args.args]
        owner = (self._scope, names[0].arg) if is_method and names else None
        self._enter(node.name, True, owner)
        self._is_generator[-1] = _yields(node)
        head, body = _docstring(node.body)
        every = [*names, *node.args.kwonlyargs]
        noted = [self._note_name(arg.arg, node.lineno) for arg in every]
        end = [] if self._is_generator[-1] else [self._note_end(node)]
        node.body = [*head, *noted, *self._statements(body), *end]
        self._leave()
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast calls it so

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._enter("<lambda>", True, None)
        node.body = self.visit(node.body)
        self._leave()
        return node

    def _enter(self, name: str, is_function: bool, owner: tuple[str, str] | None) -> None:
        inside = f"{self._scope}.<locals>" if self._in_function[-1] else self._scope
        self._scopes.append(f"{inside}.{name}" if inside else name)
        self._in_function.append(is_function)
        self._is_generator.append(False)
        self._owner.append(owner)

    def _leave(self) -> None:
        for stack in (self._scopes, self._in_function, self._is_generator, self._owner):
            stack.pop()

    @property
    def _scope(self) -> str:
        return self._scopes[-1] if self._scopes else ""

    # ------------------------------------------------------------ statements

    def _statements(self, body: list[ast.stmt]) -> list[Any]:
        found: list[Any] = []
        for statement in body:
            changed = self.visit(statement)
            found += changed if isinstance(changed, list) else [changed]
        return found

    def visit_Assign(self, node: ast.Assign) -> Any:
        node.value = self.visit(node.value)
        if not self._in_function[-1]:
            return node
        field = self._field(node.targets[0]) if len(node.targets) == 1 else None
        if field is not None:
            node.value = self._noted(node.value, field)
        return [node, *self._names_in(node.targets, node.lineno)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is not None:
            node.value = self.visit(node.value)
        if not self._in_function[-1] or node.value is None:
            return node
        field = self._field(node.target)
        if field is not None:
            node.value = self._noted(node.value, field)
        return [node, *self._names_in([node.target], node.lineno)]

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        text = ast.unparse(node)
        node.value = self.visit(node.value)
        if not self._in_function[-1]:
            return node
        if isinstance(node.op, ast.Div):
            node.value = self._divided(node.value, node.lineno, text)
        target = node.target
        if isinstance(target, ast.Name):
            after: ast.expr = ast.Name(target.id, ast.Load())
            noted = self._noted(after, self._operation(node, text))
            return [node, ast.Expr(noted), self._note_name(target.id, node.lineno)]
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            after = ast.Attribute(ast.Name(target.value.id, ast.Load()), target.attr, ast.Load())
            number = self._field(target)
            if number is None:
                number = self._operation(node, text)
            return [node, ast.Expr(self._noted(after, number))]
        if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            # Both once, and in their order.
            container, place = self._fresh(), self._fresh()
            before = [
                _assign(container, self.visit(target.value)),
                _assign(place, self.visit(target.slice)),
            ]
            target.value = ast.Name(container, ast.Load())
            target.slice = ast.Name(place, ast.Load())
            arguments = [ast.Name(container, ast.Load()), ast.Name(place, ast.Load())]
            look = _call(ITEM, self._operation(node, text), *arguments)
            return [*before, node, ast.Expr(look)]
        return node

    def visit_For(self, node: Any) -> Any:
        node.iter = self.visit(node.iter)
        noted = self._names_in([node.target], node.lineno) if self._in_function[-1] else []
        node.body = [*noted, *self._statements(node.body)]
        node.orelse = self._statements(node.orelse)
        return node

    visit_AsyncFor = visit_For  # noqa: N815 - ast calls it so

    def visit_Return(self, node: ast.Return) -> ast.AST:
        value = ast.Constant(None) if node.value is None else self.visit(node.value)
        if self._is_generator[-1]:
            return node
        node.value = self._noted(value, self._returned(node.lineno))
        return node

    def _note_end(self, node: Any) -> ast.stmt:
        """Reached only by a call that returns nothing."""
        return ast.Expr(self._noted(ast.Constant(None), self._returned(node.lineno)))

    # ------------------------------------------------------------ expressions

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        text = ast.unparse(node)
        self.generic_visit(node)
        if not self._in_function[-1]:
            return node
        if isinstance(node.op, ast.Div):
            node.left = self._divided(node.left, node.lineno, text)
            node.right = self._divided(node.right, node.lineno, text)
        return self._noted(node, self._operation(node, text))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        text = ast.unparse(node)
        self.generic_visit(node)
        if not self._in_function[-1] or isinstance(node.operand, ast.Constant):
            return node
        return self._noted(node, self._operation(node, text))

    def visit_Call(self, node: ast.Call) -> Any:
        text = ast.unparse(node)
        self.generic_visit(node)
        if not self._in_function[-1]:
            return node
        return self._noted(node, self._operation(node, text))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Any:
        node.value = self.visit(node.value)
        if self._in_function[-1]:
            number = self._site("name", node.target.id, node.lineno)
            node.value = self._noted(node.value, number)
        return node

    def visit_Constant(self, node: ast.Constant) -> Any:
        if type(node.value) is int and node.value.bit_length() > WORD_BITS:
            site = Site(
                self._file, node.lineno, "constant", self._scope, "", _short(repr(node.value))
            )
            site.high = node.value
            self._notes.constants.append(site)
        return node

    # ------------------------------------------------------------ calls of ours

    def _names_in(self, targets: list[Any], line: int) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for target in targets:
            if isinstance(target, ast.Name):
                found.append(self._note_name(target.id, line))
            elif isinstance(target, (ast.Tuple, ast.List)):
                found += self._names_in(target.elts, line)
            elif isinstance(target, ast.Starred):
                found += self._names_in([target.value], line)
        return found

    def _note_name(self, name: str, line: int) -> ast.stmt:
        number = self._site("name", name, line)
        return ast.Expr(self._noted(ast.Name(name, ast.Load()), number))

    def _field(self, target: ast.expr) -> int | None:
        owner = self._owner[-1]
        if owner is None or not isinstance(target, ast.Attribute):
            return None
        if not isinstance(target.value, ast.Name) or target.value.id != owner[1]:
            return None
        text = f"{owner[1]}.{target.attr}"
        return self._notes.site(
            self._file, target.lineno, "field", owner[0], target.attr, text=text
        )

    def _site(self, kind: str, name: str, line: int) -> int:
        return self._notes.site(self._file, line, kind, self._scope, name, text=name)

    def _returned(self, line: int) -> int:
        return self._site("return", "", line)

    def _operation(self, node: Any, text: str) -> int:
        return self._notes.site(
            self._file, node.lineno, "operation", self._scope, "", text=_short(text)
        )

    def _divided(self, node: ast.expr, line: int, text: str) -> ast.expr:
        facts = (self._file, line, "operation", self._scope, "")
        return _call(DIVIDED, self._notes.site(*facts, text=_short(text)), node)

    def _noted(self, node: Any, number: int) -> ast.expr:
        return _call(VALUE, number, node)

    def _fresh(self) -> str:
        self._temporary += 1
        return f"_hotloop_{self._temporary}"


def instrumented(source: bytes, file: str, notes: Notes) -> Any:
    """The code of a file with the calls added. Raises SyntaxError as ``compile`` does."""
    tree = Instrument(notes, file).visit(ast.parse(source, file))
    ast.fix_missing_locations(tree)
    return compile(tree, file, "exec", dont_inherit=True)


def watch_imports(notes: Notes, is_users: Callable[[str], bool]) -> None:
    """From here on, each file of the user's that is imported is changed."""
    notes.install()
    loaders: Any = importlib.machinery.SourceFileLoader
    usual = loaders.get_code

    def get_code(loader: Any, fullname: str) -> Any:
        path = loader.get_filename(fullname)
        if not is_users(path):
            return usual(loader, fullname)
        return instrumented(loader.get_data(path), path, notes)

    loaders.get_code = get_code


def _call(name: str, number: int, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [ast.Constant(number), *arguments], [])


def _assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _docstring(body: list[Any]) -> tuple[list[Any], list[Any]]:
    first = body[0]
    is_one = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (body[:1], body[1:]) if is_one else ([], body)


def _yields(node: Any) -> bool:
    """Whether a function is a generator: its own yields, not those of functions inside it."""
    left = list(node.body)
    while left:
        part = left.pop()
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            left += ast.iter_child_nodes(part)
    return False


def _short(text: str) -> str:
    return shortened(text, TEXT_CHARS)

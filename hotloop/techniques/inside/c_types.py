"""C types for a file without an edit: a ``.pxd`` beside a copy, from what was watched.

A name gets a C type if it had one kind of value on the examples, if no integer was too wide on any
line where it stands, and if C computes what Python does there: not for powers, nor for shifts by a
variable. ``overflowcheck`` turns what would wrap into an OverflowError.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hotloop.techniques.inside.notes import WORD_BITS

Facts = Mapping[str, Any]

NUMBERS = {
    ("int",): "longlong",
    ("np.int64",): "longlong",
    ("int", "np.int64"): "longlong",
    ("float",): "double",
    ("np.float64",): "double",
    ("float", "np.float64"): "double",
    ("bool",): "bint",
    ("complex",): "doublecomplex",
}
CONTAINERS = ("list", "dict", "tuple", "set", "bytes", "str")
# As a .pxd spells them outside of cython.locals().
SPELLED = {"longlong": "long long", "doublecomplex": "double complex"}
MEMORY = {
    "float64": "double",
    "float32": "float",
    "int64": "long long",
    "int32": "int",
    "uint8": "unsigned char",
    "bool": "bint",
}
# What may not be in a ``cpdef`` function.
CLOSURES = (ast.Lambda, ast.GeneratorExp, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LARGEST_SHIFT = 62
PLAIN_BASES: tuple[set[str], ...] = ({"object"}, set())


class Typed:
    """The text of a ``.pxd``; how many names have a C type; functions left out, and why.

    ``classes``: those of the file that become C's. ``without``: what is to have no types.
    """

    def __init__(self, watched: Facts, classes: Mapping[str, Any], without: set[str]) -> None:
        self.watched = watched
        self.wide = {place["line"] for place in watched["wide"]}
        self.classes = classes
        self.without = without
        self.lines = ["cimport cython", ""]
        self.names = 0
        self.left_out: dict[str, str] = {}

    @property
    def text(self) -> str:
        return "\n".join(self.lines).rstrip() + "\n"


def typed(source: bytes, watched: Facts, without: Iterable[str] = ()) -> Typed:
    """C types for all functions and classes of the file that were used, but those ``without``."""
    tree = ast.parse(source)
    without = set(without)
    classes = {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name not in without and _is_plain(node, watched)
    }
    made = Typed(watched, classes, without)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in classes:
            _add_class(made, node)
        elif isinstance(node, ast.FunctionDef) and node.name in watched["functions"]:
            _add_function(made, node, node.name)
    return made


# ---------------------------------------------------------------- functions


def _add_function(made: Typed, node: ast.FunctionDef, name: str, indent: str = "") -> None:
    why = "it does not compile with types" if name in made.without else _why_not(node)
    if why is not None:
        made.left_out[name] = why
        return
    facts = made.watched["functions"].get(name)
    if facts is None:
        return
    names = _names(node, facts, made.wide, made.classes)
    signature = _signature(node, names, is_method=bool(indent))
    returns = _returned(facts, node, made.watched)
    inside = {n: t for n, t in names.items() if n not in _parameters(node)}
    if inside:
        listed = ", ".join(f"{n}={_in_locals(t)}" for n, t in sorted(inside.items()))
        made.lines.append(f"{indent}@cython.locals({listed})")
    ending = "" if not returns else " except *" if returns == "double complex" else " except? -1"
    made.lines += [
        f"{indent}cpdef {returns + ' ' if returns else ''}{node.name}({signature}){ending}",
        "",
    ]
    made.names += len(names) + bool(returns)


def _why_not(node: ast.FunctionDef) -> str | None:
    """Why a function cannot be ``cpdef``."""
    if node.decorator_list:
        return "it is decorated"
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
        return "its parameters are not plain ones"
    for part in _inside(node):
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            return "it is a generator"
        if isinstance(part, CLOSURES):
            what = {ast.Lambda: "a lambda", ast.GeneratorExp: "a generator expression"}
            return f"line {part.lineno}: {what.get(type(part), 'a function')} inside of it"
    return None


def _names(
    node: ast.FunctionDef, facts: Facts, wide: set[int], classes: Mapping[str, Any]
) -> dict[str, str]:
    """The C type of each name that may have one."""
    barred = set(_barred(node, wide))
    found = {}
    for name, known in facts["names"].items():
        kind = _c_type(known, classes)
        if kind is None and known["types"] == ["np.ndarray"]:
            kind = _memoryview(known, name, node)
        if kind is not None and name not in barred:
            found[name] = kind
    for name, default in _defaults(node).items():
        if name in found and not _suits(default, found[name]):
            del found[name]
    return found


def _c_type(known: Facts, classes: Mapping[str, Any]) -> str | None:
    kinds: tuple[str, ...] = tuple(known["types"])
    if known["bits"] > WORD_BITS:
        return None
    number = NUMBERS.get(kinds)
    if number is not None:
        return number
    if len(kinds) == 1 and (kinds[0] in CONTAINERS or kinds[0] in classes):
        return kinds[0]
    return None


def _memoryview(known: Facts, name: str, node: ast.FunctionDef) -> str | None:
    """For an array whose elements are all that is used of it."""
    if len(known["arrays"]) != 1:
        return None
    dtype, _, dimensions = known["arrays"][0].partition(" ")
    count = int(dimensions)
    if dtype not in MEMORY or not count or not _is_only_indexed(node, name, count):
        return None
    return f"{MEMORY[dtype]}[{', '.join(':' * count)}]"


def _is_only_indexed(node: ast.FunctionDef, name: str, dimensions: int) -> bool:
    allowed = 0
    for part in _inside(node):
        if isinstance(part, ast.Subscript) and _is_name(part.value, name):
            places = part.slice.elts if isinstance(part.slice, ast.Tuple) else [part.slice]
            whole = not any(isinstance(place, (ast.Slice, ast.Starred)) for place in places)
            allowed += whole and len(places) == dimensions
        elif isinstance(part, ast.Call) and _is_name(part.func, "len") and len(part.args) == 1:
            allowed += _is_name(part.args[0], name)
        elif (
            isinstance(part, ast.Subscript)
            and isinstance(part.value, ast.Attribute)
            and part.value.attr == "shape"
        ):
            allowed += _is_name(part.value.value, name)
    return allowed == sum(_is_name(part, name) for part in _inside(node))


def _is_name(part: ast.AST, name: str) -> bool:
    return isinstance(part, ast.Name) and part.id == name


def _barred(node: ast.FunctionDef, wide: set[int]) -> Iterator[str]:
    """Names for which C would not do what Python does."""
    for part in _inside(node):
        if isinstance(part, ast.Name):
            if part.lineno in wide or isinstance(part.ctx, ast.Del):
                yield part.id
        elif isinstance(part, (ast.Global, ast.Nonlocal)):
            yield from part.names
        elif isinstance(part, ast.ExceptHandler) and part.name:
            yield part.name
        elif isinstance(part, ast.alias):
            yield (part.asname or part.name).partition(".")[0]
        elif isinstance(part, ast.withitem) and part.optional_vars is not None:
            yield from _names_of(part.optional_vars)
        elif isinstance(part, (ast.BinOp, ast.AugAssign)) and _is_unlike_c(part):
            yield from _names_of(part)
        elif isinstance(part, ast.NamedExpr):
            yield from _names_of(part.target)


def _is_unlike_c(part: ast.BinOp | ast.AugAssign) -> bool:
    right = part.right if isinstance(part, ast.BinOp) else part.value
    if isinstance(part.op, ast.Pow):
        # Of floats it is the same function of the C library.
        return not (isinstance(right, ast.Constant) and isinstance(right.value, float))
    if isinstance(part.op, (ast.LShift, ast.RShift)):
        is_small = isinstance(right, ast.Constant) and right.value in range(LARGEST_SHIFT)
        return not is_small
    return False


def _names_of(part: ast.AST) -> Iterator[str]:
    for inner in ast.walk(part):
        if isinstance(inner, ast.Name):
            yield inner.id


def _parameters(node: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in node.args.args]


def _defaults(node: ast.FunctionDef) -> dict[str, ast.expr]:
    names = _parameters(node)
    return dict(zip(names[len(names) - len(node.args.defaults) :], node.args.defaults))


def _suits(default: ast.expr, kind: str) -> bool:
    value = getattr(default, "value", None)
    wanted = {"longlong": (int,), "double": (int, float), "bint": (bool,), "str": (str,)}.get(kind)
    return isinstance(default, ast.Constant) and type(value) in (wanted or ())


def _signature(node: ast.FunctionDef, names: Mapping[str, str], is_method: bool) -> str:
    parts, defaults = [], _defaults(node)
    for place, name in enumerate(_parameters(node)):
        own = is_method and place == 0
        kind = "" if own or name not in names else f"{SPELLED.get(names[name], names[name])} "
        parts.append(f"{kind}{name}{'=*' if name in defaults else ''}")
    return ", ".join(parts)


def _in_locals(kind: str) -> str:
    """As ``cython.locals`` takes it."""
    if kind.endswith("]"):
        base = kind.replace("long long", "longlong").replace("unsigned char", "uchar")
        return f"cython.{base}"
    if kind not in NUMBERS.values():
        return kind
    return f"cython.{kind}"


def _returned(facts: Facts, node: ast.FunctionDef, watched: Facts) -> str | None:
    """The C type of what it returns, if that is a number."""
    known = facts["returns"].get("")
    if known is None or known["bits"] > WORD_BITS or _is_on_a_wide_line(node.name, watched):
        return None
    kind = NUMBERS.get(tuple(known["types"]))
    return None if kind is None else SPELLED.get(kind, kind)


def _is_on_a_wide_line(name: str, watched: Facts) -> bool:
    """Whether a call of the function stands on a line whose integers are too wide."""
    return any(f"{name}(" in place["text"] for place in watched["wide"])


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """All of a function but its head."""
    for part in getattr(node, "body", []):
        yield from ast.walk(part)


# ---------------------------------------------------------------- classes


def _is_plain(node: ast.ClassDef, watched: Facts) -> bool:
    """Whether a class may become one of C: plain, and used."""
    bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
    if node.decorator_list or node.keywords or len(bases) != len(node.bases):
        return False
    if bases not in PLAIN_BASES or node.name not in watched["classes"]:
        return False
    plain = (ast.FunctionDef, ast.Expr, ast.Assign, ast.Pass)
    if not all(isinstance(part, plain) for part in node.body):
        return False
    assigned = [n for part in node.body if isinstance(part, ast.Assign) for n in _names_of(part)]
    return not set(assigned) & {"__slots__", *watched["classes"][node.name]}


def _add_class(made: Typed, node: ast.ClassDef) -> None:
    made.lines.append(f"cdef class {node.name}:")
    untyped = {
        part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and part.lineno in made.wide
    }
    for field, known in sorted(made.watched["classes"][node.name].items()):
        kind = None if field in untyped else _c_type(known, made.classes)
        # A field of another class may be None at first.
        kind = None if kind in made.classes or kind in CONTAINERS else kind
        made.lines.append(f"    cdef public {SPELLED.get(kind or '', kind) or 'object'} {field}")
        made.names += kind is not None
    made.lines.append("")
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and not part.name.startswith("__"):
            name = f"{node.name}.{part.name}"
            _add_function(made, part, name, indent="    ")

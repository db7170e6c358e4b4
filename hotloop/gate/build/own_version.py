"""Whether a project's code asks for its own version, which only an installation tells.

Where nothing is installed, both sides are told the one that the Python they run in happens to have.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from hotloop.gate.build.settings_files import of_pyproject, of_setup_cfg, of_setup_py, text
from hotloop.gate.build.wheels import canonical
from hotloop.gate.suites.pytests.checkouts import OF_TESTS
from hotloop.gate.suites.pytests.names import PYTHON, Importable

OF_PYPROJECT = ("project.version", "tool.poetry.version")
# Where a version is kept that the settings take from elsewhere.
MODULES = ("__init__.py", "__about__.py", "__version__.py", "_version.py", "version.py")
FILES = ("VERSION", "VERSION.txt", "version.txt")
ASSIGNED = re.compile(r"(?m)^(?:__version__|VERSION|version)\s*(?::[^=\n]*)?=\s*(.+)$")
# Modules that know what is installed, and their functions that tell the version.
KNOWING = frozenset({"importlib.metadata", "importlib_metadata", "pkg_resources"})
TELLING = frozenset({"version", "distribution", "metadata", "get_distribution", "require"})
OWN = "__version__"
SELF = frozenset({"__name__", "__package__"})
# What takes a version apart: Version(__version__), parse_version(__version__).
TAKES_APART = re.compile(r"(?i)version|parse")

Parents = dict[ast.AST, ast.AST]


def differs(base: tuple[Path, Importable], head: tuple[Path, Importable]) -> bool:
    """Whether the sides' folders tell different versions, in one of the usual ways."""
    return [*_told(*base)] != [*_told(*head)]


def asking(folder: Path, found: Importable, names: Iterable[str]) -> str | None:
    """A file of the project's code that may do other things where its version is another.

    ``names`` are what the project may be called. A version that is only shown, or kept as
    ``__version__`` that no code looks into, decides nothing.
    """
    own = frozenset(map(canonical, (*names, *found.names)))
    keeps, looks = False, None
    for path in _code(folder, found):
        tree = _tree(path)
        if tree is None:
            continue
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for call in _questions(tree, own):
            if not _is_shown(call, parents):
                return path.relative_to(folder).as_posix()
            keeps = True
        if looks is None and any(
            _is_looked_into(node, parents)
            for node in ast.walk(tree)
            if _is_own_version(node, found.names)
        ):
            looks = path
    return looks.relative_to(folder).as_posix() if keeps and looks is not None else None


def _told(folder: Path, found: Importable) -> Iterator[str]:
    """Whatever tells the version there."""
    yield from map(str, of_pyproject(folder, OF_PYPROJECT).values())
    yield from of_setup_cfg(folder, ["metadata.version"]).values()
    yield from (value for _, value in of_setup_py(folder, ["version"]))
    places = [folder / place for place in found.places]
    yield from (text(place / name) for place in (folder, *places) for name in FILES)
    modules = chain.from_iterable([place, *(place / name for name in MODULES)] for place in places)
    for module in modules:
        yield from ASSIGNED.findall(text(module))


def _code(folder: Path, found: Importable) -> Iterator[Path]:
    for place in found.places:
        path = folder / place
        for each in sorted(path.rglob(f"*{PYTHON}")) if path.is_dir() else [path]:
            if not OF_TESTS.intersection(each.relative_to(folder).parts):
                yield each


def _questions(tree: ast.AST, own: frozenset[str]) -> Iterator[ast.Call]:
    """Calls that ask for the version of one of ``own``."""
    modules, functions = _knowing(tree)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        function = call.func
        if isinstance(function, ast.Attribute):
            tells = function.attr in TELLING and ast.unparse(function.value) in modules
        else:
            tells = isinstance(function, ast.Name) and function.id in functions
        asked = (*call.args, *(each.value for each in call.keywords))
        if tells and asked and _is_own(asked[0], own):
            yield call


def _is_own(asked: ast.AST, own: frozenset[str]) -> bool:
    """Whether it names the project, literally or by a constant; variables have others' names."""
    if isinstance(asked, ast.Constant):
        return isinstance(asked.value, str) and canonical(asked.value) in own
    named = {each.id for each in ast.walk(asked) if isinstance(each, ast.Name)}
    return any(name in SELF or name.isupper() for name in named)


def _knowing(tree: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
    """What a file calls the modules that know what is installed, and their functions."""
    modules: set[str] = set()
    functions: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {each.asname or each.name for each in node.names if each.name in KNOWING}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for each in node.names:
                name = each.asname or each.name
                if f"{node.module}.{each.name}" in KNOWING:
                    modules.add(name)
                elif node.module in KNOWING and each.name in TELLING:
                    functions.add(name)
    return frozenset(modules), frozenset(functions)


def _is_shown(call: ast.AST, parents: Parents) -> bool:
    """Whether the answer is only put into a text, handed on as a version, or kept as one."""
    functions = (each.name for each in _above(call, parents) if isinstance(each, ast.FunctionDef))
    if "__getattr__" in functions:
        # Of a module, which is asked for its ``__version__``.
        return True
    node = call
    while isinstance(parents[node], ast.Attribute | ast.IfExp | ast.BoolOp):
        node = parents[node]
    parent = parents[node]
    if isinstance(parent, ast.Assign | ast.AnnAssign):
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        return all(isinstance(each, ast.Name) and each.id == OWN for each in targets)
    if isinstance(parent, ast.keyword):
        return parent.arg == "version"
    return isinstance(parent, ast.FormattedValue | ast.BinOp)


def _is_own_version(node: ast.AST, modules: frozenset[str]) -> bool:
    if isinstance(node, ast.Attribute) and node.attr == OWN:
        return isinstance(node.value, ast.Name) and node.value.id in modules
    return isinstance(node, ast.Name) and node.id == OWN and isinstance(node.ctx, ast.Load)


def _is_looked_into(node: ast.AST, parents: Parents) -> bool:
    """Whether a version is compared or taken apart."""
    parent = parents[node]
    if isinstance(parent, ast.Call) and node in parent.args:
        return TAKES_APART.search(ast.unparse(parent.func)) is not None
    return isinstance(parent, ast.Compare | ast.Attribute | ast.Subscript)


def _above(node: ast.AST, parents: Parents) -> Iterator[ast.AST]:
    while node in parents:
        node = parents[node]
        yield node


def _tree(path: Path) -> ast.Module | None:
    """What a file says, if it may ask for a version or look into one."""
    content = text(path)
    if not any(word in content for word in (OWN, "metadata", "pkg_resources")):
        return None
    try:
        return ast.parse(content)
    except (SyntaxError, ValueError):
        return None

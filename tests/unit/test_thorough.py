"""``make test`` leaves out thorough tests: what each of them tries, another one tries as well."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
FILES = sorted(TESTS.rglob("test_*.py"))


def marks(node: ast.AST) -> Iterator[ast.expr]:
    """Each ``pytest.mark.thorough`` in ``node``, with its call where it is called."""
    called = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and _is_thorough(each.func):
            called.add(each.func)
            yield each
        elif isinstance(each, ast.expr) and _is_thorough(each) and each not in called:
            yield each


def _is_thorough(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "thorough"


def written(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Tests of a file, also those of its classes."""
    of_classes = [
        inner for each in tree.body if isinstance(each, ast.ClassDef) for inner in each.body
    ]
    for node in (*tree.body, *of_classes):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield node


@functools.cache
def always_run(tree: ast.Module) -> set[str]:
    """The tests of a file of which ``make test`` runs at least some parameters."""
    if any(_is_mark_of_all(node) for node in tree.body):
        return set()
    return {
        test.name
        for test in written(tree)
        if not any(_is_thorough(getattr(mark, "func", mark)) for mark in test.decorator_list)
    }


def _is_mark_of_all(node: ast.stmt) -> bool:
    names = node.targets if isinstance(node, ast.Assign) else ()
    is_marks = any(isinstance(name, ast.Name) and name.id == "pytestmark" for name in names)
    return is_marks and any(True for _ in marks(node))


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_each_thorough_test_names_tests_that_always_run() -> None:
    wrong = []
    for path in FILES:
        if path == Path(__file__) or ".thorough" not in path.read_text(encoding="utf-8"):
            continue
        for mark in marks(parsed(path)):
            where = f"{path.relative_to(TESTS)}:{mark.lineno}"
            named = mark.args if isinstance(mark, ast.Call) else []
            wrong += [f"{where} names no test"] if not named else []
            for name in named:
                text = ast.literal_eval(name)
                file, _, test = text.rpartition("::")
                other = TESTS / file if file else path
                if not other.is_file() or test not in always_run(parsed(other)):
                    wrong.append(f"{where}: {text} does not always run")
    assert not wrong


def test_a_thorough_test_is_known_however_it_is_marked() -> None:
    tree = ast.parse(
        "@pytest.mark.thorough('test_b')\n"
        "def test_a(): ...\n"
        "again = pytest.mark.thorough('test_b')\n"
        "@pytest.mark.parametrize('x', [1, pytest.param(2, marks=again)])\n"
        "def test_b(): ...\n"
        "@pytest.mark.thorough\n"
        "def test_c(): ...\n"
    )
    assert always_run(tree) == {"test_b"}
    assert [len(getattr(mark, "args", ())) for mark in marks(tree)] == [1, 1, 0]
    assert (
        always_run(ast.parse("pytestmark = pytest.mark.thorough('x')\ndef test_a(): ...")) == set()
    )

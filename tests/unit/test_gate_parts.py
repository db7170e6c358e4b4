"""Parts of a file: named, compared, put into each other's place."""

import textwrap
from types import CodeType
from typing import Any

import pytest

from hotloop.gate.worker.parts import (
    NoExchange,
    exchanged,
    instructions_of,
    lines_of,
    parts_of,
    places_in,
    prints_of,
)

FILE = "tiny.py"


def compiled(source: str) -> CodeType:
    module: CodeType = compile(textwrap.dedent(source), FILE, "exec")
    return module


def prints(source: str) -> dict[str, str]:
    return prints_of(textwrap.dedent(source).encode(), FILE)


def run(module: CodeType) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "tiny"}
    exec(module, names)
    return names


BASE = """
    FACTOR = 2
    class Sums:
        def add(self, a, b):
            return a + b
        @property
        def size(self):
            return 1
        @size.setter
        def size(self, value):
            self.own = value
    def twice(a):
        def inner(b):
            return b
        return [inner(x) for x in a] + list(map(lambda x: x + 1, a))
"""


def test_parts_have_the_paths_that_people_write() -> None:
    assert list(parts_of(compiled(BASE))) == [
        "<module>",
        "Sums",
        "Sums.add",
        "Sums.size",
        "Sums.size~2",
        "twice",
        "twice.inner",
    ]


def test_what_has_no_name_belongs_to_what_it_stands_in() -> None:
    places = places_in(compiled(BASE))
    assert places["<lambda>", 15] == "twice.<lambda>"
    assert places["inner", 13] == "twice.inner"


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (("return a + b", '"""Adds."""\n            return a + b'), set()),
        (("return a + b", "# Adds.\n            return a + b"), set()),
        (("return a + b", "return b + a"), {"Sums.add"}),
        (("FACTOR = 2", "FACTOR = 2.0"), {"<module>"}),
        (("x + 1", "x + 2"), {"twice"}),
        (("return b\n", "return -b\n"), {"twice.inner"}),
        (("self.own = value", "self.own = [value]"), {"Sums.size~2"}),
        (("def add(self, a, b)", "def add(self, a, c)"), {"Sums.add"}),
    ],
)
def test_only_the_part_that_does_something_else_differs(
    change: tuple[str, str], differs: set[str]
) -> None:
    base, head = prints(BASE), prints(BASE.replace(*change))
    assert {path for path in base if base[path] != head.get(path)} == differs


def test_a_part_is_put_in_with_what_is_nested_in_the_module_left_alone() -> None:
    base = compiled("def run(a):\n    def inner(): return 1\n    return [inner(), a]\n")
    head = compiled("def run(a):\n    def inner(): return 2\n    return (inner(), a, a)\n")
    assert run(exchanged(head, "run", base, "run"))["run"](7) == [2, 7]
    assert run(exchanged(head, "run.inner", base, "run.inner"))["run"](7) == (1, 7, 7)


def test_the_top_level_is_put_in_with_the_functions_left_alone() -> None:
    base = compiled("A = 1\ndef run(): return A\n")
    head = compiled("A = 2\ndef run(): return -A\n")
    assert run(exchanged(head, "<module>", base, "<module>"))["run"]() == -1


def test_a_renamed_function_is_put_in_under_its_new_name() -> None:
    base = compiled("def old(a): return a\n")
    head = compiled("def new(a): return a + 1\n")
    assert run(exchanged(head, "new", base, "old"))["new"](1) == 1


@pytest.mark.parametrize(
    ("base", "head", "why"),
    [
        ("def f(): return 1", "def g(): return 1", "only one side"),
        ("def f(a): return 1", "def f(a, b=2): return 1", "arguments"),
        ("def f(*a): return 1", "def f(**a): return 1", "arguments"),
    ],
)
def test_what_does_not_fit_is_refused(base: str, head: str, why: str) -> None:
    with pytest.raises(NoExchange, match=why):
        exchanged(compiled(head), "f", compiled(base), "f")


def test_a_function_that_uses_other_variables_around_it_is_refused() -> None:
    base = compiled("def f(a):\n    def g(): return a\n    return g()\n")
    head = compiled("def f(a):\n    b = a\n    def g(): return b\n    return g()\n")
    with pytest.raises(NoExchange, match="variables"):
        exchanged(head, "f.g", base, "f.g")


def test_lines_go_to_the_end_of_what_is_nested() -> None:
    parts = parts_of(compiled(BASE))
    assert lines_of(parts["twice"]) == (12, 15)
    assert lines_of(parts["Sums.add"]) == (4, 5)


def test_steps_tell_what_is_done() -> None:
    steps = instructions_of(parts_of(compiled(BASE))["Sums.add"])
    assert any("a" in step for step in steps)
    assert steps == instructions_of(
        parts_of(compiled("\n\n\n" + textwrap.dedent(BASE)))["Sums.add"]
    )

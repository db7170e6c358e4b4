"""Commits of public libraries that changed speed, each with a test written from its message."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commit:
    """A ``commit`` of ``owner``/``name`` on GitHub; ``says``: its authors; ``test``: times it."""

    owner: str
    name: str
    commit: str
    says: str
    test: str


STATEMENT = """
import sqlparse
COLUMNS = ", ".join(f"a{n}, (b{n} + 1) as c{n}" for n in range(30))
STATEMENT = f"select {COLUMNS} from t where x = 1"
"""

COMMITS: Mapping[str, Commit] = {
    "sqlparse-imt": Commit(
        "andialbrecht",
        "sqlparse",
        "012c9f1",
        "Optimize sqlparse.utils.imt().",
        STATEMENT + "def test_speed(benchmark):\n    benchmark(sqlparse.parse, STATEMENT)\n",
    ),
    "sqlparse-reindent": Commit(
        "andialbrecht",
        "sqlparse",
        "ea1abd7",
        "perf: make ReindentFilter._get_offset linear in tokens instead of quadratic",
        STATEMENT
        + "def test_speed(benchmark):\n    benchmark(sqlparse.format, STATEMENT, reindent=True)\n",
    ),
    "tomli-strings": Commit(
        "hukkin",
        "tomli",
        "716b682",
        "Speed up string parsing (#28)",
        """
import tomli
TEXT = "".join(f'key{n} = "a text of some length, {n}"\\n' for n in range(40))
def test_speed(benchmark):
    benchmark(tomli.loads, TEXT)
""",
    ),
    "tomli-state": Commit(
        "hukkin",
        "tomli",
        "1852743",
        "Move `src` and `pos` out of `State` for ~10% performance boost (#46)",
        """
import tomli
TEXT = "".join(f'[t{n}]\\na = {n}\\nb = [1, 2, "three"]\\nc = "text"\\n' for n in range(20))
def test_speed(benchmark):
    benchmark(tomli.loads, TEXT)
""",
    ),
    "packaging-simple": Commit(
        "pypa",
        "packaging",
        "ee13ba2c",
        "perf: add fast path for parsing simple versions (digits and dots only) (#1082)",
        """
from packaging.version import Version
TEXTS = [f"{n % 7}.{n}.{n % 3}" for n in range(100)]
def test_speed(benchmark):
    benchmark(lambda: [str(Version(text)) for text in TEXTS])
""",
    ),
    "packaging-names": Commit(
        "pypa",
        "packaging",
        "3803ce34",
        "perf: translate for canonicalize_name (#1030)",
        """
from packaging.utils import canonicalize_name
NAMES = [f"Some.Project_{n}" for n in range(100)]
def test_speed(benchmark):
    benchmark(lambda: [canonicalize_name(name) for name in NAMES])
""",
    ),
    "packaging-keys": Commit(
        "pypa",
        "packaging",
        "f2bbd4f5",
        "perf: Overhaul `_cmpkey` to remove use of custom objects (#1116)",
        """
from packaging.version import Version
TEXTS = [f"{n % 7}.{n}{('', 'rc1', '.post2', '.dev3')[n % 4]}" for n in range(60)]
def test_speed(benchmark):
    benchmark(lambda: [str(each) for each in sorted(map(Version, TEXTS))])
""",
    ),
    "markdown-it-text": Commit(
        "executablebooks",
        "markdown-it-py",
        "c5161b5",
        'Improve performance of "text" inline rule (#347)',
        """
from markdown_it import MarkdownIt
TEXT = "\\n\\n".join("Some words that go on for a while, *and* then `end`." for _ in range(15))
def test_speed(benchmark):
    benchmark(MarkdownIt("commonmark").render, TEXT)
""",
    ),
    "more-itertools-dft": Commit(
        "more-itertools",
        "more-itertools",
        "8726eb0",
        "Speed-up _complex_sumprod",
        """
from more_itertools import dft
VALUES = [complex(n % 5, n % 3) for n in range(24)]
def test_speed(benchmark):
    benchmark(lambda: list(dft(VALUES)))
""",
    ),
    "html5lib-attributes": Commit(
        "html5lib",
        "html5lib-python",
        "b2e4802",
        "Speedup setting attributes on etree implementations",
        """
import html5lib
TEXT = "<p>" + "".join(f'<a href="{n}" class="c" id="i{n}">x</a>' for n in range(30))
def test_speed(benchmark):
    benchmark(lambda: str(html5lib.parse(TEXT)))
""",
    ),
    "rich-cells": Commit(
        "Textualize",
        "rich",
        "46150cdb",
        "sum and map is faster",
        """
from rich.cells import cell_len
LONG = "some words, " * 60
def test_speed(benchmark):
    benchmark(cell_len, LONG)
""",
    ),
    "pyparsing-flatten": Commit(
        "pyparsing",
        "pyparsing",
        "7fbbcbd",
        "Revert transform_string perf penalty in _flatten (introduced in 3.2.0b2)",
        """
import pyparsing
WORD = pyparsing.Word(pyparsing.nums).add_parse_action(lambda found: f"<{found[0]}>")
TEXT = "a 1 b 22 c 333 " * 10
def test_speed(benchmark):
    benchmark(WORD.transform_string, TEXT)
""",
    ),
    "mistune-labels": Commit(
        "lepture",
        "mistune",
        "e001d51",
        "perf: improve link label parsing performance",
        """
import mistune
TEXT = "[" * 60 + "text" + "]" * 60
def test_speed(benchmark):
    benchmark(mistune.create_markdown(), TEXT)
""",
    ),
}

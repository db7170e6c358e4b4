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
ATTRIBUTES = " ".join(f'a{n}="{n}"' for n in range(30))
TEXT = "<p>" + f"<a {ATTRIBUTES}>x</a>" * 10
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
    "packaging-environment": Commit(
        "pypa",
        "packaging",
        "cf100d20",
        "perf(markers): cache the default environment (#1250)",
        """
from packaging.markers import Marker
MARKERS = [Marker(f'python_version >= "3.{n}" and os_name == "posix"') for n in range(20)]
def test_speed(benchmark):
    benchmark(lambda: [each.evaluate() for each in MARKERS])
""",
    ),
    "packaging-comparison": Commit(
        "pypa",
        "packaging",
        "659955c8",
        "perf: add fast path for `Version` to `Version` comparison by skipping `_key` property "
        "(#1083)",
        """
from packaging.version import Version
VERSIONS = [Version(f"{n * 7 % 13}.{n}") for n in range(100)]
def test_speed(benchmark):
    benchmark(lambda: [str(each) for each in sorted(VERSIONS)])
""",
    ),
    "packaging-hash": Commit(
        "pypa",
        "packaging",
        "1676a10c",
        "perf: Cache `Version` hash value in dedicated slot (#1118)",
        """
from packaging.version import Version
VERSIONS = [Version(f"{n * 7 % 13}.{n}rc1") for n in range(100)]
def test_speed(benchmark):
    benchmark(lambda: len({*VERSIONS}))
""",
    ),
    "packaging-wildcards": Commit(
        "pypa",
        "packaging",
        "e3af78f1",
        "perf: Speed up wildcard comparison (#1111)",
        """
from packaging.specifiers import SpecifierSet
from packaging.version import Version
VERSIONS = [Version(f"3.{n}.1") for n in range(60)]
SPECIFIERS = SpecifierSet("==3.*,!=3.9.*")
def test_speed(benchmark):
    benchmark(lambda: [str(each) for each in SPECIFIERS.filter(VERSIONS)])
""",
    ),
    "more-itertools-permutation": Commit(
        "more-itertools",
        "more-itertools",
        "237388c",
        "Simplify and speed up nth_permutation",
        """
from more_itertools import nth_permutation
def test_speed(benchmark):
    benchmark(lambda: [nth_permutation(range(60), 3, n * 997) for n in range(40)])
""",
    ),
    "more-itertools-chunks": Commit(
        "more-itertools",
        "more-itertools",
        "3f43b98",
        "Simpler faster `ichunked`",
        """
from more_itertools import ichunked
def test_speed(benchmark):
    benchmark(lambda: [sum(chunk) for chunk in ichunked(range(400), 5)])
""",
    ),
    "pyparsing-names": Commit(
        "pyparsing",
        "pyparsing",
        "9671184",
        "Optimized ParseResults.__setitem__ to avoid creating new toklist list",
        """
import pyparsing
WORDS = pyparsing.OneOrMore(pyparsing.Word(pyparsing.alphas)("word*"))
TEXT = "some words " * 60
def test_speed(benchmark):
    benchmark(lambda: WORDS.parse_string(TEXT).as_list())
""",
    ),
}

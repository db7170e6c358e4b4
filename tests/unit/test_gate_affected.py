"""The decision alone: what was seen on both sides and what changed, and is it touched?"""

from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.gate.affected.changes import compiled_sources, written
from hotloop.gate.affected.decide import Change, Shared, Sight, touched_by
from hotloop.gate.build.differences import SETTINGS, Differences
from hotloop.gate.model import Contender, Proof, Revision, Side
from hotloop.gate.source import project
from hotloop.gate.source.git import Git
from hotloop.gate.source.revisions import Source
from hotloop.gate.worker.fingerprints import fingerprints_of_source
from tests import tiny_project

CORE = "{env}/lib/python3.11/site-packages/tiny/core.py"
ONE, TWO = frozenset({"1"}), frozenset({"2"})
CODE: dict[str, dict[str, frozenset[str]]] = {
    CORE: {"f": ONE},
    "/suite/speed.py": {"time_f": ONE},
}
SIGHT = Sight(
    code=CODE,
    files={"{env}/data.txt": "1", "/suite/numbers.txt": ""},
    compiled={"{env}/lib/python3.11/site-packages/tiny/fast.so": "1"},
    python="3.11",
)
SAME = Change()


def test_equal_sights_are_untouched() -> None:
    assert touched_by(SIGHT, replace(SIGHT), SAME) is None


@pytest.mark.parametrize(
    ("head", "change", "reason"),
    [
        (replace(SIGHT, code=CODE | {CORE: {"f": TWO}}), SAME, "f of tiny/core.py differs"),
        (
            replace(SIGHT, code=CODE | {CORE: {"f": ONE | TWO}}),
            SAME,
            "f of tiny/core.py differs",
        ),
        (
            replace(SIGHT, code=CODE | {CORE: {"f": ONE, "<module>": ONE}}),
            SAME,
            "the top level of tiny/core.py runs at head only",
        ),
        (replace(SIGHT, code={}), SAME, "time_f of /suite/speed.py runs at base only"),
        (replace(SIGHT, files={}), SAME, "it reads /suite/numbers.txt, which differs"),
        (
            replace(SIGHT, compiled={}),
            SAME,
            "it loads tiny/fast.so, which differs",
        ),
        (replace(SIGHT, unseen=("x",)), SAME, "not all of it can be traced: x"),
        (replace(SIGHT, python="3.12"), SAME, "it runs on another Python"),
        ("it hangs", SAME, "it was not traced at head: it hangs"),
        (SIGHT, Change(everything="setup.py differs"), "setup.py differs"),
        (
            SIGHT,
            Change(shared={"/suite/speed.py": Shared("benchmarks/speed.py", {"time_f": TWO})}),
            "time_f of benchmarks/speed.py differs",
        ),
        (
            SIGHT,
            Change(shared={"/suite/numbers.txt": Shared("benchmarks/numbers.txt")}),
            "it reads benchmarks/numbers.txt, which differs",
        ),
        (
            SIGHT,
            Change(sources=("src/fast.c",), own=("tiny/", "tiny.")),
            "it loads what is compiled, perhaps from src/fast.c, which differs",
        ),
        (
            replace(SIGHT, seeks=True),
            Change(modules=("tiny/new.py",)),
            "it looks for modules, and only one side has tiny/new.py",
        ),
    ],
)
def test_whatever_differs_touches(head: Sight | str, change: Change, reason: str) -> None:
    assert touched_by(SIGHT, head, change) == reason


@pytest.mark.parametrize(
    "change",
    [
        Change(shared={"/suite/speed.py": Shared("benchmarks/speed.py", {"time_f": ONE | TWO})}),
        Change(shared={"/suite/other.py": Shared("benchmarks/other.py")}),
        Change(sources=("src/fast.c",), own=("giant/", "giant.")),
        Change(modules=("tiny/new.py",)),
    ],
)
def test_a_change_elsewhere_does_not_touch(change: Change) -> None:
    assert touched_by(SIGHT, SIGHT, change) is None


def test_what_was_seen_in_parts_is_seen_together() -> None:
    more = Sight(code={CORE: {"f": TWO, "g": ONE}}, unseen=("x",), seeks=True)
    both = SIGHT | more
    assert both.code == CODE | {CORE: {"f": ONE | TWO, "g": ONE}}
    assert (both.files, both.unseen, both.seeks, both.python) == (SIGHT.files, ("x",), True, "3.11")
    assert SIGHT | Sight() == SIGHT


@pytest.mark.parametrize(
    "path",
    [
        "pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in", "asv.conf.json", "uv.lock",
        "poetry.lock", "requirements.txt", "ci/requirements-test.txt", "requirements/dev.txt",
        "environment.yml", "constraints.txt", "CMakeLists.txt", "src/meson.build", "Cargo.toml",
        "rust/Cargo.lock", "build.rs", "Makefile", ".gitmodules", "sub/pyproject.toml",
        "cmake/find.cmake", "conda-lock.yml", "pylock.toml", "Pipfile", "setup_helpers.py",
    ],
)  # fmt: skip
def test_settings_of_a_build_are_known(path: str) -> None:
    assert SETTINGS.search(path)


@pytest.mark.parametrize(
    "path",
    ["README.md", "tiny/setup/__init__.py", "tiny/core.py", "tests/test_setup.py", "docs/conf.py",
     "tiny/builder.py", "CHANGELOG.rst", "docs/requirements.md"],
)  # fmt: skip
def test_other_files_are_no_settings(path: str) -> None:
    assert not SETTINGS.search(path)


def prints(source: str) -> dict[str, list[str]]:
    return fingerprints_of_source(source.encode(), "<test>")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "# why\n\n\nx  =  (1)"),
        ("def f():\n    return 1", "def f():\n    # why\n    return 1\n"),
        ("x = {'a', 'b', 'c'} | {1}\nif 'a' in {'a', 'b', 'c'}: pass",) * 2,
    ],
)
def test_equal_code_has_equal_fingerprints(one: str, other: str) -> None:
    assert prints(one) == prints(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 0.0", "x = -0.0"),
        ("x = (1,)", "x = (True,)"),
        ("x = 'a'", "x = b'a'"),
        ("x = 1", "y = 1"),
        ("def f(a): pass", "def f(b): pass"),
        ("def f(a): pass", "def f(*a): pass"),
        ("def f(a): pass", "def f(a, /): pass"),
        ("def f(): pass", "async def f(): pass"),
        ("def f():\n    return n", "def f():\n    return n\n    n = 1"),
        ("def f(n):\n    if n: pass", "def f(n):\n    if n: yield"),
        ("def f(n=1): pass", "def f(n=2): pass"),
        ("def f(*, n=1): pass", "def f(*, n=2): pass"),
        ("def f(n: int): pass", "def f(n: float): pass"),
        ("def f(): pass", "@g\ndef f(): pass"),
        ("@g(1)\ndef f(): pass", "@g(2)\ndef f(): pass"),
        ("class A:\n    n = 1", "class A:\n    n = 2"),
        ("class A: pass", "class A:\n    __slots__ = ()"),
        ("try: f()\nexcept A: pass", "try: f()\nexcept B: pass"),
        ("try:\n    f()\n    g()\nexcept A: pass", "f()\ntry:\n    g()\nexcept A: pass"),
        ("f = lambda: 1", "f = lambda: 2"),
        ("f = lambda: 1, lambda: 2", "f = lambda: 2, lambda: 1"),
    ],
)
def test_other_code_has_other_fingerprints(one: str, other: str) -> None:
    assert prints(one) != prints(other)


def test_the_body_of_a_function_is_not_a_part_of_its_module_but_its_words_are() -> None:
    one = prints("def f():\n    'words'\n    return 1\n")
    assert one["<module>"][0] == prints("def f():\n    'words'\n    return 2\n")["<module>"][0]
    assert one["<module>"][0] != prints("def f():\n    'others'\n    return 1\n")["<module>"][0]
    # Whoever reads code reads all of it.
    assert one["<module>"][1] != prints("def f():\n    'words'\n    return 2\n")["<module>"][1]


def differences_in(folder: Path, base: dict[str, str], head: dict[str, str]) -> Differences:
    """Of two commits with these files (path -> a hash of its contents)."""
    tiny = project.load(tiny_project.configure(folder))
    source = Source(Git(folder), None, None, (), "")
    return Differences(tiny, source, ("1" * 40, "2" * 40), (base, head))


def built(folder: Path, side: Side, proof: Proof) -> Contender:
    return Contender(side, Revision("0" * 40, "x", "y"), "env", folder, folder, proof=proof)


def test_sources_count_only_where_all_that_is_compiled_is_the_same(tmp_path: Path) -> None:
    base, head = (
        built(tmp_path, side, Proof(compiled={"tiny/same.so": "1", "tiny/other.so": side.value}))
        for side in Side
    )
    differences = differences_in(
        tmp_path, {"src/fast.c": "1", "a.py": "1"}, {"src/fast.c": "2", "a.py": "2"}
    )
    assert compiled_sources(differences, base, head) == ()
    assert compiled_sources(differences, base, base) == ("src/fast.c",)


@pytest.mark.parametrize(
    ("file", "at_head", "is_a_version"),
    [
        ("_version.py", "version = '1.0'\n", True),
        ("_version.py", "version = '1.0'\ndef f(): pass\n", False),
        ("_version.py", "version = str(1)\n", False),
        ("_version.py", "name = '1.0'\n", False),
        ("core.py", "version = '1.0'\n", False),
    ],
)
def test_a_file_with_a_version_is_no_change_unless_it_does_anything_else(
    tmp_path: Path, file: str, at_head: str, is_a_version: bool
) -> None:
    sides = []
    for side, content in zip(Side, ("version = '1.0.dev1'\n", at_head), strict=True):
        tiny_project.write(tmp_path / side.value, {f"tiny/{file}": content})
        roots = (str(tmp_path / side.value),)
        sides.append(built(tmp_path, side, Proof(roots=roots, sources={f"tiny/{file}": content})))
    found = written(differences_in(tmp_path, {}, {}), *sides)
    assert (f"tiny/{file}" in found) is is_a_version

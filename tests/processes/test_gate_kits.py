"""Kinds of libraries, linked anew: functions of both sides are where they were, or it is said."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from hotloop.gate.build import elf, kits, stand_ins
from hotloop.gate.build.kits import Pair
from hotloop.gate.build.placing import NotPlaceable
from tests.parameters import marked

pytestmark = pytest.mark.timeout(300)

UNUSED = "long unused(long a) { return a * 5 + a / 7; }\n"
HOT = """
static __attribute__((noinline)) long third(long a) { return a / 3; }
__attribute__((noinline)) long hot(long a) { return a > 90 ? third(a) : a * 2; }
"""
MAIN = "long hot(long);\nlong answer(long a) { return hot(a) + 2; }\n"
OTHER = "static __attribute__((noinline)) long third(long a) { return a * 9; }\n"
PLUS = OTHER + "long more(long a) { return third(a); }\n"
ASSEMBLED = """.text
.globl {0}
.type {0},@function
{0}: lea (%rdi,%rdi), %rax
 ret
.size {0},.-{0}
"""
CALLED = "long twice(long);\nlong answer(long a) { return twice(a) + 2; }\n"
TABLE = """
struct entry { long value; };
static struct entry one __attribute__((section("entries"), used)) = { 12 };
static struct entry two __attribute__((section("entries"), used)) = { 30 };
extern struct entry __start_entries[], __stop_entries[];
static long made;
__attribute__((constructor)) static void begin(void) { made = -20; }
__attribute__((hot)) long answer(long a)
{ for (struct entry *e = __start_entries; e < __stop_entries; e++) a += e->value; return a + made; }
"""
# Called by another function, in a library of more.
LISTED = TABLE.replace("long answer", "long listed")
CPP = """
#include <exception>
static thread_local long counted = 3;
struct Negative : std::exception {};
template <class T> struct Pair { T first, second; Pair(T a, T b) : first(a), second(b) {}
  __attribute__((noinline)) ~Pair() { counted = 0; } };
struct Base { virtual long of(long a) { return a; } virtual ~Base() {} };
struct Derived : Base { long of(long a) override
{ if (a < 0) throw Negative(); return a; } };
template <class T> __attribute__((noinline)) T doubled(T a) { return a * 2; }
static Pair<long> made(1, 2);
extern "C" long listed(long);
extern "C" long answer(long a)
{ Derived d; Base *b = &d; try { b->of(-a); } catch (const std::exception &) { a += counted; }
  return listed(doubled(a)) + made.second - 28; }
"""


def built(folder: Path, files: Mapping[str, str], command: str) -> kits.Link:
    """How the build that is gone now linked ``made.so``."""
    source, kit = folder / "source", folder / "kit"
    source.mkdir(parents=True)
    variables = os.environ | stand_ins.prepare(kit, os.environ)
    for name, text in files.items():
        (source / name).write_text(text)
    subprocess.run(command, shell=True, cwd=source, env=variables, check=True)
    (link,) = kits.linked(kit, [("made.so", (source / "made.so").read_bytes())]).values()
    source.rename(folder / "gone")
    return link


def pair(folder: Path, base: Mapping[str, str], head: Mapping[str, str], command: str) -> Pair:
    return Pair.of(built(folder / "base", base, command), built(folder / "head", head, command))


def answers(library: Path) -> int:
    script = "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).answer(20))"
    command = [sys.executable, "-I", "-S", "-c", script, str(library)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


C = "cc -O2 -fPIC -shared"
ARCHIVE = {"main.c": MAIN, "hot.c": HOT}
OBJECT = "cc -O2 -fPIC -c"
# Alone in a library, in the thorough tests; those of ``KINDS`` have each of them too.
ALONE = {
    "archive": (ARCHIVE, f"cc -O2 -fPIC -c hot.c; ar rcs libhot.a hot.o; {C} main.c -L. -lhot"),
    "thin archive": (
        ARCHIVE,
        f"cc -O2 -fPIC -c hot.c; ar rcsT libhot.a hot.o; {C} main.c libhot.a",
    ),
    "members called alike": (
        ARCHIVE | {"more.c": PLUS},
        "mkdir a b; cc -O2 -fPIC -c more.c -o a/x.o; cc -O2 -fPIC -c hot.c -o b/x.o;"
        "ar qc libhot.a a/x.o b/x.o;"
        f"{C} main.c -Wl,--whole-archive libhot.a -Wl,--no-whole-archive",
    ),
    "sibling": (
        {"main.c": MAIN, "other.c": "long more(long a) { return a; }\n", "hot.c": HOT},
        f"{C} other.c -o libother.so -Wl,-soname,libother.so;"
        f"{C} main.c hot.c -Wl,--as-needed libother.so -L. -lother",
    ),
    "name of an object": (
        ARCHIVE,
        f"cc -O2 -fPIC -c hot.c -o hot.source.o; {C} main.c hot.source.o",
    ),
    "versions": (
        ARCHIVE | {"names": "V1 { global: answer; local: *; };"},
        f"{C} main.c hot.c -Wl,--version-script=names -Wl,-z,now",
    ),
    "table": ({"hot.c": TABLE}, f"{C} hot.c"),
    "packed relocations": (ARCHIVE, f"{C} main.c hot.c -Wl,-z,pack-relative-relocs"),
}
KINDS = {
    "together": (
        {
            **ALONE["members called alike"][0],
            **ALONE["versions"][0],
            "other.c": "long another(long a) { return a; }\n",
            "thin.c": "long thin(long a) { return a - 3; }\n",
        },
        f"mkdir a b; {OBJECT} more.c -o a/x.o; {OBJECT} hot.c -o b/x.o; ar qc libhot.a a/x.o b/x.o;"
        f"{OBJECT} thin.c; ar rcsT libthin.a thin.o; {OBJECT} main.c -o main.source.o;"
        f"{C} other.c -o libother.so -Wl,-soname,libother.so;"
        f"{C} main.source.o -L. -Wl,--whole-archive -lhot libthin.a -Wl,--no-whole-archive"
        " -Wl,--as-needed libother.so -lother"
        " -Wl,--version-script=names -Wl,-z,now -Wl,-z,pack-relative-relocs",
    ),
    "stripped": (ARCHIVE, f"{C} main.c hot.c -s -Wl,--gc-sections"),
    "C++ and a table": (
        {"hot.cc": CPP, "table.c": LISTED},
        f"{OBJECT} table.c; c++ -O1 -fPIC -shared hot.cc table.o",
    ),
}


again = pytest.mark.thorough("test_functions_of_both_sides_are_at_the_same_addresses")


@pytest.mark.parametrize("kind", [*KINDS, *marked(again, *ALONE)])
def test_functions_of_both_sides_are_at_the_same_addresses(tmp_path: Path, kind: str) -> None:
    files, command = (KINDS | ALONE)[kind]
    changed = {
        name: (UNUSED if name == "hot.c" else f'extern "C" {UNUSED}') + text
        for name, text in files.items()
        if name in ("hot.c", "hot.cc")
    }
    made = pair(tmp_path, files, files | changed, f"{command} -o made.so")
    assert made.doubt is None
    seen = set()
    for seed in (1, 2):
        contents = made.make(seed, tmp_path)
        here, there = map(elf.functions, contents)
        assert "answer" in here
        assert {name: here[name] for name in here} == {name: there[name] for name in here}
        if "--gc-sections" not in command and "--version-script" not in command:
            assert "unused" in there
        seen.add(tuple(here["answer"]))
        for content in contents:
            (tmp_path / "made.so").write_bytes(content)
            assert answers(tmp_path / "made.so") == 42
    assert len(seen) == 2


def test_static_functions_of_one_name_are_known_by_their_content(tmp_path: Path) -> None:
    files = {"more.c": PLUS, "hot.c": HOT, "main.c": MAIN}
    changed = files | {"more.c": PLUS.replace("third", "another")}
    made = pair(tmp_path, files, changed, f"{C} more.c hot.c main.c -o made.so")
    base, head = map(elf.functions, made.make(1, tmp_path))
    assert head["third"][0] in base["third"]
    assert head["hot"] == base["hot"]


def test_functions_that_cannot_be_moved_apart_are_named(tmp_path: Path) -> None:
    files = {"hot.s": ASSEMBLED.format("twice"), "main.c": CALLED}
    changed = files | {"hot.s": ASSEMBLED.format("first") + ASSEMBLED.format("twice")}
    made = pair(tmp_path, files, changed, f"{C} main.c hot.s -o made.so")
    assert made.doubt is not None
    assert made.doubt.endswith(": twice")


def test_a_library_that_is_linked_by_a_script_of_its_own_is_refused(tmp_path: Path) -> None:
    command = (
        "ld --verbose -shared | sed '1,/^===/d;/^===/,$d' > own.ld;"
        f"{C} main.c hot.c -o made.so -Wl,-T,own.ld"
    )
    link = built(tmp_path, ARCHIVE, command)
    with pytest.raises(NotPlaceable, match="a script of its own"):
        Pair.of(link, link)


def test_a_link_that_loses_a_part_is_refused(tmp_path: Path) -> None:
    """The table that a library walks through would be shorter, and nobody would see it."""
    whole = built(tmp_path / "whole", {"hot.c": TABLE}, f"{C} hot.c -o made.so")
    less = TABLE.replace("static struct entry two", "// static struct entry two")
    part = built(tmp_path / "part", {"hot.c": less}, f"{C} hot.c -o made.so")
    (part.folder / "output").write_bytes(whole.as_built())
    with pytest.raises(NotPlaceable, match="its part entries has 8 bytes, not 16"):
        Pair.of(whole, part)

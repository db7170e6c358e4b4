"""Changes of source text that should not cost any time, in four kinds of code.

A file of ``template/`` is a head, functions and a foot, parted by ``==`` in a comment of its own.
A change takes such a file to another that computes the same with the same instructions.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum


class Code(Enum):
    """The kinds of code, by the suffix of the file and the module of the suite that times it."""

    words: str

    PYTHON = "interpreted.py", "pure Python"
    CYTHON = "extension.pyx", "Cython"
    C = "native.c", "C"
    NUMBA = "jit.py", "numba"

    def __new__(cls, file: str, words: str) -> "Code":
        self = object.__new__(cls)
        self._value_ = file
        self.words = words
        return self

    @property
    def module(self) -> str:
        """The module that is timed, and the suite's module that times it."""
        file: str = self.value
        return file.partition(".")[0]

    @property
    def is_compiled(self) -> bool:
        """Whether a build, not the process, decides where its instructions are."""
        return self in (Code.CYTHON, Code.C)


MARK = re.compile(r"^(?:# ==|/\* == \*/)\n", re.MULTILINE)
# Names that nothing outside of a function refers to.
LOCALS = ("turns", "turn", "total", "state", "place", "wanted", "value", "table", "chain")
# A name that is a function's, an attribute's or a parameter's somewhere in the file.
KEPT: Mapping[Code, frozenset[str]] = {
    Code.PYTHON: frozenset({"value"}),
    Code.CYTHON: frozenset({"chain"}),
    Code.C: frozenset({"chain"}),
    Code.NUMBA: frozenset({"chain"}),
}
COMMENTS = ("Nothing of this is new.", "See the other ones.", "As fast as before, one hopes.")


@dataclass(frozen=True, slots=True)
class Source:
    """One file, in parts."""

    code: Code
    head: str
    functions: tuple[str, ...]
    foot: str

    @staticmethod
    def parse(code: Code, text: str) -> "Source":
        """A file of the template. Raises ValueError if it has no functions."""
        parts = [part.strip("\n") + "\n" for part in MARK.split(text)]
        if len(parts) < 3:
            raise ValueError(f"{code.value} has no function between marks")
        head, *functions, foot = parts
        return Source(code, head, tuple(functions), foot)

    @property
    def text(self) -> str:
        """What is committed."""
        return "\n\n".join(part for part in (self.head, *self.functions, self.foot) if part.strip())

    def comment(self, words: str) -> str:
        """A line of its own."""
        return f"/* {words} */\n" if self.code is Code.C else f"# {words}\n"


def comments(source: Source, chance: random.Random) -> Source:
    """More words: a comment before every function, and other docstrings."""

    def more(function: str) -> str:
        lines = "".join(
            source.comment(chance.choice(COMMENTS)) for _ in range(chance.randint(1, 5))
        )
        if source.code is not Code.C:
            function = re.sub(
                r'^( +)"""(.*)"""$',
                lambda found: f'{found[1]}"""{found[2]} {chance.choice(COMMENTS)}"""',
                function,
                flags=re.MULTILINE,
            )
        return lines + function

    return replace(source, functions=tuple(map(more, source.functions)))


def unused(source: Source, chance: random.Random) -> Source:
    """A function that nobody calls, before all others."""
    added = _unused_function(source.code, f"unused_{chance.randrange(1000)}", chance)
    return replace(source, functions=(added, *source.functions))


def order(source: Source, chance: random.Random) -> Source:
    """The same functions in another order."""
    # What is declared with `cdef` has to come before its use.
    tied = [f for f in source.functions if f.startswith("cdef")]
    free = [f for f in source.functions if not f.startswith("cdef")]
    shuffled = chance.sample(free, len(free))
    while len(free) > 1 and shuffled == free:
        shuffled = chance.sample(free, len(free))
    return replace(source, functions=(*tied, *shuffled))


def names(source: Source, chance: random.Random) -> Source:
    """Other names for what is local to a function."""
    ending = chance.choice(("_", "_now", "_here", "_of_this"))

    def renamed(function: str) -> str:
        for name in LOCALS:
            if name not in KEPT[source.code]:
                function = re.sub(rf"(?<![.\w]){name}\b", name + ending, function)
        return function

    return replace(source, functions=tuple(map(renamed, source.functions)))


def constants(source: Source, chance: random.Random) -> Source:
    """Constants that nobody reads, before everything else is defined."""
    values = [chance.randrange(10**6) for _ in range(chance.randint(1, 40))]
    name = f"UNREAD_{chance.randrange(1000)}"
    if source.code is Code.C:
        listed = ", ".join(map(str, values))
        added = f"const int {name}[] = {{{listed}}};\nint {name}_counted = {len(values)};\n"
    elif source.code is Code.CYTHON:
        added = f"cdef int[{len(values)}] {name}\n{name}[0] = {values[0]}\n{name}_ALL = {values}\n"
    else:
        added = f"{name} = {tuple(values)}\n{name}_WORDS = {[str(value) for value in values]}\n"
    return replace(source, head=source.head + added)


def _unused_function(code: Code, name: str, chance: random.Random) -> str:
    steps = range(chance.randint(1, 12))
    if code is Code.C:
        lines = [f"    value += value >> {step % 5 + 1};" for step in steps]
        # Not static: a compiler would drop it.
        first = f"long {name}(long value);\nlong {name}(long value)\n{{"
        return "\n".join([first, *lines, "    return value;\n}\n"])
    first = {
        Code.PYTHON: f"def {name}(value):",
        Code.CYTHON: f"def {name}(long value):",
        Code.NUMBA: f'@njit("int64(int64)")\ndef {name}(value):',
    }[code]
    lines = [f"    value += value >> {step % 5 + 1}" for step in steps]
    return "\n".join([first, *lines, "    return value\n"])


Change = Callable[[Source, random.Random], Source]

CHANGES: Mapping[str, Change] = {
    "comments": comments,
    "unused": unused,
    "order": order,
    "names": names,
    "constants": constants,
}
# A new module of each kind: the one that is timed imports it (C: is linked with it), no more.
MODULE = "module"
# What a commit that tidies up does: all of them at once.
ALL = "all"
KINDS = (*CHANGES, MODULE, ALL)


def new_module(code: Code, chance: random.Random) -> tuple[str, str]:
    """Name and text of a file with functions that nobody calls."""
    name = f"{code.module}_{chance.randrange(1000)}"
    functions = "\n\n".join(
        _unused_function(code, f"{name}_{number}", chance) for number in range(chance.randint(1, 6))
    )
    head = "from numba import njit\n\n\n" if code is Code.NUMBA else ""
    suffix = code.value.partition(".")[2]
    return f"{name}.{suffix}", head + functions


def changed(
    sources: Mapping[Code, Source], kind: str, chance: random.Random
) -> tuple[dict[Code, Source], dict[str, str]]:
    """The files after a change of one of ``KINDS``, and the new ones: text by name."""
    made = dict(sources)
    new = {}
    for change in CHANGES if kind == ALL else (kind,):
        if change in CHANGES:
            made = {code: CHANGES[change](source, chance) for code, source in made.items()}
    if kind in (MODULE, ALL):
        for code, source in made.items():
            name, text = new_module(code, chance)
            new[name] = text
            if code is not Code.C:
                imported = f"\nfrom inert import {name.partition('.')[0]}  # unused\n"
                made[code] = replace(source, head=source.head + imported)
    return made, new

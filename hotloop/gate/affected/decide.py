"""Is a benchmark touched by the change? A pure function of what both sides saw, and of the change.

Two processes that begin alike, run the same code and read the same files do the same. So it takes
no lines of a diff: whatever a changed line does, it makes one side run other code than the other.
What the code does not show (files that compiled code reads, settings of a build) is a part of the
change, and touches every benchmark.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Code = Mapping[str, Mapping[str, frozenset[str]]]
"""file -> name -> fingerprints of what ran there; files are named alike on both sides."""

TOP_LEVEL = "<module>"
LIBRARIES = "site-packages/"
# Folders of the project's that each side has for itself.
OWN = re.compile(r"^\{(checkout|project)\}/")
BOTH = frozenset({"base", "head"})


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of one benchmark on one side, from the import of its module to its teardown.

    ``files`` and ``compiled``: digests of the contents of what was read, and of the compiled files
    in memory, by name. ``unseen``: what ran where nobody looked. ``seeks``: whether it looks for
    modules without importing them. ``python``: the interpreter and its version.
    """

    code: Code = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    compiled: Mapping[str, str] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    seeks: bool = False
    python: str = ""

    def __or__(self, other: "Sight") -> "Sight":
        """What is in either."""
        code: dict[str, dict[str, frozenset[str]]] = {f: dict(n) for f, n in self.code.items()}
        for file, names in other.code.items():
            known = code.setdefault(file, {})
            for name, prints in names.items():
                known[name] = known.get(name, frozenset()) | prints
        return Sight(
            code,
            {**self.files, **other.files},
            {**self.compiled, **other.compiled},
            tuple(dict.fromkeys((*self.unseen, *other.unseen))),
            self.seeks or other.seeks,
            other.python or self.python,
        )


@dataclass(frozen=True, slots=True)
class Shared:
    """A file that both sides use in head's version, and that differs at base.

    ``path`` in the repository; ``code``: what base's version has, empty without such a file.
    """

    path: str
    code: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between the sides, apart from code that both could be seen to run.

    ``everything``: why it touches every benchmark; None: it does not. ``shared``: by file.
    ``sources`` are compiled sources that differ while no compiled file does; ``own`` is how the
    names of the project's own compiled files begin. ``modules``: Python files that only one side
    has. ``written``: files in which a build notes its version, which differ in nothing else.
    """

    everything: str | None = None
    shared: Mapping[str, Shared] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    written: frozenset[str] = frozenset()


def touched_by(base: Sight | str, head: Sight | str, change: Change) -> str | None:
    """What of the change touches the benchmark, in words; None: nothing does.

    A text in place of a sight says why there is none.
    """
    if change.everything is not None:
        return change.everything
    for side, sight in (("base", base), ("head", head)):
        if isinstance(sight, str):
            return f"it was not traced at {side}: {sight}"
    assert isinstance(base, Sight)
    assert isinstance(head, Sight)
    return next(_touches(base, head, change), None)


def _touches(base: Sight, head: Sight, change: Change) -> Iterator[str]:
    for unseen in (*base.unseen, *head.unseen):
        yield f"not all of it can be traced: {unseen}"
    if base.python != head.python:
        yield "it runs on another Python"
    yield from _of_code(base.code, head.code, change)
    yield from _of_shared(head.code, change)
    yield from _of_contents(base.compiled, head.compiled, "loads", change)
    yield from _of_contents(base.files, head.files, "reads", change)
    if change.sources and any(shown(name).startswith(change.own) for name in head.compiled):
        yield f"it loads what is compiled, perhaps from {change.sources[0]}, which differs"
    if change.modules and (base.seeks or head.seeks):
        yield f"it looks for modules, and only one side has {change.modules[0]}"


def _of_code(base: Code, head: Code, change: Change) -> Iterator[str]:
    for file in sorted({*base, *head}):
        if shown(file) in change.written:
            continue
        at_base, at_head = base.get(file, {}), head.get(file, {})
        for name in sorted({*at_base, *at_head}):
            if at_base.get(name) == at_head.get(name):
                continue
            what = _what(file, name)
            sides = {s for s, code in (("base", at_base), ("head", at_head)) if name in code}
            yield f"{what} differs" if sides == BOTH else f"{what} runs at {min(sides)} only"


def _of_shared(code: Code, change: Change) -> Iterator[str]:
    """Of files that both sides use in head's version, such as the suite's own."""
    for file, shared in change.shared.items():
        for name, prints in code.get(file, {}).items():
            if not prints <= shared.code.get(name, frozenset()):
                yield f"{_what(shared.path, name)} differs"


def _of_contents(
    base: Mapping[str, str], head: Mapping[str, str], verb: str, change: Change
) -> Iterator[str]:
    for file in sorted({*base, *head}):
        if base.get(file) != head.get(file):
            yield f"it {verb} {shown(file)}, which differs"
        elif file in change.shared:
            yield f"it {verb} {change.shared[file].path}, which differs"


def _what(file: str, name: str) -> str:
    return f"the top level of {shown(file)}" if name == TOP_LEVEL else f"{name} of {shown(file)}"


def shown(file: str) -> str:
    """``{env}/lib/python3.11/site-packages/tiny/core.py`` -> ``tiny/core.py``.

    ``{checkout}/src/tiny/core.py`` -> ``src/tiny/core.py``.
    """
    return OWN.sub("", file.rpartition(LIBRARIES)[2])

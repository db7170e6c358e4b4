"""Both commits, and what is installed of them ──> the change, as far as no benchmark shows it."""

import ast
import csv
import hashlib
import importlib.metadata
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from hotloop.gate.build.builds import differing_versions
from hotloop.gate.build.differences import (
    COMPILED_SOURCE,
    OF_PYTEST,
    PYTHON,
    SETTINGS,
    Differences,
)
from hotloop.gate.build.elf import loaded_digest
from hotloop.gate.build.proof import NO_PACKAGES
from hotloop.gate.model import PYTESTS, Contender
from hotloop.gate.source import submodules

# How an editable install finds the project's folder, which is looked at by itself.
EDITABLE = re.compile(r"^__editable__")
# Read by type checkers only.
STUBS = (".pyi", "py.typed")
COMPILED = (".so", ".pyd", ".dylib")
# What an installer notes for itself, and what a version changes in each build.
NOTES = re.compile(r"(^|/)[^/]+\.(dist|egg)-info(/|$)")
ENTRY_POINTS = "entry_points.txt"
REQUIRES = "Requires-Dist"
# Where a build writes its version.
VERSION = "version"
SHOWN_LIBRARIES = 2

Installed = Mapping[str, str]
"""Digests of installed files by their paths below the folder of libraries."""


def everything(differences: Differences, base: Contender, head: Contender) -> str | None:
    """Why the change touches every benchmark, or None."""
    return next(_everything(differences, base, head), None)


def compiled_sources(differences: Differences, base: Contender, head: Contender) -> tuple[str, ...]:
    """Sources of compiled code that differ, if what was compiled is the same all the same."""
    if base.proof.compiled != head.proof.compiled:
        return ()
    return tuple(path for path in differences.differing() if _is_compiled(path))


def new_modules(differences: Differences) -> tuple[str, ...]:
    """Python files that only one of the commits has."""
    base, head = differences.trees
    return tuple(
        path
        for path in differences.differing()
        if path.endswith(PYTHON) and (path in base) != (path in head) and not _is_aside(path)
    )


def written(differences: Differences, base: Contender, head: Contender) -> frozenset[str]:
    """Installed files that differ in nothing but a version that the build wrote into them."""
    of_base, of_head = base.proof.sources, head.proof.sources
    return frozenset(
        path
        for path in of_base.keys() & of_head.keys()
        if of_base[path] != of_head[path]
        and VERSION in PurePosixPath(path).name
        and not any(
            sources[path] == tree.get(place)
            for sources, tree in zip((of_base, of_head), differences.trees, strict=True)
            for place in differences.places_of(path)
        )
        and _differs_in_constants(_text(base, path), _text(head, path))
    )


def shown_places(differences: Differences, paths: Iterable[str]) -> tuple[str, ...]:
    """What is installed at ``paths`` as it may be shown, there or in a checkout."""
    return tuple(place for path in paths for place in (path, *differences.places_of(path)))


def digest(file: Path) -> str:
    """Of a file's contents; of the part that is loaded, if it is compiled."""
    try:
        content = file.read_bytes()
    except OSError:
        return "none"
    if file.suffix in COMPILED or ".so." in file.name:
        return loaded_digest(content)
    return hashlib.sha256(content).hexdigest()


def listing(folder: Path) -> str:
    """A digest of the names in a folder, without what each build or run writes there."""
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return "none"
    kept = [n for n in names if n != "__pycache__" and not NOTES.search(n)]
    return hashlib.sha256("\0".join(kept).encode(errors="surrogateescape")).hexdigest()


def _everything(differences: Differences, base: Contender, head: Contender) -> Iterator[str]:
    if base.environment != head.environment:
        yield f"the environments differ: {base.environment} at base, {head.environment} at head"
    yield from _of_libraries(base, head)
    links = _links(differences)
    names = head.origin.names
    # Of what no wheel was built of, there may be compiled code that was not found.
    knows_compiled = all(side.proof.compiled and side.proof.sources for side in (base, head))
    config = _configuration(differences)
    is_pytests = head.runner == PYTESTS
    for path in differences.differing():
        if SETTINGS.search(path) or path == config:
            yield f"{path} differs, which decides how it is built"
        elif is_pytests and OF_PYTEST.search(path):
            yield f"{path} differs, which configures pytest"
        elif path in links:
            yield f"the submodule {path} differs"
        elif _is_compiled(path):
            if not knows_compiled:
                yield f"{path} differs, and what is compiled from it is not known"
        elif not path.endswith((PYTHON, *STUBS)) and differences.is_in_a_package(path, names):
            yield f"{path} differs, which is installed with the project"
    yield from _of_installed(base, head)


def _of_libraries(base: Contender, head: Contender) -> Iterator[str]:
    differing = differing_versions(base.distributions, head.distributions)
    if differing:
        yield f"the libraries differ: {'; '.join(differing[:SHOWN_LIBRARIES])}"


def _of_installed(base: Contender, head: Contender) -> Iterator[str]:
    """Of files that are installed, which a build may have made from any source."""
    of_base, of_head = _installed(base), _installed(head)
    for path in sorted({*of_base, *of_head}):
        if of_base.get(path) == of_head.get(path) or NOTES.search(path) or EDITABLE.search(path):
            continue
        if not path.endswith((PYTHON, ".pyc", *STUBS, *COMPILED)) and not _is_compiled(path):
            yield f"{path} differs, which is installed with the project"
    for what in (ENTRY_POINTS, REQUIRES):
        if _noted(base, what) != _noted(head, what):
            yield f"the project's {what} differ"


def _installed(contender: Contender) -> Installed:
    """What RECORD files say of all distributions; empty without them (conda, editable)."""
    found = {}
    for one in _distributions(contender):
        # As the standard library reads it, without the guesses for other formats.
        for path, *facts in csv.reader((one.read_text("RECORD") or "").splitlines()):
            if facts and facts[0] and not path.startswith((".", "/")):
                found[path] = facts[0]
    return found


def _noted(contender: Contender, what: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for one in _distributions(contender):
        name = str(one.metadata["Name"]).lower()
        if what == REQUIRES:
            found[name] = sorted(one.metadata.get_all(REQUIRES) or ())
        else:
            found[name] = one.read_text(ENTRY_POINTS)
    return found


def _distributions(contender: Contender) -> Iterator[importlib.metadata.Distribution]:
    for one in importlib.metadata.distributions(path=list(contender.proof.roots)):
        # What an uninstallation that was killed has left has no name.
        if one.read_text("METADATA") is not None:
            yield one


def _links(differences: Differences) -> frozenset[str]:
    """Where either commit has submodules."""
    mirror = differences.source.mirror
    return frozenset(p for c in differences.commits for p in submodules.paths(mirror, c))


def _configuration(differences: Differences) -> str | None:
    """The path of asv's configuration in the repository, whatever its name."""
    tree, config = differences.source.tree, differences.project.config.resolve()
    if tree is None or not config.is_relative_to(tree.resolve()):
        return None
    return config.relative_to(tree.resolve()).as_posix()


def _is_compiled(path: str) -> bool:
    return COMPILED_SOURCE.search(path) is not None and not _is_aside(path)


def _is_aside(path: str) -> bool:
    """Whether it is in a folder of tests or documents, from which nothing is installed."""
    return bool(NO_PACKAGES & set(PurePosixPath(path).parts[:-1]))


def _text(contender: Contender, path: str) -> str:
    for root in contender.proof.roots:
        file = Path(root) / path
        if file.is_file():
            return file.read_text(encoding="utf-8", errors="replace")
    return ""


def _differs_in_constants(base: str, head: str) -> bool:
    """Whether two modules are equal but for texts and numbers that names of theirs are set to."""
    try:
        statements = ast.parse(base).body, ast.parse(head).body
    except (SyntaxError, ValueError):
        return False
    return len(statements[0]) == len(statements[1]) and all(
        ast.dump(one) == ast.dump(other) or _name_set(one) == _name_set(other) is not None
        for one, other in zip(*statements, strict=True)
    )


def _name_set(statement: ast.stmt) -> str | None:
    """The names that a statement sets to a literal; None if it does anything else."""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return None
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    try:
        ast.literal_eval(statement.value)
    except ValueError:
        return None
    named = all(isinstance(target, ast.Name) for target in targets)
    return " ".join(map(ast.dump, targets)) if named else None

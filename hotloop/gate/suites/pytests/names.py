"""What a checkout of a project can be imported as, and from which of its folders."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotloop.gate.source.project import Project

# Where projects keep their packages.
SOURCES = ("src", "lib", "python", "")
NO_PACKAGES = frozenset(
    (
        *("test", "tests", "testing", "bench", "benchmark", "benchmarks", "perf", "conftest"),
        *("doc", "docs", "example", "examples", "scripts", "tools", "tasks"),
        *("build", "dist", "setup", "noxfile"),
    )
)
PYTHON = ".py"
COMPILED = re.compile(r"\.(pyx|pxd|c|cc|cpp|cxx|rs|f90|go|zig)(\.\w+)?$")
# Of a module or a folder: tests, benchmarks and what is there for them.
LIKE_TESTS = re.compile(r"(?i)test|bench|perf|speed|conftest|__init__|^setup$|^noxfile$")
NOT_OURS = frozenset({"node_modules", "vendor", "third_party", "docs", "doc"})


@dataclass(frozen=True, slots=True)
class Importable:
    """``names`` of top-level modules, and the ``folders`` that they lie in, for ``sys.path``.

    ``places`` are the packages themselves; all are relative to the project.
    """

    names: frozenset[str]
    folders: tuple[str, ...]
    places: tuple[str, ...]


def importable(project: Project, folder: Path) -> Importable:
    """What ``folder``, a checkout of the project, has outside of its tests."""
    names: set[str] = set()
    places: list[str] = []
    folders: list[str] = []
    for source in SOURCES:
        found = _modules(folder / source, bool(source), project.name)
        if found:
            folders.append(source)
            places += [f"{source}/{path}".lstrip("/") for path in found.values()]
            names |= found.keys()
    if not names:
        # A project of loose modules, which need not be called as it is.
        loose = {path.stem: path.name for path in folder.glob(f"*{PYTHON}") if is_code(path)}
        names |= loose.keys()
        places += loose.values()
    # A folder of sources on sys.path does not replace the project's own.
    return Importable(frozenset(names), tuple(dict.fromkeys((*folders, ""))), tuple(places))


def imported(folder: Path, loaded: Mapping[str, str]) -> frozenset[str]:
    """Top-level modules that tests imported from ``folder``, without those that are for tests.

    ``loaded`` are the files of all modules, by name. For layouts that do not tell.
    """
    found = set()
    for name, file in loaded.items():
        path = Path(file)
        if path.suffix == PYTHON and path.is_relative_to(folder):
            parts = path.relative_to(folder).with_suffix("").parts
            own = parts[:-1] if parts[-1] == "__init__" else parts
            if own and not any(map(LIKE_TESTS.search, own)):
                found.add(name.partition(".")[0])
    return frozenset(found)


def is_code(module: Path) -> bool:
    """Whether a Python file is neither tests nor there for them, by its name."""
    name = module.stem
    return name.isidentifier() and name not in NO_PACKAGES and not LIKE_TESTS.search(name)


def compiled_source(folder: Path, found: Importable) -> str | None:
    """A file of another language in the project's packages, if there is one."""
    for place in found.places:
        for path in sorted((folder / place).rglob("*") if (folder / place).is_dir() else ()):
            parts = set(path.relative_to(folder).parts)
            if COMPILED.search(path.name) and path.is_file() and not parts & NOT_OURS:
                return path.relative_to(folder).as_posix()
    return "Cargo.toml" if (folder / "Cargo.toml").is_file() else None


def _modules(folder: Path, is_source: bool, project: str) -> dict[str, str]:
    """Names of modules in ``folder``, and their paths in it."""
    if not folder.is_dir():
        return {}
    own = re.sub(r"[-.]+", "_", project).lower()
    found = {}
    for path in sorted(folder.iterdir()):
        name = path.stem if path.suffix == PYTHON else path.name
        if not name.isidentifier() or name in NO_PACKAGES:
            continue
        if path.is_dir():
            is_package = (path / "__init__.py").is_file() or (
                # A namespace package: in a folder of sources, or by the project's name.
                (is_source or name.lower() == own) and any(path.rglob(f"*{PYTHON}"))
            )
        else:
            is_package = path.suffix == PYTHON and (is_source or name.lower() == own)
        if is_package:
            found[name] = path.name
    return found

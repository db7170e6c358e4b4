"""In the builder: is the installed code the commit's?

If a wheel was built, every file of it is compared with what is installed. If not (editable
installs, installs from the folder), whatever can be is compared with the checkout.
"""

import contextlib
import importlib.metadata
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hotloop.base.decoding import decode, encode
from hotloop.gate.build import wheels
from hotloop.gate.build.direct_urls import installed_from_paths
from hotloop.gate.build.elf import loaded_digest
from hotloop.gate.build.wheels import Folders, Manifest
from hotloop.gate.model import Proof
from hotloop.gate.source.git import Git, GitFailed

# Beside asv's own stamp; like that, it goes with the environment.
STORED = "hotloop-installed.json"
# Where projects keep their packages, below the folder that is built.
SOURCES = ("", "src", "lib", "python")
NO_PACKAGES = frozenset(
    {"test", "tests", "doc", "docs", "benchmarks", "examples", "setup", "noxfile"}
)
SHOWN_FILES = 2


class NotTheCommits(Exception):
    """The installed code is not the commit's, and a second installation did not help."""


def prove(
    environment: Any,
    commit: str,
    folders: Folders,
    found_installed: bool,
    install: Callable[[], None],
) -> Proof:
    """Compare what is installed with what was built; ``install`` installs again.

    ``found_installed``: nothing was built in this run. Raises NotTheCommits if they differ
    even after a second installation.
    """
    manifest = _built(environment, commit, folders)
    if manifest is None and found_installed:
        stored = _stored(environment)
        if stored.get("commit") == commit:
            manifest = _noted(stored)
        else:
            # By something that kept no manifest, and the wheel is gone.
            install()
            manifest = _built(environment, commit, folders)
    _store(environment, commit, manifest)
    if manifest is None:
        root = Path(environment._build_root)
        return of_the_checkout(root, root / (environment._repo_subdir or ""), commit, folders)
    if wheels.is_absent(manifest, folders):
        return Proof(wheels.names_of(manifest), (), "the wheel's files are not in site-packages")
    rivals = [] if found_installed else wheels.rivals(manifest, folders)
    if rivals or wheels.differing(manifest, folders):
        _uninstall(environment, manifest, folders, rivals)
        install()
    wheels.remove_strays(manifest, folders)
    doubt = _complaint(environment, manifest, folders)
    roots = wheels.libraries(folders)
    names = wheels.names_of(manifest)
    if doubt is not None:
        return Proof(names, roots, doubt)
    sources = wheels.sources(manifest, folders, commit)
    compiled = wheels.compiled(manifest, folders)
    return Proof(names, roots, None, sources, compiled)


def _complaint(environment: Any, manifest: Manifest, folders: Folders) -> str | None:
    """Why the wheel's files could not be shown to be installed; NotTheCommits if they are not.

    A command that installs something other than the wheel may have compiled again.
    """
    before = wheels.shadowing(manifest, folders)
    if before:
        raise NotTheCommits(
            f"an import of {wheels.place_of(before[0]).name} finds {before[0]}, which another "
            f"distribution installed, and not what was built; delete {environment._path}"
        )
    files = wheels.differing(manifest, folders)
    if not files:
        return None
    shown = ", ".join(files[:SHOWN_FILES])
    more = f" and {len(files) - SHOWN_FILES} others" if len(files) > SHOWN_FILES else ""
    if not _installs_wheels(environment) and not any(file.endswith(".py") for file in files):
        return f"{shown}{more} differ from the wheel that was built, which is not what is installed"
    raise NotTheCommits(
        f"the installed code is not the commit's: {shown}{more} differ from what was built; add "
        "--force-reinstall to install_command, as in "
        '"in-dir={env_dir} python -m pip install --force-reinstall {wheel_file}"'
    )


def _installs_wheels(environment: Any) -> bool:
    commands = environment._install_command
    return (
        commands is None or "{wheel_file}" in str(commands) or "{build_cache_dir}" in str(commands)
    )


def _built(environment: Any, commit: str, folders: Folders) -> Manifest | None:
    """The manifest of the wheel that asv keeps for the commit; None: there is no wheel."""
    kept = environment._cache.get_cache_dir(commit)
    built = (
        sorted(Path(kept).glob("*.whl"))
        if kept is not None
        else _built_elsewhere(environment, folders)
    )
    if len(built) == 1:
        with contextlib.suppress(ValueError, OSError):
            return wheels.read_wheel(built[0])
    return None


def _noted(stored: Mapping[str, Any]) -> Manifest | None:
    """The manifest that an earlier run stored; None: no wheel was built."""
    with contextlib.suppress(ValueError):
        return decode(Manifest, stored.get("manifest"))
    return None


def _built_elsewhere(environment: Any, folders: Folders) -> list[Path]:
    """Wheels that were installed from the checkout, where the build put them."""
    return [
        path
        for _, path, _ in installed_from_paths(wheels.libraries(folders))
        if path.suffix == ".whl" and path.is_file() and path.is_relative_to(environment._build_root)
    ]


def _uninstall(
    environment: Any, manifest: Manifest, folders: Folders, rivals: Sequence[str]
) -> None:
    """Remove the wheel's own distribution, whose name may differ from asv's project."""
    with contextlib.suppress(Exception):
        names = [manifest.distribution, *rivals]
        environment.run(["-m", "pip", "uninstall", "-y", *names], dots=False)
    wheels.remove_strays(manifest, folders)


def _stored(environment: Any) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        stored = json.loads((Path(environment._path) / STORED).read_text(encoding="utf-8"))
        if isinstance(stored, dict):
            return stored
    return {}


def _store(environment: Any, commit: str, manifest: Manifest | None) -> None:
    note = {"commit": commit, "manifest": None if manifest is None else encode(manifest)}
    path = Path(environment._path) / STORED
    path.write_text(json.dumps(note), encoding="utf-8")


# ---- without a wheel


def of_the_checkout(root: Path, project: Path, commit: str, folders: Folders) -> Proof:
    """Compare an install from the folder with the checkout of the commit, as far as possible.

    ``root`` is the repository's folder, and ``project`` the one in it that is built.
    """
    root = root.resolve()
    mine = [
        (one, path, editable)
        for one, path, editable in installed_from_paths(wheels.libraries(folders))
        if path.resolve().is_relative_to(root)
    ]
    changed = _changes(root, commit)
    if len(mine) == 1:
        one, path, editable = mine[0]
        files = [Path(str(file)) for file in one.files or ()]
        libraries = [Path(lib) / each for each in files for lib in wheels.libraries(folders)]
        if editable:
            roots = (str(root), *_built_beside(one, folders))
            names = _names_below(path, one)
            built = _loads((*_compiled_in(path.resolve(), names), *libraries), roots)
            # meson-python's are in a folder of the build. Copies of those known are not loaded.
            known = frozenset(built.values())
            others = _loads(sorted(path.resolve().rglob("*.so")), roots)
            built |= {file: digest for file, digest in others.items() if digest not in known}
            return Proof(names, roots, changed, compiled=built)
        names = wheels.import_names(file.as_posix() for file in files)
        roots = wheels.libraries(folders)
        doubt = changed or _unlike(files, path, folders)
        return Proof(names, roots, doubt, compiled=_loads(libraries, roots))
    names = _names_below(project, None)
    doubt = "no wheel was built, and no distribution says that it came from the checkout"
    return Proof(names, (*wheels.libraries(folders), str(root)), doubt)


def _built_beside(
    distribution: importlib.metadata.Distribution, folders: Folders
) -> tuple[str, ...]:
    """Where an editable install keeps what it compiled, if not in the checkout.

    scikit-build-core does: its extensions lie in site-packages, the rest in the checkout.
    """
    files = [Path(str(file)) for file in distribution.files or ()]
    compiled = [file for file in files if file.suffix in wheels.COMPILED]
    places = dict.fromkeys(file.parts[0] if len(file.parts) > 1 else "" for file in compiled)
    return tuple(str(Path(lib) / place) for lib in wheels.libraries(folders) for place in places)


def _compiled_in(project: Path, names: Sequence[str]) -> Iterator[Path]:
    """The compiled files of the packages and modules of these names in a checkout."""
    for place in (project / source / name for source in SOURCES for name in names):
        for path in (*place.rglob("*"), *place.parent.glob(f"{place.name}.*")):
            if path.suffix in wheels.COMPILED:
                yield path


def _loads(files: Iterable[Path], roots: Sequence[str]) -> dict[str, str]:
    """A digest of what each compiled file loads, by its path below the root that has it."""
    found: dict[str, str] = {}
    for file in files:
        root = next((root for root in roots if file.is_relative_to(root)), None)
        if root is not None and file.suffix in wheels.COMPILED and file.is_file():
            path = file.relative_to(root).as_posix()
            found.setdefault(path, loaded_digest(file.read_bytes()))
    return found


def _changes(root: Path, commit: str) -> str | None:
    """How the checkout differs from the commit; None: only in what the build made."""

    git = Git(root)
    try:
        at = git.run("rev-parse", "HEAD")
        changed = git.run("status", "--porcelain", "--untracked-files=no")
    except GitFailed as error:
        return f"the checkout that is installed from cannot be looked at: {error}"
    if at != commit:
        return f"the checkout that is installed from is at {at[:8]}"
    first = changed.partition("\n")[0].strip().partition(" ")[2]
    return f"the build changed files of the checkout: {first}" if changed else None


def _unlike(files: list[Path], source: Path, folders: Folders) -> str | None:
    """Why the installed files could not be shown to be those of the checkout."""
    for file in files:
        if file.suffix not in wheels.IMPORTABLE or wheels.BYTE_CODE in file.parts:
            continue
        installed = [Path(library) / file for library in wheels.libraries(folders)]
        there = next((path for path in installed if path.is_file()), None)
        origins = [source / folder / file for folder in SOURCES]
        origin = next((path for path in origins if path.is_file()), None)
        if there is None or origin is None or there.read_bytes() != origin.read_bytes():
            return f"no wheel was built, and {file} cannot be compared with the checkout"
    return None


def _names_below(
    folder: Path, distribution: importlib.metadata.Distribution | None
) -> tuple[str, ...]:
    """The modules that the checkout at ``folder`` can be imported as, as far as known."""
    told = (distribution.read_text("top_level.txt") or "").split() if distribution else []
    if told:
        return tuple(sorted(told))
    found = {
        path.parent.name
        for source in SOURCES
        for path in (folder / source).glob("*/__init__.*")
        if path.suffix in wheels.IMPORTABLE
    }
    return tuple(sorted(found - NO_PACKAGES))


def of_existing(project: str) -> Proof:
    """What is known about an environment in which asv installs nothing."""
    name = wheels.canonical(project).replace("-", "_")
    names = (name,) if name.isidentifier() else ()
    return Proof(names, (), "asv installs no commit in an existing environment")

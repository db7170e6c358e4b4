"""The contents of a wheel, and whether an environment has them installed, byte by byte.

An installer may decide that there is nothing to do: pip leaves a distribution with the same name
and version as it is, whatever is in the wheel. So the wheel is compared with what is installed.
"""

import hashlib
import importlib.metadata
import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hotloop.gate.build.elf import loaded_digest
from hotloop.gate.source.git import hash_of

# Files that an installer writes for itself, and signatures of RECORD.
BOOKKEEPING = re.compile(r"[^/]+\.dist-info/(RECORD.*|INSTALLER|REQUESTED|direct_url\.json)")
IMPORTABLE = (".py", ".pyc", ".so", ".pyd")
COMPILED = (".so", ".pyd")
LIBRARIES = ("purelib", "platlib")
BYTE_CODE = "__pycache__"

Folders = Mapping[str, str]
"""sysconfig's places of an environment: purelib, platlib, scripts, data."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The wheel of one commit: its distribution, and the SHA-256 of each file.

    The keys of ``files`` are sysconfig's name of the place and the path below it:
    ``purelib/tiny/__init__.py``. Headers are left out: no process reads them.
    """

    distribution: str
    files: Mapping[str, str]


def read_wheel(path: Path) -> Manifest:
    """The manifest of a wheel; ValueError if it is not one."""
    try:
        with zipfile.ZipFile(path) as wheel:
            members = [name for name in wheel.namelist() if not name.endswith("/")]
            (info,) = {
                n.split("/")[0] for n in members if re.fullmatch(r"[^/]+\.dist-info/WHEEL", n)
            }
            tags = wheel.read(f"{info}/WHEEL").decode()
            library = "purelib" if re.search(r"(?mi)^Root-Is-Purelib: *true", tags) else "platlib"
            name = re.search(r"(?m)^Name: *(.+?)\s*$", wheel.read(f"{info}/METADATA").decode())
            files = {}
            for member in members:
                place, inside = _destination(member, library)
                if place != "headers" and not BOOKKEEPING.fullmatch(member):
                    files[f"{place}/{inside}"] = _digest(wheel.read(member), place)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"{path} is no wheel: {error}") from error
    if name is None:
        raise ValueError(f"{path} does not say whose wheel it is")
    return Manifest(name[1], files)


def extras_of(path: Path) -> list[str]:
    """The extras that a wheel says it has."""
    with zipfile.ZipFile(path) as wheel:
        (metadata,) = (n for n in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
        said = wheel.read(metadata).decode()
    return re.findall(r"(?mi)^Provides-Extra: *(.+?)\s*$", said.partition("\n\n")[0])


def libraries(folders: Folders) -> tuple[str, ...]:
    """The folders that modules are installed in: one or two."""
    return tuple(dict.fromkeys(folders[place] for place in LIBRARIES))


def import_names(paths: Iterable[str]) -> tuple[str, ...]:
    """The shortest names by which ``paths`` (below a library folder) can be imported.

    A folder without ``__init__`` is a namespace, which others may share: its members are named.
    """
    modules = [
        PurePosixPath(path)
        for path in paths
        if path.endswith(IMPORTABLE) and ".dist-info/" not in path and BYTE_CODE not in path
    ]
    packages = {module.parent for module in modules if module.name.split(".")[0] == "__init__"}
    names = set()
    for module in modules:
        above = [folder for folder in reversed(module.parents) if folder in packages]
        parts = above[0].parts if above else (*module.parent.parts, module.name.split(".")[0])
        if parts and all(part.isidentifier() for part in parts):
            names.add(".".join(parts))
    return tuple(sorted(names))


def names_of(manifest: Manifest) -> tuple[str, ...]:
    """The names by which the distribution's files can be imported."""
    return import_names(
        inside for place, inside in map(_split, manifest.files) if place in LIBRARIES
    )


def sources(manifest: Manifest, folders: Folders, commit: str) -> dict[str, str]:
    """git's hashes of the contents of the installed Python files, by path.

    In a repository where ``commit`` is the hash of one.
    """
    found = {}
    for key in manifest.files:
        place, inside = _split(key)
        if place in LIBRARIES and inside.endswith(".py"):
            found[inside] = hash_of(_path(key, folders).read_bytes(), commit)
    return found


def compiled(manifest: Manifest, folders: Folders) -> dict[str, str]:
    """A digest of what each installed extension loads, by path."""
    return {
        inside: loaded_digest(_path(key, folders).read_bytes())
        for key in manifest.files
        for place, inside in [_split(key)]
        if place in LIBRARIES and inside.endswith(COMPILED)
    }


def differing(manifest: Manifest, folders: Folders) -> list[str]:
    """Files of the wheel that are missing or different where they are installed, by path."""
    return [
        _split(key)[1]
        for key, digest in manifest.files.items()
        if _split(key)[0] in folders and _installed(key, folders) != digest
    ]


def is_absent(manifest: Manifest, folders: Folders) -> bool:
    """Whether no file of the wheel is where installers put it."""
    return not any(
        _path(key, folders).exists() for key in manifest.files if _split(key)[0] in folders
    )


def strays(manifest: Manifest, folders: Folders) -> list[Path]:
    """Files that could be imported as a part of the project but belong to no distribution.

    Earlier commits leave them: a module that has been deleted, or an extension that hides a
    module of the same name.
    """
    own = {_path(key, folders) for key in manifest.files}
    found = {
        path
        for library in map(Path, libraries(folders))
        for name in names_of(manifest)
        for path in _candidates(library.joinpath(*name.split(".")))
        if path not in own
    }
    return sorted(found - _of_others(manifest, folders)) if found else []


def remove_strays(manifest: Manifest, folders: Folders) -> None:
    """Remove what an import of the project could find in place of what the wheel has."""
    for path in (*strays(manifest, folders), *outdated_byte_code(manifest, folders)):
        path.unlink(missing_ok=True)


def rivals(manifest: Manifest, folders: Folders) -> list[str]:
    """Distributions from a file of this machine that own a file of the wheel, or a name of it.

    Such as the project under its name at another commit, or a module that has since become a
    package. A library, in contrast, comes from an index.
    """
    taken = {_path(key, folders) for key in manifest.files} | _foreign_entries(manifest, folders)
    return [
        name
        for name, other in _others(manifest, folders)
        if other.read_text("direct_url.json") is not None
        and any(Path(str(other.locate_file(file))) in taken for file in other.files or ())
    ]


def shadowing(manifest: Manifest, folders: Folders) -> list[Path]:
    """Files that an import of the wheel's names would find before the wheel's own."""
    own = {_path(key, folders) for key in manifest.files}
    before = []
    for path in sorted(_foreign_entries(manifest, folders)):
        mine = [_precedence(entry) for entry in _entries(place_of(path)) if entry in own]
        if mine and _precedence(path) < min(mine):
            before.append(path)
    return before


def place_of(entry: Path) -> Path:
    """``.../tiny`` for ``.../tiny/__init__.py`` and for ``.../tiny.abi3.so``."""
    stem = entry.name.split(".")[0]
    return entry.parent if stem == "__init__" else entry.with_name(stem)


def _foreign_entries(manifest: Manifest, folders: Folders) -> set[Path]:
    """Files other than the wheel's that an import of one of its names could load first."""
    own = {_path(key, folders) for key in manifest.files}
    return {
        entry
        for library in map(Path, libraries(folders))
        for name in names_of(manifest)
        for entry in _entries(library.joinpath(*name.split(".")))
        if entry not in own
    }


def _entries(target: Path) -> Iterator[Path]:
    """The files that an import of ``target``, a package or a module, can load first."""
    for path in itertools.chain(target.glob("__init__.*"), target.parent.glob(f"{target.name}.*")):
        if path.suffix in IMPORTABLE and path.is_file():
            yield path


def _precedence(entry: Path) -> tuple[bool, int]:
    """The lowest is found first (importlib.machinery.FileFinder)."""
    is_module = entry.name.split(".")[0] != "__init__"
    return is_module, (".so", ".pyd", ".py", ".pyc").index(entry.suffix)


def outdated_byte_code(manifest: Manifest, folders: Folders) -> Iterator[Path]:
    """Compiled files that are older than the arrival of their source here.

    Python trusts a compiled file if its note of the source's time and size fits. That can happen
    by chance if an installer gives files the times that they have in the wheel.
    """
    for key in manifest.files:
        source = _path(key, folders)
        if source.suffix != ".py" or not source.is_file():
            continue
        for compiled in (source.parent / BYTE_CODE).glob(f"{source.stem}.*.pyc"):
            if compiled.stat().st_mtime_ns < source.stat().st_ctime_ns:
                yield compiled


def _candidates(target: Path) -> Iterator[Path]:
    """Importable files of the package ``target``, or beside it with the same name."""
    beside = target.parent.glob(f"{target.name}.*")
    below = target.rglob("*") if target.is_dir() else ()
    for path in itertools.chain(beside, below):
        if path.suffix in IMPORTABLE and BYTE_CODE not in path.parts and path.is_file():
            yield path


def _of_others(manifest: Manifest, folders: Folders) -> set[Path]:
    """The files of all other distributions of the environment."""
    return {
        Path(str(other.locate_file(file)))
        for _, other in _others(manifest, folders)
        for file in other.files or ()
    }


def _others(
    manifest: Manifest, folders: Folders
) -> Iterator[tuple[str, importlib.metadata.Distribution]]:
    """Every distribution of the environment except the wheel's own, with its name."""
    for other in importlib.metadata.distributions(path=list(libraries(folders))):
        name = _name_of(other)
        if name is not None and canonical(name) != canonical(manifest.distribution):
            yield name, other


def _name_of(distribution: importlib.metadata.Distribution) -> str | None:
    """None if its metadata is gone, as after an uninstallation that was killed."""
    try:
        return distribution.metadata["Name"] or None
    except (importlib.metadata.PackageNotFoundError, FileNotFoundError, KeyError):
        return None


def canonical(name: str) -> str:
    """A distribution's name in the form in which spellings are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _destination(member: str, library: str) -> tuple[str, str]:
    """Where a member of a wheel is installed: sysconfig's name of the place, and the path below."""
    first, _, rest = member.partition("/")
    if first.endswith(".data") and "/" in rest:
        place, _, inside = rest.partition("/")
        return place, inside
    return library, member


def _split(key: str) -> tuple[str, str]:
    place, _, inside = key.partition("/")
    return place, inside


def _path(key: str, folders: Folders) -> Path:
    place, inside = _split(key)
    return Path(folders.get(place, "/nowhere")) / inside


def _installed(key: str, folders: Folders) -> str | None:
    try:
        content = _path(key, folders).read_bytes()
    except OSError:
        return None
    return _digest(content, _split(key)[0])


def _digest(content: bytes, place: str) -> str:
    """A digest; for a script without its first line, which names the python that runs it."""
    if place == "scripts" and content.startswith(b"#!"):
        content = content.partition(b"\n")[2]
    return hashlib.sha256(content).hexdigest()

"""Each side's own checkout, with head's tests laid over base's.

    <gate folder>/tests-of-base/    base's commit; then head's tests, helpers, data and settings
    <gate folder>/tests-of-head/    head's commit

With one checkout for both, pytest would put it on ``sys.path``, and both sides would import head's
code. The two paths are equally long, so that both sides' processes have the same memory layout.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from hotloop.base.files import remove
from hotloop.gate.model import Revision, Side
from hotloop.gate.source import lfs, submodules
from hotloop.gate.source.git import Git, GitFailed
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Source
from hotloop.gate.suites.pytests import names

CHECKOUTS = {side: f"tests-of-{side.value}" for side in Side}
BYTE_CODE = "__pycache__"
CONFTEST = "conftest.py"
UP = ".."
PACKAGE = "__init__.py"
# Folders of tests inside a package; elsewhere a folder of any name may be one.
OF_TESTS = frozenset(
    [
        "test",
        "tests",
        "testing",
        "benchmark",
        "benchmarks",
        "bench",
        "benches",
        "perf",
        "performance",
    ]
)


def check_out(
    project: Project, source: Source, revision: Revision, side: Side
) -> tuple[Path, list[str]]:
    """The project's folder as of ``revision``, exactly as it was committed.

    With its submodules, which may have data or code that tests use; what is said of those, and of
    files, that are not there.
    """
    place = project.gate_folder / CHECKOUTS[side]
    inside = inside_of(project, source)
    variables = source.settings_for_all(revision)
    if not _is_made_new(place, revision, variables):
        remove(place)
        place.mkdir(parents=True)
        submodules.lay_out(place, source.mirror, revision.commit, inside, variables)
    said = submodules.fetch_all(place, source.mirror, revision.commit, variables)
    return place / inside, [*said, *lfs.missing(place, revision.commit)]


def lay_over(base: Path, head: Path, files: Iterable[str], sources: Iterable[str]) -> list[str]:
    """Bring head's tests to base's folder; both are folders of the project.

    ``files`` are test files and settings, relative to it; what lies in the same folder of tests
    comes with them. ``sources`` are folders of the project's own code, whose other files stay.

    Returns the modules, no tests by their names, that came along and are others at base.
    """
    own = [PurePosixPath(source) for source in sources]
    units = sorted({_unit(head, PurePosixPath(file), own) for file in files})
    changed = [module for path in units for module in _changed_code(base, head, path)]
    for path in units:
        _replace(base / path, head / path)
    for path in _conftests(head, own) | _conftests(base, own):
        _replace(base / path, head / path)
    return changed


def lay_over_around(base: Path, head: Path, top: Path, settings: str | None) -> None:
    """Bring head's conftest.py files and settings from the folders around the project's.

    Both are folders of the project; head's lies in the checkout ``top``, and so may ``settings``,
    relative to it.
    """
    files = [Path(UP, *[UP] * level, CONFTEST) for level in range(len(head.relative_to(top).parts))]
    if settings is not None and settings.startswith(UP):
        files.append(Path(settings))
    for file in files:
        new = Path(os.path.normpath(head / file))
        if new.is_relative_to(top):
            _replace(Path(os.path.normpath(base / file)), new)


def lay_over_beside(base: Path, head: Path, top: Path, files: Iterable[str]) -> list[str]:
    """The same as ``lay_over`` for tests beside the project's folder, in head's checkout ``top``.

    Those of ``files``, relative to the project's folder, that lie inside of it are left out.
    """
    places = [Path(os.path.normpath(head / file)) for file in files]
    beside = [
        path.relative_to(top).as_posix()
        for path in places
        if path.is_relative_to(top) and not path.is_relative_to(head)
    ]
    if not beside:
        return []
    up = os.path.relpath(top, head)
    own = head.relative_to(top).as_posix()
    changed = lay_over(Path(os.path.normpath(base / up)), top, beside, [own])
    return [f"{up}/{path}" for path in changed]


def _is_made_new(place: Path, revision: Revision, variables: Mapping[str, str]) -> bool:
    """Undo whatever an earlier run left in the checkout of this commit; False: make another."""
    if not (place / ".git").is_dir():
        return False
    git = Git(place, variables)
    try:
        if git.run("rev-parse", "HEAD") != revision.commit:
            return False
        git.run("checkout", "--quiet", "--force", "--detach", revision.commit)
        git.run("clean", "-ffdxq")
        return not git.run("status", "--porcelain", "--ignore-submodules=all")
    except GitFailed:
        return False


def inside_of(project: Project, source: Source) -> str:
    """The project's folder inside the repository; empty: the repository's own."""
    assert source.tree is not None, "the project's folder is in a working tree"
    inside = project.folder.resolve().relative_to(source.tree.resolve()).as_posix()
    return "" if inside == "." else inside


def _unit(head: Path, file: PurePosixPath, own: Iterable[PurePosixPath]) -> PurePosixPath:
    """The folder of tests that ``file`` is part of, from its top; itself if there is none."""
    for folder in reversed(file.parents[:-1]):
        inside = any(folder == source or source in folder.parents for source in own)
        around = any(folder in source.parents for source in own)
        if not inside and not around and not _has_code(head / folder):
            return folder
        if inside and folder not in own and folder.name in OF_TESTS:
            return folder
    return file


def _has_code(folder: Path) -> bool:
    """Whether code lies beside the tests, in a folder that is not called as one of tests is.

    It may be what they measure: modules without a package, found from where the tests lie.
    """
    if names.LIKE_TESTS.search(folder.name):
        return False
    for path in folder.rglob(f"*{names.PYTHON}"):
        inside = path.relative_to(folder).parts[:-1]
        if _is_code(path, folder) and not any(map(names.LIKE_TESTS.search, inside)):
            return True
    return False


def _is_code(path: Path, around: Path) -> bool:
    """Whether a Python file is no test by its name; that of a package is its folder's.

    Not the package ``around`` itself, and none without content.
    """
    if path.name != PACKAGE:
        return names.is_code(path)
    own = path.parent != around and names.is_code(path.parent.with_suffix(names.PYTHON))
    return own and bool(path.read_bytes().strip())


def _changed_code(base: Path, head: Path, folder: PurePosixPath) -> list[str]:
    """Modules below ``folder`` that both sides have, that are no tests, and that differ."""
    modules = (head / folder).rglob(f"*{names.PYTHON}")
    pairs = ((base / path.relative_to(head), path) for path in modules)
    return sorted(
        new.relative_to(head).as_posix()
        for old, new in pairs
        if _is_code(new, head / folder) and old.is_file() and old.read_bytes() != new.read_bytes()
    )


def _conftests(folder: Path, own: Iterable[PurePosixPath]) -> set[PurePosixPath]:
    """Those outside of folders of tests: at the top, and in folders of the project's code."""
    places = [PurePosixPath(), *own, *(parent for each in own for parent in each.parents)]
    found = {place / CONFTEST for place in places if (folder / place / CONFTEST).is_file()}
    for source in own:
        for path in (folder / source).rglob(CONFTEST):
            found.add(PurePosixPath(path.relative_to(folder).as_posix()))
    return found


def _replace(old: Path, new: Path) -> None:
    """Let ``old`` be what ``new`` is, its absence included."""
    remove(old)
    # Byte code is known by its source's second and size, which another commit's may share.
    for compiled in (old.parent / BYTE_CODE).glob(f"{old.stem}.*"):
        remove(compiled)
    if new.is_dir():
        ignored = shutil.ignore_patterns(BYTE_CODE)
        shutil.copytree(new, old, symlinks=True, ignore=ignored)
    elif new.exists():
        old.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(new, old, follow_symlinks=False)

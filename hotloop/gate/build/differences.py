"""The differences of the two commits, compared with what was built, loaded and readable.

If something differs between the commits but is the same on both sides, one side is not its commit:
another folder was built, the suite loads the checkout of head, or a build came out of a cache. If
that is certain, the run ends (MeasurementError); if it is likely, it is a doubt.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from hotloop.base.errors import MeasurementError
from hotloop.base.units import first_few
from hotloop.gate.build import wheels
from hotloop.gate.build.builds import Builds
from hotloop.gate.build.proof import NO_PACKAGES, SOURCES
from hotloop.gate.model import Contender, Revision, Side
from hotloop.gate.pairs.origins import REMEDY
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Source
from hotloop.gate.suites.asv import CHECKOUTS

# Compiled sources other than Python, or their templates: ``fast.c``, ``fast.c.in``.
COMPILED_SOURCE = re.compile(
    r"\.(c|cc|cpp|cxx|cu|h|hh|hpp|hxx|cuh|inc|ipp|tpp|f|for|f\d\d|pyf|pyx|pxd|pxi|rs|go|zig|s|asm)"
    r"(\.\w+)?$",
    re.IGNORECASE,
)
PYTHON = ".py"
# What a folder has that is built by itself.
BUILT_BY = ("pyproject.toml", "setup.py")
# What decides how a project is built or what is installed beside it.
SETTINGS = re.compile(
    r"(^|/)("
    r"pyproject\.toml|setup\.(py|cfg)|setup_\w+\.py|MANIFEST\.in|asv[\w.]*\.conf\.jsonc?|"
    r"[\w.-]*\.lock|pylock[\w.-]*\.toml|[\w.-]*lock\.(ya?ml|json|toml)|Pipfile|"
    r"[\w.-]*(requirements|constraints)[\w.-]*\.(txt|in|ya?ml)|requirements/[^/]+|"
    r"environment[\w.-]*\.ya?ml|pixi\.toml|hatch\.toml|hatch_build\.py|versioneer\.py|build\.py|"
    r"CMakeLists\.txt|[\w.-]+\.cmake|meson\.build|meson[._]options(\.txt)?|SConstruct|"
    r"(GNU)?[mM]akefile[\w.-]*|[\w.-]+\.mk|BUILD(\.bazel)?|WORKSPACE|configure(\.ac|\.in)?|"
    r"Cargo\.toml|build\.rs|rust-toolchain(\.toml)?|\.cargo/.*|conanfile\.\w+|vcpkg\.json|"
    r"\.gitmodules|\.gitattributes|\.git_archival\.txt|\.python-version"
    r")$"
)
# What decides which tests pytest collects and how it runs them.
OF_PYTEST = re.compile(r"(^|/)(\.?pytest\.(ini|toml)|tox\.ini)$")

Tree = Mapping[str, str]
"""git's hashes of the contents of a commit's files, by path."""


class Readable(NamedTuple):
    """Files that both sides could read as they are at head.

    ``own``: Python files of the project; ``others``: Python files that are not, and the data files
    of its packages; ``data``: everything else.
    """

    own: tuple[str, ...]
    others: tuple[str, ...]
    data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """The differences of two commits of a project; ``trees`` are base's and head's."""

    project: Project
    source: Source
    commits: tuple[str, str]
    trees: tuple[Tree, Tree]

    @staticmethod
    def of(project: Project, source: Source, base: Revision, head: Revision) -> "Differences":
        commits = (base.commit, head.commit)
        trees = (_tree(source, base.commit), _tree(source, head.commit))
        return Differences(project, source, commits, trees)

    def refuse_one_source(self, made: Builds) -> None:
        """MeasurementError if a file that differs between the commits is the same in both wheels.

        Then not asv's checkout of the commit was built but, say, the user's own folder. A version
        file that builds write belongs to neither commit.
        """
        base, head = made.base.proof.sources, made.head.proof.sources
        for path in sorted(path for path, content in base.items() if head.get(path) == content):
            places = self.places_of(path)
            changed = [place for place in places if place in self.trees[0] and self._differ(place)]
            told = all(head[path] in {tree.get(place) for place in places} for tree in self.trees)
            if changed and not told and "version" not in path:
                raise MeasurementError(
                    f"the installed code is not the commits': {changed[0]} differs between them, "
                    "and is the same in both builds; build_command has to build {build_dir}, "
                    "asv's checkout of the commit, and no other folder"
                )

    def refuse_the_package_as_suite(self, folder: Path, made: Builds) -> None:
        """MeasurementError if the suite's ``folder`` is the project's own package.

        Then asv makes an import of the suite's name find head's checkout of it, on both sides. A
        suite that is installed beside the project, like packages of the top folder, is fine.
        """
        name = self.project.suite.name
        names = {*made.base.proof.names, *made.head.proof.names}
        is_all = names == {name} or wheels.canonical(self.project.name) == wheels.canonical(name)
        if self.commits[0] == self.commits[1] or name not in names or not is_all:
            return
        path = (folder.relative_to(self.checkout()) / "__init__.py").as_posix()
        if path in self.trees[1] and self._is_imported_as(path, [name]):
            raise MeasurementError(
                f"both sides import the project from one file: {folder / '__init__.py'}; the "
                f"suite's folder is the package {name} itself, which asv imports from its "
                "checkout of head on both sides: move the benchmarks to a folder of another name "
                "(benchmark_dir)"
            )

    def equal_builds(self, base: Contender, head: Contender) -> Iterator[str]:
        """A doubt if compiled sources differ, but nothing that was compiled from them does.

        A build may have used what an earlier one left in a cache; or only comments differ.
        """
        if not head.proof.compiled or base.proof.compiled != head.proof.compiled:
            return
        changed = self.compiled_sources_that_differ()
        if changed:
            same = first_few(list(head.proof.compiled), 1)
            yield (
                "it is not shown that each side ran its commit's code: they differ in "
                f"{changed[0]}, and their builds are the same in {same}; a build may take it "
                "from a cache"
            )

    def compiled_sources_that_differ(self) -> list[str]:
        """Paths of sources in other languages, of the project's own, that are not the same."""
        own = {path for tree in self.trees for path in self.compiled_sources(tree)}
        return sorted(path for path in own if self._differ(path))

    def compiled_sources(self, tree: Tree) -> list[str]:
        """Paths of a commit's sources in other languages, without those of projects inside it."""
        project = PurePosixPath(self.project.repo_subdir)
        built = {p.parent for p in map(PurePosixPath, tree) if p.name in BUILT_BY}
        inside = {place for place in built if place != project and place.is_relative_to(project)}
        others = inside if project in built else set()
        found = []
        for path in sorted(tree):
            place = PurePosixPath(path)
            if not COMPILED_SOURCE.search(path) or NO_PACKAGES & set(place.parts):
                continue
            if place.is_relative_to(project) and others.isdisjoint(place.parents):
                found.append(path)
        return found

    def loaded_by_both(self, names: Sequence[str], executed: Sequence[str]) -> Iterator[str]:
        """Warnings about code outside the suite that both sides run in head's version.

        ``executed`` are the files that ran when the suite was imported. MeasurementError if one is
        the project's own (imported as ``names``), which a suite may load by its path.
        """
        if self.commits[0] == self.commits[1]:
            return
        checkout = self.checkout().resolve()
        for file in map(Path, executed):
            of_head = file.is_relative_to(checkout)
            if of_head:
                path = file.relative_to(checkout).as_posix()
                if not path.endswith(PYTHON) or not self._differ(path):
                    continue
            elif self.is_the_users(file):
                assert self.source.tree is not None
                path = file.relative_to(self.source.tree.resolve()).as_posix()
            else:
                continue
            if self._is_imported_as(path, names):
                raise MeasurementError(
                    f"both sides import the project from one file: {file}; {REMEDY}"
                )
            if of_head:
                yield (
                    f"both sides run head's {path}, which differs at base: what it costs is not "
                    "judged"
                )

    def readable_by_both(
        self, folder: Path, names: Sequence[str], executed: Sequence[str]
    ) -> Readable:
        """Files of head's checkout, outside the suite's ``folder``, that differ at base.

        The project is imported as ``names``; ``executed`` files are left out.
        """
        own: list[str] = []
        others: list[str] = []
        data: list[str] = []
        for path in self.differing():
            file = self.checkout() / path
            if path not in self.trees[1] or file.is_relative_to(folder):
                continue
            if str(file.resolve()) in executed:
                continue
            if path.endswith(PYTHON):
                kind = own if self._is_imported_as(path, names) else others
            else:
                kind = others if self.is_in_a_package(path, names) else data
            kind.append(str(file))
        return Readable(tuple(own), tuple(others), tuple(data))

    def places_of(self, path: str) -> list[str]:
        """Where the repository may have the file that is installed at ``path``."""
        return [str(folder / path) for folder in self._source_folders()]

    def installed_as(self, path: str) -> list[PurePosixPath]:
        """Where the file at ``path`` of the repository is, if it is installed, in site-packages."""
        place = PurePosixPath(path)
        folders = [folder for folder in self._source_folders() if place.is_relative_to(folder)]
        return [place.relative_to(folder) for folder in folders]

    def is_in_a_package(self, path: str, names: Sequence[str]) -> bool:
        """Whether the file at ``path`` of the repository lies beside installed modules."""
        folders = [
            folder / name.replace(".", "/") for folder in self._source_folders() for name in names
        ]
        return any(PurePosixPath(path).is_relative_to(folder) for folder in folders)

    def differing(self) -> list[str]:
        """The paths of files that are not the same in both, or not in both."""
        return sorted(path for path in {**self.trees[0], **self.trees[1]} if self._differ(path))

    def _differ(self, path: str) -> bool:
        return self.trees[0].get(path) != self.trees[1].get(path)

    def checkout(self) -> Path:
        """The checkout of head's commit, for the suite."""
        return self.project.gate_folder / CHECKOUTS[Side.HEAD]

    def is_the_users(self, file: Path) -> bool:
        """Whether it is in the user's working tree, outside asv's and the gate's own folders."""
        tree = self.source.tree
        if tree is None or not file.is_relative_to(tree.resolve()):
            return False
        return not any(file.is_relative_to(own.resolve()) for own in self.project.own_folders)

    def _source_folders(self) -> list[PurePosixPath]:
        """The folders where the repository may have what is imported."""
        return [PurePosixPath(self.project.repo_subdir) / place for place in SOURCES]

    def _is_imported_as(self, path: str, names: Sequence[str]) -> bool:
        """Whether the file at ``path`` of the repository is one of the installed modules."""
        dotted = [".".join(one.with_suffix("").parts) + "." for one in self.installed_as(path)]
        return any(one.startswith(f"{name}.") for one in dotted for name in names)


def _tree(source: Source, commit: str) -> Tree:
    entries = source.mirror.ask("ls-tree", "-r", "-z", commit).split("\0")
    parted = (entry.partition("\t") for entry in entries if entry)
    return {path: facts.split()[2] for facts, _, path in parted}

"""Which commits are compared, without touching the user's checkout.

    the user's repository ──objects borrowed──> <gate folder>/mirror.git ──cloned by asv──> builds
                                                       ^
    the working tree ("."), with an index of our own ──┘ becomes a commit of the mirror

Nothing is written to the user's repository: no ref, no index, no stash, no object.
"""

import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.files import remove, write_whole
from hotloop.gate.model import SHORT_HASH, Revision, Side
from hotloop.gate.source import lfs, partial, submodules
from hotloop.gate.source.git import KIND, WITHOUT_HOOKS, Git, GitFailed
from hotloop.gate.source.project import Project

WORKING_TREE = "."
SHA256 = "sha256"
SKIPPED_TAG = "S"
# The snapshot of an unchanged tree is the same commit each time, so nothing is built twice.
SNAPSHOT_AUTHOR = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "hotloop gate"), ("EMAIL", "hotloop@localhost"))
}
REFS, HEAD_BRANCH = "refs/heads/", "hotloop-gate-head"
# Of the mirror. Borrowed objects and old snapshots stay until its folder is deleted; git would
# start a process to find out that they do.
CONFIGURED = """[gc]
\tauto = 0
[maintenance]
\tauto = false
[advice]
\taddEmbeddedRepo = false
"""
# asv asks for it in each of its processes, three times where it is not set; nothing depends on it.
FOR_ASV = {"init.defaultBranch": HEAD_BRANCH}
DEEPEN = "fetch the history first: git fetch --unshallow (in CI: check out with fetch-depth: 0)"


@dataclass(frozen=True, slots=True)
class Source:
    """The project's repository: the gate's mirror of it and, if there is one, the user's.

    ``tree`` is the top of the user's working tree (None: no checkout of it here);
    ``home`` is what relative URLs of submodules are relative to.
    """

    mirror: Git
    user: Git | None
    tree: Path | None
    own_folders: tuple[Path, ...]
    home: str

    def resolve(self, name: str) -> Revision:
        """The commit that ``name`` means; ``.`` is the working tree as it is now.

        Raises UsageError for a name that no commit has, MeasurementError if the clone is
        too shallow to know.
        """
        if name == WORKING_TREE:
            return self._snapshot()
        git = self.user or self.mirror
        if not name.strip() or name.startswith("-"):
            raise UsageError(f"{name!r} is no revision; name a branch, a tag or a commit")
        try:
            commit = git.run("rev-parse", "--verify", f"{name}^{{commit}}")
        except GitFailed as error:
            raise self._unknown(git, name, error) from error
        return Revision(commit, name, self._subject(commit))

    def merge_base(self, base: Revision, head: Revision) -> Revision:
        """The commit where head left base. Raises MeasurementError if they share none."""
        try:
            found = self.mirror.run("merge-base", base.commit, head.commit)
        except GitFailed as error:
            what = f"{base.text} and {head.text} have no common ancestor"
            if _is_shallow(self.mirror):
                what = f"{what} in this shallow clone; {DEEPEN}"
            raise MeasurementError(what) from error
        commit = found.split()[0]
        name = f"merge base of {base.name} and {head.name}"
        return Revision(commit, name, self._subject(commit))

    def keep(self, base: Revision, head: Revision) -> None:
        """Give both commits a branch in the mirror, so that clones of it have them, complete.

        Raises MeasurementError if a partial clone cannot be completed.
        """
        if self.user is not None:
            for revision in (base, head):
                objects = str(self.user.place("objects"))
                partial.complete(self.mirror, self.user, revision.commit, objects)
        branches = "".join(
            f"update {REFS}hotloop-gate-{side.value} {revision.commit}\n"
            for side, revision in ((Side.BASE, base), (Side.HEAD, head))
        )
        self.mirror.run("update-ref", "--stdin", given=branches.encode())

    def settings(self, revision: Revision) -> dict[str, str]:
        """Environment variables for checking the revision out of a clone of the mirror."""
        return self._variables(revision, None)

    def settings_for_all(self, revision: Revision) -> dict[str, str]:
        """The same for all of its submodules: from the user's clone, where that has them."""
        return self._variables(revision, self.user)

    def _variables(self, revision: Revision, user: Git | None) -> dict[str, str]:
        """``user``: the clone that may have submodules already."""
        addresses = submodules.addresses(self.mirror, revision.commit, self.home, user)
        configured = WITHOUT_HOOKS | FOR_ASV | lfs.settings(self.user) | addresses
        return submodules.variables(configured)

    def _subject(self, commit: str) -> str:
        return self.mirror.ask("log", "-1", "--format=%s", commit)

    def _unknown(self, git: Git, name: str, error: GitFailed) -> Exception:
        if "ambiguous" in error.words:
            return UsageError(f"{name} is ambiguous: {error.words}; give more of its hash")
        near = git.run("for-each-ref", "--format=%(refname:short)", f"refs/remotes/*/{name}")
        if near:
            return UsageError(f"unknown revision {name}; did you mean {near.splitlines()[0]}?")
        if _is_shallow(git):
            return MeasurementError(f"{name} is not in this shallow clone; {DEEPEN}")
        return UsageError(
            f"unknown revision {name}: no branch, tag or commit of {git.folder} has this name"
        )

    def _snapshot(self) -> Revision:
        """The working tree as a commit of the mirror; HEAD itself if nothing differs."""
        if self.user is None or self.tree is None:
            raise UsageError(
                f"{WORKING_TREE} means the working tree, and there is none here: "
                "name a branch, a tag or a commit"
            )
        index = self.mirror.folder / "snapshot.index"
        remove(index)
        git = Git(
            self.tree,
            SNAPSHOT_AUTHOR
            | {
                "GIT_DIR": str(self.mirror.folder),
                "GIT_WORK_TREE": str(self.tree),
                "GIT_INDEX_FILE": str(index),
            },
        )
        user = Git(self.tree)
        listed = user.run("ls-files", "-t", "--stage", "-z").split("\0")
        tagged = [line.partition(" ") for line in listed if line]
        staged = "".join(f"{entry}\0" for _, _, entry in tagged)
        git.run("update-index", "-z", "--index-info", given=_bytes(staged))
        # Files that a sparse checkout leaves out are not deleted ones.
        skipped = [entry.partition("\t")[2] for tag, _, entry in tagged if tag == SKIPPED_TAG]
        _update_index(git, "--skip-worktree", skipped)
        self._ignore_own_folders(self.user)
        git.run("add", "--all")
        # Another repository inside the tree that is not a submodule counts as untracked.
        nested = _submodules(git.run("ls-files", "--stage", "-z")) - _submodules(staged)
        _update_index(git, "--force-remove", nested)
        tree = git.run("write-tree")
        return self._commit(git, tree)

    def _commit(self, git: Git, tree: str) -> Revision:
        try:
            parent, old = Git(git.folder).run("rev-parse", "HEAD^{commit}", "HEAD^{tree}").split()
        except GitFailed:
            dated = _dated(git, 0)
            commit = dated.run("commit-tree", tree, "-m", "working tree")
            return Revision(commit, WORKING_TREE, "the working tree, before the first commit")
        if old == tree:
            return Revision(parent, WORKING_TREE, self._subject(parent))
        seconds = int(git.run("log", "-1", "--format=%ct", parent))
        message = f"uncommitted changes on {parent[:SHORT_HASH]}"
        commit = _dated(git, seconds).run("commit-tree", tree, "-p", parent, "-m", message)
        return Revision(commit, WORKING_TREE, message)

    def _ignore_own_folders(self, user: Git) -> None:
        """Ignore in the mirror's index what the user ignores, and what asv creates."""
        assert self.tree is not None
        tree = self.tree.resolve()
        listed = user.place("info/exclude")
        patterns = listed.read_bytes() if listed.is_file() else b""
        for folder in self.own_folders:
            if tree in folder.resolve().parents:
                path = folder.resolve().relative_to(tree).as_posix()
                patterns += b"\n/" + re.sub(r"([*?\[\]\\ ])", r"\\\1", path).encode() + b"/"
        exclude = self.mirror.folder / "info" / "exclude"
        exclude.parent.mkdir(exist_ok=True)
        write_whole(exclude, patterns + b"\n")


def open_source(project: Project) -> Source:
    """Find the project's repository and bring the gate's mirror of it up to date.

    Raises UsageError if there is no git repository, MeasurementError if git fails.
    """
    user = _local(project)
    mirror = _mirror(project.gate_folder, user)
    if user is None:
        _fetch_remote(mirror, project.repo)
        return Source(mirror, None, None, (), project.repo)
    _borrow(mirror, user)
    return Source(mirror, user, user.top, project.own_folders, submodules.home(user))


def discard_mirror(project: Project) -> bool:
    """Delete the mirror, so that it is created again; False if that would not help.

    Its borrowed objects may be gone (a history rewritten and pruned, another repository at the
    same path), or a killed git may have left a lock or half an object. If the repository does
    not answer, the mirror is not to blame, and it may have taken long to fetch.
    """
    user = _local(project)
    try:
        Git(project.folder).run("ls-remote", project.repo if user is None else str(user.common))
    except GitFailed:
        return False
    remove(_mirror_folder(project.gate_folder))
    return True


def _local(project: Project) -> Git | None:
    """The repository on this machine; None for a URL without a clone here."""
    folder = project.folder / project.repo
    if folder.is_dir():
        git = Git(folder)
        try:
            _ = git.common
        except GitFailed as error:
            raise UsageError(
                f'{folder.resolve()}, the "repo" of {project.config}, '
                f"is no git repository that can be used ({error.words})"
            ) from error
        return git
    # A clone of the configured URL has more than the URL does: the user's branches.
    git = Git(project.folder)
    try:
        remotes = git.run("config", "--get-regexp", r"^remote\..*\.url$")
    except GitFailed:
        return None
    urls = {line.partition(" ")[2] for line in remotes.splitlines()}
    return git if _address(project.repo) in {_address(url) for url in urls} else None


def _address(url: str) -> str:
    """What all spellings of a repository's URL have in common: host and path."""
    plain = re.sub(r"^[a-z+]+://", "", url.strip().lower())
    plain = plain.rpartition("@")[2].replace(":", "/")
    return plain.rstrip("/").removesuffix(".git")


def _mirror(gate_folder: Path, user: Git | None) -> Git:
    """The gate's repository, made like the user's, whose objects it reads."""
    gate_folder.mkdir(parents=True, exist_ok=True)
    write_whole(gate_folder / ".gitignore", b"*\n")
    folder = _mirror_folder(gate_folder)
    git = Git(folder, {"GIT_DIR": str(folder)})
    made_like = [] if user is None else _made_with(user.kind)
    try:
        if folder.is_dir() and _made_with(git.run("rev-parse", KIND)) != made_like:
            remove(folder)
    except GitFailed:
        remove(folder)
    if not folder.is_dir():
        remove(folder)
        # A clone's HEAD is its remote's.
        branch = [] if user is None else ["-c", f"init.defaultBranch={HEAD_BRANCH}"]
        init = ("init", "--quiet", "--bare", "--template=", *made_like, str(folder))
        Git(gate_folder).run(*branch, *init)
        with (folder / "config").open("a", encoding="utf-8") as config:
            config.write(CONFIGURED)
    return git


def _made_with(kind: str) -> list[str]:
    """git's option for a new repository of that kind."""
    return [f"--object-format={kind}"] if kind == SHA256 else []


def _mirror_folder(gate_folder: Path) -> Path:
    return (gate_folder / "mirror.git").absolute()


def _borrow(mirror: Git, user: Git) -> None:
    """Let the mirror read the user's objects; copy branches and tags (versions need them)."""
    info = mirror.folder / "objects" / "info"
    info.mkdir(exist_ok=True)
    write_whole(info / "alternates", _bytes(f"{user.place('objects')}\n"))
    _copy(user.place("shallow"), mirror.folder / "shallow")
    # As it was made, if it was made for a repository on this machine.
    if (mirror.folder / "HEAD").read_bytes() != _bytes(f"ref: {REFS}{HEAD_BRANCH}\n"):
        mirror.run("symbolic-ref", "HEAD", f"{REFS}{HEAD_BRANCH}")
    partial.allow_missing(mirror, user)
    _fetch(mirror, str(user.common), "--update-shallow")


def _fetch_remote(mirror: Git, url: str) -> None:
    _copy(Path(), mirror.folder / "objects" / "info" / "alternates")
    _copy(Path(), mirror.folder / "shallow")
    _fetch(mirror, url)
    symref = mirror.run("ls-remote", "--symref", url, "HEAD")
    default = re.match(r"ref: (\S+)\tHEAD", symref)
    if default:
        mirror.run("symbolic-ref", "HEAD", default[1])


def _fetch(mirror: Git, url: str, *options: str) -> None:
    branches = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    # The branch that HEAD names may be fetched: no work tree depends on it.
    quietly = ("--quiet", "--prune", "--update-head-ok", "--recurse-submodules=no")
    mirror.run("fetch", *quietly, *options, url, *branches)


def _copy(source: Path, target: Path) -> None:
    """Make ``target`` a copy of ``source``; remove it if ``source`` is not a file."""
    if source.is_file():
        shutil.copyfile(source, target)
    else:
        target.unlink(missing_ok=True)


def _is_shallow(git: Git) -> bool:
    return git.run("rev-parse", "--is-shallow-repository") == "true"


def _submodules(staged: str) -> set[str]:
    entries = (entry.partition("\t") for entry in staged.split("\0"))
    return {path for mode, _, path in entries if mode.startswith(submodules.MODE)}


def _update_index(git: Git, what: str, paths: Collection[str]) -> None:
    if paths:
        git.run("update-index", "-z", what, "--stdin", given=_bytes("\0".join(paths)))


def _dated(git: Git, seconds: int) -> Git:
    dates = {f"GIT_{role}_DATE": f"@{seconds} +0000" for role in ("AUTHOR", "COMMITTER")}
    return Git(git.folder, dict(git.variables) | dates)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")

"""Environments of the gate's own, one in each slot, with a commit's wheel and what tests need.

    <gate folder>/a/env        a virtual environment, used again as long as the same is asked for
    <gate folder>/a/project    the checkout that is built: exactly the commit
    <gate folder>/wheels/      the wheels of commits, for both slots and for later runs

A slot may be base's in one run and head's in the next, whichever leaves less to do.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.files import remove, write_whole
from hotloop.gate.build import wheels
from hotloop.gate.build.builds import SLOTS, assign, differing_libraries
from hotloop.gate.build.installing import FACTS
from hotloop.gate.build.process import Say
from hotloop.gate.build.proof import of_the_checkout
from hotloop.gate.build.shell import Failed, Shell
from hotloop.gate.build.wanted import UV_LOCK, Wanted, wanted_of
from hotloop.gate.model import PYTESTS, Contender, Origin, Proof, PytestRequest, Revision, Side
from hotloop.gate.source import submodules
from hotloop.gate.source.git import Git, GitFailed
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Source
from hotloop.gate.suites.pytests.checkouts import inside_of
from hotloop.gate.suites.pytests.names import SOURCES, importable

STAMP = "installed.json"
# Every suite needs it; what else it needs is asked for.
PYTEST = "pytest"
# asv brings it along. It copies pip, which venv takes seconds to install.
VIRTUALENV = "virtualenv"
# What both sides call the checkout that is built.
PROJECT = "{project}"


def contenders(
    project: Project,
    source: Source,
    commits: Mapping[Side, Revision],
    pythons: Mapping[Side, str | None],
    asked: PytestRequest,
    tests: Path,
    say: Say,
) -> tuple[dict[Side, Contender], list[str]]:
    """Both sides installed, and what is to be said about them.

    ``pythons``: of each side, a path, a version or None; ``tests``: head's folder. Raises
    UsageError for a Python that is not there, MeasurementError if something cannot be installed.
    """
    wanted = wanted_of(project, pythons, asked, tests)
    held = [_read(project.gate_folder / slot / STAMP).get("commit") for slot in SLOTS]
    slots = assign(commits, dict.fromkeys(commits, held))
    shell = Shell(project.build_timeout_s)
    work = {
        side: _Slot(
            project,
            source,
            project.gate_folder / slots[side],
            side,
            commits[side],
            wanted[side],
            shell,
            say,
        )
        for side in commits
    }
    same = commits[Side.BASE].commit == commits[Side.HEAD].commit
    with ThreadPoolExecutor(1 if same else len(work)) as pool, shell:
        futures = {side: pool.submit(slot.install) for side, slot in work.items()}
        made = {}
        for side, future in futures.items():
            try:
                made[side] = future.result()
            except Failed as error:
                raise MeasurementError(
                    f"{side.value}, {commits[side].text}, could not be installed: {error}"
                ) from error
    said: list[str] = []
    if made[Side.BASE].environment == made[Side.HEAD].environment:
        said += differing_libraries(
            made[Side.BASE].distributions, made[Side.HEAD].distributions, project.gate_folder
        )
    return _with_origins(project, made), said


class _Slot:
    """One environment and the checkout beside it."""

    def __init__(
        self,
        project: Project,
        source: Source,
        place: Path,
        side: Side,
        revision: Revision,
        wanted: Wanted,
        shell: Shell,
        say: Say,
    ) -> None:
        self._project = project
        self._source = source
        self._place = place
        self._side = side
        self._revision = revision
        self._wanted = wanted
        self._shell = shell
        self._progress = say
        self._log = project.gate_folder / f"install-{place.name}.log"
        self._environment = place / "env"
        self._python = self._environment / "bin" / "python"

    def install(self) -> Contender:
        """Check out, build, install; what was installed. Raises Failed."""
        self._log.write_bytes(b"")
        checkout = self._check_out()
        key = self._wanted.key(self._uv() is not None)
        stamp = _read(self._place / STAMP)
        if stamp.get("key") != key or not self._starts():
            remove(self._place / STAMP)
            self._create()
            stamp = {}
        wheel = None
        if not self._is_installed_otherwise(checkout, stamp):
            wheel = self._wheel(checkout)
            if stamp.get("commit") != self._revision.commit:
                remove(self._place / STAMP)
                self._install(checkout, wheel)
        facts = self._facts()
        proof = self._proof(wheel, facts, checkout)
        stamp = {"key": key, "commit": self._revision.commit, "wheel": wheel is not None}
        write_whole(self._place / STAMP, json.dumps(stamp).encode())
        return Contender(
            self._side,
            self._revision,
            f"venv-py{facts['python']}",
            self._python,
            self._place,
            (("PATH", self._path()), ("VIRTUAL_ENV", str(self._environment))),
            proof=proof,
            distributions=facts["distributions"],
            runner=PYTESTS,
            places=((str(self._checkout), PROJECT),),
        )

    def _say(self, what: str) -> None:
        self._progress(f"{self._side.value}: {what}")

    def _check_out(self) -> Path:
        """The project's folder as it was committed, with every submodule.

        What an earlier build left stays for now: an editable install runs from there.
        """
        place = self._checkout
        git = Git(place, self._source.settings_for_all(self._revision))
        try:
            if not (place / ".git").is_dir():
                remove(place)
                place.mkdir(parents=True)
                git.run("clone", "--quiet", "--shared", "--no-checkout", str(self._mirror), ".")
            git.run("fetch", "--quiet", "--tags", "--force", "origin")
            git.run("checkout", "--quiet", "--force", "--detach", self._revision.commit)
            if (place / ".gitmodules").is_file():
                update = ("submodule", "--quiet", "update", "--init", "--recursive", "--force")
                git.run(*submodules.LOCAL_TOO, *update)
        except GitFailed as error:
            raise Failed(f"its checkout failed: {error}") from error
        return place / inside_of(self._project, self._source)

    def _clean(self) -> None:
        """Let nothing be in the checkout but what was committed, for a build of it."""
        try:
            git = Git(self._checkout)
            git.run("clean", "-ffdxq")
            if (self._checkout / ".gitmodules").is_file():
                git.run("submodule", "--quiet", "foreach", "--recursive", "git clean -ffdxq")
        except GitFailed as error:
            raise Failed(f"its checkout failed: {error}") from error

    @property
    def _checkout(self) -> Path:
        return self._place / "project"

    @property
    def _mirror(self) -> Path:
        return self._source.mirror.folder

    def _starts(self) -> bool:
        return self._python.exists() and self._shell.succeeds([str(self._python), "-c", ""])

    def _create(self) -> None:
        self._say("making an environment")
        remove(self._environment)
        if self._uv() is not None:
            command = [self._uv(), "venv", "--quiet", "--python", self._wanted.python]
            self._run([*command, str(self._environment)], self._place)
        elif not self._copied():
            self._run([self._wanted.python, "-m", "venv", str(self._environment)], self._place)

    def _copied(self) -> bool:
        """Whether virtualenv has made it: it may be missing, or not know the Python."""
        if not _has_virtualenv():
            return False
        command = [sys.executable, "-m", VIRTUALENV, "--quiet", "--no-download"]
        try:
            self._run(
                [*command, "--python", self._wanted.python, str(self._environment)], self._place
            )
        except Failed:
            remove(self._environment)
            return False
        return True

    def _is_installed_otherwise(self, checkout: Path, stamp: Mapping[str, Any]) -> bool:
        """Whether the user's own commands have installed the project; runs them if necessary."""
        if not self._wanted.asked.installs:
            return False
        if stamp.get("commit") != self._revision.commit:
            remove(self._place / STAMP)
            self._clean()
            self._say(f"installing {self._revision.commit[:8]} by the commands given")
            for command in self._wanted.asked.installs:
                self._run(["sh", "-c", command], checkout)
            self._run_pip("install", "--quiet", PYTEST)
            return self._owns_the_project(checkout)
        return not stamp.get("wheel", True)

    def _owns_the_project(self, checkout: Path) -> bool:
        script = (
            "import importlib.metadata as m, sys\n"
            "said = [d.read_text('direct_url.json') or '' for d in m.distributions()]\n"
            "sys.exit(not any(sys.argv[1] in one for one in said))"
        )
        return self._shell.succeeds([str(self._python), "-c", script, str(checkout.resolve())])

    def _wheel(self, checkout: Path) -> Path:
        """The commit's wheel, built unless an earlier run has kept it; cleans the checkout."""
        tag = hashlib.sha256(
            f"{self._wanted.python} {checkout.relative_to(self._place)}".encode()
        ).hexdigest()[:8]
        kept = self._project.gate_folder / "wheels" / f"{self._revision.commit}-{tag}"
        self._clean()
        found = sorted(kept.glob("*.whl"))
        if found:
            return found[0]
        self._say(f"building {self._revision.commit[:8]}")
        fresh = self._place / "wheel"
        remove(fresh)
        fresh.mkdir(parents=True)
        if self._uv() is not None:
            build = [self._uv(), "build", "--quiet", "--wheel", "--python", str(self._python)]
            self._run([*build, "--out-dir", str(fresh), str(checkout)], checkout)
        else:
            self._run_pip("wheel", "--quiet", "--no-deps", "-w", str(fresh), str(checkout))
        built = sorted(fresh.glob("*.whl"))
        if len(built) != 1:
            raise Failed(f"the build left {len(built)} wheels, not one")
        kept.parent.mkdir(exist_ok=True)
        remove(kept)
        fresh.rename(kept)
        return kept / built[0].name

    def _install(self, checkout: Path, wheel: Path) -> None:
        self._say(f"installing {self._revision.commit[:8]}")
        asked = self._wanted.asked
        if self._side is Side.HEAD:
            refuse_unknown_extras(wheel, asked.extras)
        name = wheel.name.partition("-")[0]
        more: list[str] = [PYTEST, *self._wanted.packages]
        for file in self._wanted.files:
            more += ["-r", str(file)]
        if self._uv() is not None:
            self._sync(checkout)
            more = [each for each in more if each != PYTEST]
        else:
            self._run_pip("uninstall", "--quiet", "-y", name)
        extras = f"[{','.join(asked.extras)}]" if asked.extras else ""
        self._run_pip("install", "--quiet", f"{name}{extras} @ {wheel.as_uri()}", *more)

    def _sync(self, checkout: Path) -> None:
        """What uv.lock says, without the project itself."""
        uv = self._uv()
        assert uv is not None
        command = [uv, "sync", "--quiet", "--frozen", "--no-install-project"]
        for extra in self._wanted.asked.extras:
            command += ["--extra", extra]
        for group in self._wanted.asked.groups:
            command += ["--group", group]
        if not self._is_locked() and self._wanted.lock is not None:
            shutil.copy2(self._wanted.lock, checkout / UV_LOCK)
        self._run(command, checkout, UV_PROJECT_ENVIRONMENT=str(self._environment))

    def _uv(self) -> str | None:
        """uv, if the project has locked its dependencies with it."""
        locked = self._is_locked() or self._wanted.lock is not None
        return shutil.which("uv") if locked else None

    def _is_locked(self) -> bool:
        """Whether this commit has a lock, which may be that of a workspace around the project."""
        top = self._checkout
        folder = top / inside_of(self._project, self._source)
        return any((each / UV_LOCK).is_file() for each in (folder, top))

    def _run_pip(self, *arguments: str) -> None:
        uv = self._uv()
        if uv is None:
            command = [str(self._python), "-m", "pip", "--disable-pip-version-check"]
        else:
            command = [uv, "pip"]
            arguments = (arguments[0], "--python", str(self._python), *arguments[1:])
        self._run([*command, *arguments], self._place)

    def _run(self, command: Sequence[str | None], folder: Path, **variables: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        own = {"PATH": self._path(), "VIRTUAL_ENV": str(self._environment), **variables}
        self._shell.run([str(word) for word in command], folder, self._log, own)

    def _path(self) -> str:
        return os.pathsep.join([str(self._python.parent), os.environ.get("PATH", "")])

    def _facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self._shell.said([str(self._python), "-c", FACTS]))
        return facts

    def _proof(self, wheel: Path | None, facts: Mapping[str, Any], checkout: Path) -> Proof:
        """Compare what is installed with every file of the wheel, or else with the checkout."""
        folders = facts["folders"]
        if wheel is None:
            found = of_the_checkout(self._checkout, checkout, self._revision.commit, folders)
            names = importable(self._project, checkout).names.union(found.names)
            return replace(found, names=tuple(sorted(names)))
        manifest = wheels.read_wheel(wheel)
        wheels.remove_strays(manifest, folders)
        differing = wheels.differing(manifest, folders)
        if differing:
            remove(self._place / STAMP)
            raise Failed(
                f"{differing[0]} is not what was built: delete {self._place}, which is made anew"
            )
        return Proof(
            wheels.names_of(manifest),
            wheels.libraries(folders),
            None,
            wheels.sources(manifest, folders),
            wheels.compiled(manifest, folders),
        )


def _has_virtualenv() -> bool:
    return importlib.util.find_spec(VIRTUALENV) is not None


def refuse_unknown_extras(wheel: Path, asked: Sequence[str]) -> None:
    """UsageError for one that the project does not have, which pip would only warn of."""
    known = wheels.extras_of(wheel)
    for name in asked:
        if wheels.canonical(name) not in map(wheels.canonical, known):
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise UsageError(f"--extra {name}: the project has no such extra; {has}")


def fill(folder: Path, contender: Contender) -> None:
    """Bring the built files that a checkout lacks to its packages.

    pytest may put the checkout on ``sys.path``, before what is installed: then an import has to
    find the same there, extensions included.
    """
    for library in contender.origin.roots:
        for name in contender.proof.names:
            package = Path(library, *name.split("."))
            if not package.is_dir() or package.is_relative_to(folder):
                continue
            for source in SOURCES:
                there = folder / source / package.relative_to(library)
                if there.is_dir():
                    _copy_missing(package, there)


def _copy_missing(package: Path, there: Path) -> None:
    for path in package.rglob("*"):
        target = there / path.relative_to(package)
        if path.is_file() and wheels.BYTE_CODE not in path.parts and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)


def _with_origins(project: Project, made: Mapping[Side, Contender]) -> dict[Side, Contender]:
    names = tuple(sorted({name for each in made.values() for name in each.proof.names}))
    checkouts = (str(project.gate_folder), str(project.folder))
    return {
        side: replace(each, origin=Origin(names, each.proof.roots, checkouts, each.proof.doubt))
        for side, each in made.items()
    }


def _read(stamp: Path) -> dict[str, Any]:
    try:
        content = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}

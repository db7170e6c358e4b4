"""One environment of the gate's own, with a commit's wheel and what tests need.

    <gate folder>/a/env        a virtual environment, used again as long as the same is asked for
    <gate folder>/a/project    the checkout that is built: exactly the commit
    <gate folder>/wheels/      the wheels of commits, for both slots and for later runs

It is one side's in one run and may be the other's in the next (``venvs``).
"""

import hashlib
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotloop.base.errors import UsageError
from hotloop.base.files import remove, write_whole
from hotloop.gate.build import facts, kits, libraries, stand_ins, wheels
from hotloop.gate.build.kits import Link
from hotloop.gate.build.layouts import places_of, put_back
from hotloop.gate.build.process import Say
from hotloop.gate.build.proof import of_the_checkout
from hotloop.gate.build.shell import Failed, Shell
from hotloop.gate.build.variables import fingerprint
from hotloop.gate.build.wanted import UV_LOCK, Wanted
from hotloop.gate.model import PYTESTS, Contender, Proof, Revision, Side
from hotloop.gate.source import submodules
from hotloop.gate.source.git import Git, GitFailed
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Source
from hotloop.gate.suites.pytests.checkouts import inside_of
from hotloop.gate.suites.pytests.names import importable

STAMP = "installed.json"
# Every suite needs it; what else it needs is asked for.
PYTEST = "pytest"
# asv brings it along. It copies pip, which venv takes seconds to install.
VIRTUALENV = "virtualenv"
# What both sides call the checkout that is built.
PROJECT = "{project}"


@dataclass(frozen=True, slots=True)
class Slot:
    """One environment in the folder ``place``, and the checkout beside it."""

    project: Project
    source: Source
    place: Path
    side: Side
    revision: Revision
    wanted: Wanted
    shell: Shell
    say: Say

    def install(self) -> Contender:
        """Check out, build, install; what was installed. Raises Failed."""
        self._log.write_bytes(b"")
        checkout = self._check_out()
        key = self.wanted.key(self._uv() is not None)
        stamp = read_stamp(self.stamp)
        variables = fingerprint(checkout)
        if stamp.get("variables") != variables:
            # Another build of the commit is installed than would be made now.
            stamp.pop("commit", None)
        if stamp.get("key") != key or not self._starts():
            remove(self.stamp)
            self._create()
            stamp = {}
        if stamp.get("commit") != self.revision.commit:
            remove(self.stamp)
            wheel = self._fill(checkout, variables, anew=not stamp)
        else:
            wheel = self._wheel(checkout, variables) if stamp.get("wheel", True) else None
        known = facts.read(self._said())
        asked_for = self._libraries(checkout, known)
        if stamp.get("libraries", asked_for) != asked_for:
            # What the commit before this one wanted may still be there.
            self._create()
            wheel = self._fill(checkout, variables, anew=True)
            known = facts.read(self._said())
        proof = self._proof(wheel, known, checkout)
        stamp = {
            "key": key,
            "commit": self.revision.commit,
            "wheel": wheel is not None,
            "libraries": asked_for,
            "variables": variables,
        }
        write_whole(self.stamp, json.dumps(stamp).encode())
        return Contender(
            self.side,
            self.revision,
            f"venv-py{known['python']}",
            self._python,
            self.place,
            (("PATH", self._path()), ("VIRTUAL_ENV", str(self._environment))),
            proof=proof,
            distributions=known["distributions"],
            runner=PYTESTS,
            places=((str(self._checkout), PROJECT),),
        )

    def keep_objects(self, made: Contender) -> dict[str, Link]:
        """Build the commit once more, beside what is there; how each of its libraries is linked.

        By its path in the folder of libraries. ``made`` is what ``install`` returned, and what is
        installed is the same afterwards. Raises Failed, and NotPlaceable without a linker.
        """
        folder = self.project.gate_folder / f"kit-{self.side.value}"
        variables = stand_ins.prepare(folder, os.environ | {"PATH": self._path()})
        self._say(f"building {self.revision.commit[:8]}")
        if not read_stamp(self.stamp).get("wheel"):
            return self._install_again(made, folder, variables)
        self._clean()
        self._build(self._folder_in_checkout, folder / stand_ins.WHEEL, variables)
        return kits.read(folder)

    def _install_again(
        self, made: Contender, folder: Path, variables: Mapping[str, str]
    ) -> dict[str, Link]:
        """By the user's own commands, which may build where they install; then put it back."""
        libraries = {path: places_of(made, path) for path in made.proof.compiled}
        with put_back((each for places in libraries.values() for each in places), self.stamp):
            self._clean()
            self._run_commands(self._folder_in_checkout, variables)
            return kits.installed(folder, libraries)

    @property
    def stamp(self) -> Path:
        """The file that says what is installed here; without it all is made anew."""
        return self.place / STAMP

    @property
    def _log(self) -> Path:
        return self.project.gate_folder / f"install-{self.place.name}.log"

    @property
    def _environment(self) -> Path:
        return self.place / "env"

    @property
    def _python(self) -> Path:
        return self._environment / "bin" / "python"

    def _say(self, what: str) -> None:
        self.say(f"{self.side.value}: {what}")

    def _check_out(self) -> Path:
        """The project's folder as it was committed, with every submodule.

        What an earlier build left stays for now: an editable install runs from there.
        """
        place = self._checkout
        git = Git(place, self.source.settings_for_all(self.revision))
        try:
            if (place / ".git").is_dir():
                git.run("fetch", "--quiet", "--tags", "--force", "origin")
            else:
                remove(place)
                place.mkdir(parents=True)
                git.run(*submodules.CLONE, str(self._mirror), ".")
            git.run("checkout", "--quiet", "--force", "--detach", self.revision.commit)
            if (place / ".gitmodules").is_file():
                update = ("submodule", "--quiet", "update", "--init", "--recursive", "--force")
                git.run(*submodules.LOCAL_TOO, *update)
        except GitFailed as error:
            raise Failed(f"its checkout failed: {error}") from error
        return self._folder_in_checkout

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
        return self.place / "project"

    @property
    def _folder_in_checkout(self) -> Path:
        return self._checkout / inside_of(self.project, self.source)

    @property
    def _mirror(self) -> Path:
        return self.source.mirror.folder

    def _starts(self) -> bool:
        return self._python.exists() and self.shell.succeeds([str(self._python), "-c", ""])

    def _create(self) -> None:
        self._say("making an environment")
        remove(self._environment)
        if self._uv() is not None:
            command = [self._uv(), "venv", "--quiet", "--python", self.wanted.python]
            self._run([*command, str(self._environment)], self.place)
        elif not self._copied():
            self._run([self.wanted.python, "-m", "venv", str(self._environment)], self.place)

    def _copied(self) -> bool:
        """Whether virtualenv has made it: it may be missing, or not know the Python."""
        if not _has_virtualenv():
            return False
        command = [sys.executable, "-m", VIRTUALENV, "--quiet", "--no-download"]
        try:
            self._run(
                [*command, "--python", self.wanted.python, str(self._environment)], self.place
            )
        except Failed:
            remove(self._environment)
            return False
        return True

    def _fill(self, checkout: Path, variables: str, anew: bool) -> Path | None:
        """Install the commit, ``anew`` or not; its wheel, if the user's commands did not."""
        if self.wanted.asked.installs:
            self._clean()
            self._say(f"installing {self.revision.commit[:8]} by the commands given")
            self._run_commands(checkout, {})
            self._run_pip("install", "--quiet", PYTEST)
            if facts.owns(self._said(), checkout.resolve()):
                return None
        wheel = self._wheel(checkout, variables)
        self._install(checkout, wheel, anew)
        return wheel

    def _libraries(self, checkout: Path, known: Mapping[str, Any]) -> list[str] | None:
        """What the installed commit asks for; None: uv has removed all else."""
        installs = self.wanted.asked.installs
        if self._uv() is not None and not installs:
            return None
        found = libraries.required(wheels.libraries(known["folders"]))
        return [*found, *(libraries.listed(self._checkout, checkout) if installs else ())]

    def _run_commands(self, checkout: Path, variables: Mapping[str, str]) -> None:
        for command in self.wanted.asked.installs:
            self._run(["sh", "-c", command], checkout, variables)

    def _wheel(self, checkout: Path, variables: str) -> Path:
        """The commit's wheel, built unless an earlier run has kept it; cleans the checkout."""
        tag = hashlib.sha256(
            f"{self.wanted.python} {checkout.relative_to(self.place)} {variables}".encode()
        ).hexdigest()[:8]
        kept = self.project.gate_folder / "wheels" / f"{self.revision.commit}-{tag}"
        self._clean()
        found = sorted(kept.glob("*.whl"))
        if found:
            return found[0]
        self._say(f"building {self.revision.commit[:8]}")
        fresh = self.place / "wheel"
        remove(fresh)
        fresh.mkdir(parents=True)
        self._build(checkout, fresh, {})
        built = sorted(fresh.glob("*.whl"))
        if len(built) != 1:
            raise Failed(f"the build left {len(built)} wheels, not one")
        kept.parent.mkdir(exist_ok=True)
        remove(kept)
        fresh.rename(kept)
        return kept / built[0].name

    def _build(self, checkout: Path, folder: Path, variables: Mapping[str, str]) -> None:
        """Build a wheel into ``folder``."""
        if self._uv() is not None:
            build = [self._uv(), "build", "--quiet", "--wheel", "--python", str(self._python)]
            self._run([*build, "--out-dir", str(folder), str(checkout)], checkout, variables)
        else:
            wheel = ("wheel", "--quiet", "--no-deps", "-w", str(folder), str(checkout))
            self._run_pip(*wheel, variables=variables)

    def _install(self, checkout: Path, wheel: Path, anew: bool) -> None:
        """Install the wheel and what tests need; ``anew``: nothing has been installed so far."""
        self._say(f"installing {self.revision.commit[:8]}")
        asked = self.wanted.asked
        if self.side is Side.HEAD:
            refuse_unknown_extras(wheel, asked.extras)
        name = wheel.name.partition("-")[0]
        more: list[str] = [PYTEST, *self.wanted.packages]
        for file in self.wanted.files:
            more += ["-r", str(file)]
        if self._uv() is not None:
            self._sync(checkout)
            more = [each for each in more if each != PYTEST]
        elif not anew:
            self._run_pip("uninstall", "--quiet", "-y", name)
        extras = f"[{','.join(asked.extras)}]" if asked.extras else ""
        self._run_pip("install", "--quiet", f"{name}{extras} @ {wheel.as_uri()}", *more)

    def _sync(self, checkout: Path) -> None:
        """What uv.lock says, without the project itself."""
        uv = self._uv()
        assert uv is not None
        command = [uv, "sync", "--quiet", "--frozen", "--no-install-project"]
        for extra in self.wanted.asked.extras:
            command += ["--extra", extra]
        for group in self.wanted.asked.groups:
            command += ["--group", group]
        if not self._is_locked() and self.wanted.lock is not None:
            shutil.copy2(self.wanted.lock, checkout / UV_LOCK)
        self._run(command, checkout, {"UV_PROJECT_ENVIRONMENT": str(self._environment)})

    def _uv(self) -> str | None:
        """uv, if the project has locked its dependencies with it."""
        locked = self._is_locked() or self.wanted.lock is not None
        return shutil.which("uv") if locked else None

    def _is_locked(self) -> bool:
        """Whether this commit has a lock, which may be that of a workspace around the project."""
        folders = (self._folder_in_checkout, self._checkout)
        return any((each / UV_LOCK).is_file() for each in folders)

    def _run_pip(self, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        uv = self._uv()
        if uv is None:
            command = [str(self._python), "-m", "pip", "--disable-pip-version-check"]
        else:
            command = [uv, "pip"]
            arguments = (arguments[0], "--python", str(self._python), *arguments[1:])
        self._run([*command, *arguments], self.place, variables)

    def _run(
        self,
        command: Sequence[str | None],
        folder: Path,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        own = {"PATH": self._path(), "VIRTUAL_ENV": str(self._environment), **(variables or {})}
        self.shell.run([str(word) for word in command], folder, self._log, own)

    def _path(self) -> str:
        return os.pathsep.join([str(self._python.parent), os.environ.get("PATH", "")])

    def _said(self) -> str:
        return self.shell.said([str(self._python), "-c", facts.PROGRAM])

    def _proof(self, wheel: Path | None, known: Mapping[str, Any], checkout: Path) -> Proof:
        """Compare what is installed with every file of the wheel, or else with the checkout."""
        folders = known["folders"]
        if wheel is None:
            found = of_the_checkout(self._checkout, checkout, self.revision.commit, folders)
            names = importable(self.project, checkout).names.union(found.names)
            return replace(found, names=tuple(sorted(names)))
        manifest = wheels.read_wheel(wheel)
        wheels.remove_strays(manifest, folders)
        differing = wheels.differing(manifest, folders)
        if differing:
            remove(self.stamp)
            raise Failed(
                f"{differing[0]} is not what was built: delete {self.place}, which is made anew"
            )
        return Proof(
            wheels.names_of(manifest),
            wheels.libraries(folders),
            None,
            wheels.sources(manifest, folders, self.revision.commit),
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


def read_stamp(stamp: Path) -> dict[str, Any]:
    """What it says; empty if it is not there, or cut off."""
    try:
        content = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}

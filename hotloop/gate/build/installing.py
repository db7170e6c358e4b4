"""What asv does for the gate: it chooses environments and installs a commit in one.

Each function gets a request of ``builder``'s and works in its process. asv is imported there.
"""

import contextlib
import functools
import json
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

from hotloop.base.decoding import encode
from hotloop.gate.build import facts, libraries, proof, stand_ins, wheels
from hotloop.gate.model import Proof
from hotloop.gate.source.git import GitFailed

# asv's own, for a configuration without a build_command.
DEFAULT_BUILD = (
    "PIP_NO_BUILD_ISOLATION=0 python -m build",
    "python -m pip wheel -w {build_cache_dir} {build_dir}",
)

# Beside asv's own stamp: the libraries that the commit asked for.
LIBRARIES = "hotloop-libraries.json"
# A command that may install more than what was built.
INSTALLING = re.compile(r"install|sync|update|\.sh\b")

Request = Mapping[str, Any]


def choose(request: Request) -> list[dict[str, object]]:
    """For each specifier: its environments, and what the slots already hold of the first one.

    A specifier is asv's (``asv run -E``) or a name of the matrix; None: the whole matrix. If
    it means no environment, as an empty one does, the answer has the existing names.
    """
    asked = request["specifiers"]
    # Usually the same for both sides.
    answers = {specifier: _choice(request, specifier) for specifier in dict.fromkeys(asked)}
    return [answers[specifier] for specifier in asked]


def create(request: Request) -> None:
    """Create the environment in the slot, if it is not there."""
    environment, _ = _in_slot(request)
    environment.create()


def install(request: Request) -> dict[str, object]:
    """Install the commit in the slot's environment, if it is not; returns what processes need.

    asv's own stamp says what is installed. It is removed before anything is changed and
    written when all is done. What is installed is compared with what was built. If the commit
    asks for other libraries than the last one here, the environment is made anew.
    """
    environment, conf = _in_slot(request)
    if not environment.can_install_project():
        found = proof.of_existing(conf.project)
        return _installed(environment, environment._executable, _facts(environment), found)
    environment.create()
    known, found = _fill(request, environment, conf)
    note = Path(environment._path, LIBRARIES)
    asked_for = _libraries(environment, known)
    if _held(note) not in (None, asked_for):
        shutil.rmtree(environment._path)
        environment, conf = _in_slot(request)
        environment.create()
        known, found = _fill(request, environment, conf)
    note.write_text(json.dumps(asked_for), encoding="utf-8")
    return _installed(environment, environment.find_executable("python"), known, found)


def _fill(request: Request, environment: Any, conf: Any) -> tuple[dict[str, Any], Proof]:
    """Install the commit in an environment that is there; its facts, and what was shown."""
    commit, repo = request["commit"], _repository(conf)
    _adopt_wheel(environment, conf, Path(request["sibling"]), commit)
    found_installed = environment.installed_commit_hash == commit
    environment.install_project(conf, repo, commit)
    known = _facts(environment)

    def again() -> None:
        environment._set_installed_commit_hash(None)
        environment.install_project(conf, repo, commit)
        known.update(_facts(environment))

    try:
        found = proof.prove(environment, commit, known["folders"], found_installed, again)
    except proof.NotTheCommits:
        # So that no later run takes it for installed.
        environment._set_installed_commit_hash(None)
        raise
    return known, found


def _repository(conf: Any) -> Any:
    """asv's, which asks for submodules only where there are any.

    It asks twice for each checkout, and once more for a clone, which is of no commit yet, of a
    script that starts fifty processes.
    """
    from asv.repo import get_repo

    repo = get_repo(conf)
    run = repo._run_git

    def where_needed(arguments: list[str], cwd: Any = True, **options: Any) -> Any:
        if "submodule" in arguments:
            places = (Path(cwd, ".gitmodules"), Path(cwd, ".git", "modules"))
            if not any(place.exists() for place in places):
                return ""
        if arguments[:1] == ["clone"]:
            arguments = [each for each in arguments if each != "--recursive"]
        return run(arguments, cwd=cwd, **options)

    repo._run_git = where_needed
    return repo


def _libraries(environment: Any, known: Mapping[str, Any]) -> list[str]:
    """What the commit that is installed asks for, as far as asv's commands install it."""
    found: list[str] = []
    installs = _list(environment._install_command)
    if not installs or any("--no-deps" not in each for each in installs):
        found += libraries.required(wheels.libraries(known["folders"]))
    commands = [*_list(environment._build_command), *installs]
    if any(INSTALLING.search(each) and "{wheel_file}" not in each for each in commands):
        root = Path(environment._build_root)
        with contextlib.suppress(GitFailed):
            found += libraries.listed(root, root / (environment._repo_subdir or ""))
    return found


def _list(commands: Any) -> list[str]:
    """asv takes a single command without brackets, too."""
    return [commands] if isinstance(commands, str) else list(commands or ())


def _held(note: Path) -> object:
    """What the commit asked for that was here before; None: there was none, or nobody noted it."""
    with contextlib.suppress(OSError, ValueError):
        return json.loads(note.read_text(encoding="utf-8"))
    return None


def keep_objects(request: Request) -> None:
    """Build the commit once more, to keep the objects that its libraries are linked from.

    Everything goes into the folder ``kit``, and what is installed stays as it is; but where no
    wheel is built, the commit is installed once more, for the caller to put back.
    """
    environment, conf = _in_slot(request)
    folder, repo, commit = Path(request["kit"]), _repository(conf), request["commit"]
    present = {**os.environ, **environment.build_env_vars}
    variables = environment.build_env_vars | stand_ins.prepare(folder, present)
    environment.checkout_project(repo, commit)
    build_dir = Path(environment._build_root, environment._repo_subdir or "")
    wheel = folder / stand_ins.WHEEL
    environment._set_build_dirs(str(build_dir), str(wheel))
    build = environment._build_command
    commands = list(DEFAULT_BUILD) if build is None else build
    environment._interpolate_and_run_commands(
        commands, default_cwd=str(build_dir), extra_env=variables
    )
    if environment._install_command and not any(wheel.glob("*.whl")):
        environment._interpolate_and_run_commands(
            environment._install_command, default_cwd=str(build_dir), extra_env=variables
        )


def _facts(environment: Any) -> dict[str, Any]:
    """The versions of the libraries, and the folders where the environment installs."""
    return facts.read(environment.run(["-c", facts.PROGRAM], dots=False))


def _installed(
    environment: Any, python: str, known: Mapping[str, Any], found: Proof
) -> dict[str, object]:
    return {
        "python": python,
        "variables": _variables(environment, python),
        "distributions": known["distributions"],
        "proof": encode(found),
    }


def _in_slot(request: Request) -> tuple[Any, Any]:
    conf = _configuration(request, request["slot"])
    (environment,) = (
        found
        for found in _environments(conf, request["specifier"])
        if found.name == request["environment"]
    )
    return environment, conf


def _choice(request: Request, specifier: str | None) -> dict[str, object]:
    with _warnings() as warnings:
        found: Sequence[Any] = []
        if specifier != "":
            found = _running(_environments(_configuration(request, None), specifier))
    if not found:
        return {
            "environments": [],
            "unavailable": list(dict.fromkeys(warnings)),
            "known": [] if specifier is None else _names(_configuration(request, None)),
        }
    first = found[0]
    held = []
    if first.can_install_project():
        for slot in request["slots"]:
            (there,) = (
                environment
                for environment in _environments(_configuration(request, slot), specifier)
                if environment.name == first.name
            )
            # Should it not start, it is made anew in the slot that was chosen for it.
            held.append(there.installed_commit_hash)
    return {
        "environments": [environment.name for environment in found],
        "installs": first.can_install_project(),
        "held": held,
        "unavailable": list(dict.fromkeys(warnings)),
    }


def _configuration(request: Request, slot: str | None) -> Any:
    """The configuration; with ``slot``, for environments there and the mirror's commits."""
    from asv.plugin_manager import plugin_manager

    conf = copy(read(request))
    for plugin in conf.plugins:
        plugin_manager.import_plugin(plugin)
    conf.dvcs = "git"
    conf.repo = request["mirror"]
    if slot is not None:
        conf.env_dir = slot
        # With 0 asv deletes the wheel before it can be compared with what is installed.
        conf.build_cache_size = max(1, int(getattr(conf, "build_cache_size", 2)))
    return conf


def read(request: Request) -> Any:
    """The configuration as it is in the file, whose comments take asv a tenth of a second."""
    return _parsed(request["config"], Path(request["config"]).read_bytes())


@functools.cache
def _parsed(path: str, content: bytes) -> Any:
    """``content`` is the file's: whoever changes it means another configuration."""
    from asv.config import Config

    return Config.load(path)


def _environments(conf: Any, specifier: str | None) -> list[Any]:
    from asv.environment import get_environments

    if not conf.environment_type and specifier:
        # asv requires a type; the specifier names one.
        conf.environment_type = specifier.partition(":")[0]
    distinct: dict[str, Any] = {}
    for environment in get_environments(conf, [specifier] if specifier else None):
        distinct.setdefault(environment.name, environment)
    return list(distinct.values())


def _names(conf: Any) -> list[str]:
    """All of the matrix that this machine can create; empty if asv cannot say."""
    from asv.environment import EnvironmentUnavailable

    with contextlib.suppress(Exception, EnvironmentUnavailable):
        return [environment.name for environment in _running(_environments(conf, None))]
    return []


def _running(found: Sequence[Any]) -> list[Any]:
    """Those whose Python starts; a warning says why others do not."""
    pythons = {getattr(environment, "_executable", None) for environment in found}
    faults = {python: _fault(python) for python in pythons if python is not None}
    kept = []
    for environment in found:
        fault = faults.get(getattr(environment, "_executable", None))
        if fault is None:
            kept.append(environment)
        else:
            logging.getLogger().warning(fault)
    return kept


def _fault(python: str) -> str | None:
    """Why this Python does not start, if it does not.

    asv accepts any file of the right name; a version manager has one for each Python that it
    knows, whether or not it can be used here.
    """
    try:
        ended = subprocess.run(
            [python, "-c", ""], stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
    except OSError as error:
        return f"{python} does not run ({error.strerror or error})"
    if ended.returncode == 0:
        return None
    said = ended.stderr.strip().partition("\n")[0] or f"exit code {ended.returncode}"
    return f"{python} does not run ({said})"


def _adopt_wheel(environment: Any, conf: Any, sibling: Path, commit: str) -> None:
    """Use the other slot's wheel of this commit, if it has one, so that nothing is built twice.

    asv's cache knows only commits. A wheel that other commands or settings built is not used,
    and deleted if it is this slot's own.
    """
    from asv.build_cache import BuildCache

    own = environment._cache
    if not _built_alike(environment, Path(environment._path)):
        shutil.rmtree(own._path, ignore_errors=True)
    there = sibling / environment.dir_name
    ready = BuildCache(conf, str(there)).get_cache_dir(commit)
    if (
        ready is None
        or environment.installed_commit_hash == commit
        or own.get_cache_dir(commit) is not None
        or not _built_alike(environment, there)
    ):
        return
    # The other side may be making its environment anew.
    with contextlib.suppress(OSError):
        shutil.copytree(ready, own.create_cache_dir(commit), dirs_exist_ok=True)
        own.finalize_cache_dir(commit)


def _built_alike(environment: Any, folder: Path) -> bool:
    """Whether asv's stamp in ``folder`` is for the commands that are configured now."""
    from asv.util import UserError, load_json

    try:
        stamp = load_json(str(folder / "asv-install-status.json"), api_version=1)
    except (UserError, OSError):
        return False
    return bool(stamp.get("install_checksum") == environment._get_install_checksum())


def _variables(environment: Any, python: str) -> dict[str, str]:
    """What asv sets for a benchmark's process; the same with or without a build."""
    variables = {key: str(value) for key, value in environment.env_vars.items()}
    if environment.can_install_project():
        for key, value in environment._global_env_vars.items():
            if not key.startswith("ASV_BUILD_"):
                variables[key] = str(value)
        folders = [str(Path(python).parent), variables.get("PATH", os.environ.get("PATH", ""))]
        variables["PATH"] = os.pathsep.join(filter(None, folders))
        variables["PIP_USER"] = "false"
    # asv drops PYTHONPATH, because the project could be imported from there.
    own_path = os.environ.get("ASV_PYTHONPATH", "")
    variables["PYTHONPATH"] = variables.get("ASV_PYTHONPATH", own_path)
    return variables


@contextlib.contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collects asv's warnings: why an environment of the matrix is not available."""
    said: list[str] = []
    handler = Tap(said.append, logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield said
    finally:
        logging.getLogger().removeHandler(handler)


class Tap(logging.Handler):
    """Passes on the first line of every message of one level."""

    def __init__(self, tell: Callable[[str], object], level: int) -> None:
        super().__init__(level)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == self.level:
            self._tell(str(record.msg).partition("\n")[0].strip())


WORK: dict[str, Callable[[Request], object]] = {
    "choose": choose,
    "create": create,
    "install": install,
    "keep_objects": keep_objects,
}

"""Running git: one repository, no prompts, no locks, errors as one sentence."""

import hashlib
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hotloop.base.errors import MeasurementError

# These point git at another repository, for example inside a git hook.
FOREIGN = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)
PLACES = ("objects", "shallow", "info/exclude")
COMMON, KIND, TOP = "--git-common-dir", "--show-object-format", "--show-toplevel"
# What is asked for together with the first of them: each start of git takes milliseconds.
TOGETHER = ((COMMON,), *(("--git-path", name) for name in PLACES), (KIND,), (TOP,))
# Of a repository made with `git init --object-format=sha256`.
SHA256_DIGITS = 64
# How git says below its error, in a line of its own, what to do about another owner's repository.
REMEDY = "git config --global --add safe.directory"
# The user's hooks (``core.hooksPath`` of all repositories) are not for the gate's own: one that
# ends with an error would end the run, and one that builds something would do it in a checkout.
WITHOUT_HOOKS = {"core.hooksPath": os.devnull}


class GitFailed(MeasurementError):
    """A git command failed; ``words`` is its message."""

    def __init__(self, arguments: tuple[str, ...], words: str) -> None:
        self.words = words
        super().__init__(f"git {' '.join(arguments)} failed: {words}")


def clean_environment() -> dict[str, str]:
    """This process's variables, without those that point git at another repository."""
    return {key: value for key, value in os.environ.items() if key not in FOREIGN}


@dataclass(frozen=True, slots=True)
class Git:
    """git in ``folder``; ``variables`` choose a repository, a work tree and an index."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    _known: dict[tuple[str, ...], str] = field(default_factory=dict, compare=False, repr=False)

    def run(self, *arguments: str, given: bytes = b"") -> str:
        """Standard output without the last newline. Raises GitFailed unless git ends with 0."""
        environment = clean_environment() | {
            # No lock on the index just to refresh it, no prompt, no translated message.
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        try:
            done = subprocess.run(
                ["git", *_options(WITHOUT_HOOKS), *arguments],
                cwd=self.folder,
                env=environment | dict(self.variables),
                input=given,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise MeasurementError("git was not found; install it or put it on PATH") from error
        if done.returncode != 0:
            raise GitFailed(arguments, _one_line(done.stderr))
        return done.stdout.decode(errors="surrogateescape").removesuffix("\n")

    def ask(self, *arguments: str) -> str:
        """The same, asked once: for what stays as it is while a gate runs."""
        if arguments not in self._known:
            self._known[arguments] = self.run(*arguments)
        return self._known[arguments]

    def settings(self, pattern: str) -> dict[str, str]:
        """What is configured under names that match ``pattern`` from their start on."""
        listed = self._said("config", "-z", "--list").split("\0")
        entries = (entry.partition("\n") for entry in listed)
        # A name alone stands for true.
        return {
            name: value if line else "true"
            for name, line, value in entries
            if re.match(pattern, name)
        }

    def place(self, name: str) -> Path:
        """Where the repository keeps ``name``: objects, shallow, info/exclude."""
        return self._absolute(self._about("--git-path", name))

    @property
    def common(self) -> Path:
        """What all work trees of the repository share."""
        return self._absolute(self._about(COMMON))

    @property
    def kind(self) -> str:
        """How it names objects; a git that knows one way repeats our question."""
        return self._about(KIND)

    @property
    def top(self) -> Path | None:
        """The top of the work tree; None: a bare repository."""
        try:
            return Path(self._about(TOP))
        except GitFailed:
            return None

    def _about(self, *question: str) -> str:
        """Raises GitFailed where there is no repository that git would use."""
        if question in TOGETHER:
            words = (word for each in TOGETHER for word in each)
            lines = self._said("rev-parse", *words).split("\n")
            # Else a path of several lines, or something has no answer.
            if len(lines) == len(TOGETHER):
                return lines[TOGETHER.index(question)]
        return self.ask("rev-parse", *question)

    def _said(self, *arguments: str) -> str:
        """What git says, asked once; nothing if it fails."""
        try:
            return self.ask(*arguments)
        except GitFailed:
            return self._known.setdefault(arguments, "")

    def _absolute(self, path: str) -> Path:
        return (self.folder / path).resolve()


def hash_of(content: bytes, commit: str) -> str:
    """What git calls a file of this content (git-hash-object(1)) where it calls a commit so."""
    blob = b"blob %d\0%b" % (len(content), content)
    algorithm = "sha256" if len(commit) == SHA256_DIGITS else "sha1"
    return hashlib.new(algorithm, blob, usedforsecurity=False).hexdigest()


def _options(settings: Mapping[str, str]) -> list[str]:
    return [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]


def _one_line(words: bytes) -> str:
    lines = words.decode(errors="replace").strip().splitlines()
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
    remedy = next((line.strip() for line in lines if REMEDY in line), None)
    said = telling[0].strip() if telling else "it said nothing"
    return said if remedy is None else f"{said}: call {remedy}"

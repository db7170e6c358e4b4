"""Is the installed code the commit's? Real wheels, folders and commits, but no environment."""

import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate.build import proof
from hotloop.gate.build.builds import Builds
from hotloop.gate.build.differences import Differences
from hotloop.gate.model import Contender, Proof, Request, Revision, Side
from hotloop.gate.preparation import resolved
from hotloop.gate.source import project
from hotloop.gate.source.git import hash_of
from tests import tiny_project
from tests.tiny_project import MODULE


def wheel(folder: Path, answer: int) -> Path:
    """The wheel of ``tiny``, which says ``answer``."""
    folder.mkdir(parents=True)
    files = {
        **tiny_project.answering(answer),
        "tiny-0.dist-info/METADATA": "Name: tiny\nVersion: 0\n",
        "tiny-0.dist-info/WHEEL": "Root-Is-Purelib: true\n",
    }
    with zipfile.ZipFile(folder / "tiny-0-py3-none-any.whl", "w") as made:
        for name, text in files.items():
            made.writestr(name, text)
    return folder / "tiny-0-py3-none-any.whl"


@dataclass
class Environment:
    """What the proof asks of one of asv's: where it is, its wheels, its commands, its Python."""

    _path: str
    wheels: Path
    _install_command: list[str]
    ran: list[list[str]] = field(default_factory=list)

    @property
    def _cache(self) -> "Environment":
        return self

    def get_cache_dir(self, commit: str) -> str | None:
        return str(self.wheels / commit)

    def run(self, words: list[str], **_: object) -> None:
        self.ran.append(words)


def proved(
    folder: Path, command: str, installs_again: Callable[[Path, Path], None]
) -> tuple[Environment, Callable[[], Proof]]:
    """An environment that holds commit 1 where the wheel of commit 2 has been built."""
    library = folder / "library"
    with zipfile.ZipFile(wheel(folder / "wheels" / "one", 1)) as old:
        old.extractall(library)
    built = wheel(folder / "wheels" / "two", 2)
    environment = Environment(str(folder), folder / "wheels", [command])
    folders = dict.fromkeys(("purelib", "platlib", "scripts", "data"), str(library))

    def prove() -> Proof:
        return proof.prove(
            environment, "two", folders, False, lambda: installs_again(built, library)
        )

    return environment, prove


def extract(built: Path, library: Path) -> None:
    with zipfile.ZipFile(built) as opened:
        opened.extractall(library)


UNINSTALL = ["-m", "pip", "uninstall", "-y", "tiny"]


def test_what_is_left_of_another_commit_is_uninstalled_and_installed_again(tmp_path: Path) -> None:
    environment, prove = proved(tmp_path, "install {wheel_file}", extract)
    found = prove()
    assert environment.ran == [UNINSTALL]
    assert (found.doubt, found.names) == (None, ("tiny",))
    assert list(found.sources) == [MODULE]


def test_what_differs_even_then_is_not_the_commits(tmp_path: Path) -> None:
    environment, prove = proved(tmp_path, "pass {wheel_file}", lambda *_: None)
    with pytest.raises(proof.NotTheCommits) as caught:
        prove()
    assert environment.ran == [UNINSTALL]
    assert str(caught.value).startswith(f"the installed code is not the commit's: {MODULE} differ")
    assert "add --force-reinstall to install_command" in str(caught.value)


@pytest.mark.parametrize(
    ("answers", "is_refused"), [((3, 3), True), ((1, 2), False), ((2, 2), True)], ids=str
)
def test_a_file_that_both_builds_have_from_elsewhere_is_refused(
    tmp_path: Path, answers: tuple[int, int], is_refused: bool
) -> None:
    found = project.load(tiny_project.make(tmp_path))
    source, commits, _ = resolved(found, Request("HEAD~1", "HEAD"), lambda *_: None)

    def made(side: Side, revision: Revision, answer: int) -> Contender:
        text = tiny_project.answering(answer)[MODULE].encode()
        sources = {MODULE: hash_of(text, revision.commit)}
        proof = Proof(("tiny",), (), None, sources)
        return Contender(side, revision, "", Path(sys.executable), tmp_path, proof=proof)

    base, head = (
        made(side, commits[side], answer) for side, answer in zip(Side, answers, strict=True)
    )
    builds = Builds(base, head, (), (), ())
    differences = Differences.of(found, source, base.revision, head.revision)
    if not is_refused:
        differences.refuse_one_source(builds)
        return
    with pytest.raises(MeasurementError, match=r"tiny/__init__.py .* build_command"):
        differences.refuse_one_source(builds)

"""Two commits of a small project, each in an environment of its own, to ask what a change touches.

All of it is real but the builds: git, the checkouts of the suites, the environments and the
workers. What a build would install is copied from the commit.
"""

import base64
import csv
import hashlib
import io
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from hotloop.gate.affected.select import Selection, select
from hotloop.gate.build import wheels
from hotloop.gate.build.differences import Differences
from hotloop.gate.model import Benchmark, Contender, Origin, Proof, Request, Side
from hotloop.gate.preparation import Prepared
from hotloop.gate.prepare_asv import lay_out
from hotloop.gate.source.project import load
from hotloop.gate.suites.asv import check_out, discover
from tests import environments, tiny_project

Files = Mapping[str, str]
Written = Mapping[str, str | bytes]
"""What a build writes beside what it copies."""
NOTHING: Written = {}
SUITE = {"benchmarks/__init__.py": ""}
# Has nothing to do with the project.
OTHER = {"benchmarks/other.py": "def time_other():\n    sum(range(10))\n"}
CALLS_WORK = "import tiny.core\ndef time_it():\n    tiny.core.work()\n"
WORK = "def work():\n    return 1\n"
SPEED = "benchmarks/speed.py"
CHANGES = Path(__file__).parent / "affected"


class Workshop:
    """A repository and two environments, used for one change after another."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder = folder / "repository"
        self.folder.mkdir(parents=True)
        tiny_project.git(self.folder, "init", "--quiet", "--initial-branch=main")
        tiny_project.configure(self.folder)
        self.environments = {side: folder / "ab"[n] / "env" for n, side in enumerate(Side)}
        for place in self.environments.values():
            environments.bare(place, python)
        self.may_fork = True

    def library(self, side: Side) -> Path:
        """Where a side's modules are installed."""
        (found,) = self.environments[side].glob("lib/python3*/site-packages")
        return found

    def commit(self, files: Files) -> str:
        """A commit of ``files`` and nothing else; its hash."""
        for entry in self.folder.iterdir():
            if entry.name not in (".git", ".asv", "asv.conf.json"):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        rest = {"pyproject.toml": tiny_project.PYPROJECT, ".gitignore": ".asv\n"}
        return tiny_project.commit(self.folder, "files", rest | SUITE | dict(files))

    def select(self, base: Files, head: Files, *written: Written) -> Selection:
        """What a change from ``base`` to ``head`` touches; ``written``: by each side's build."""
        return select(self.prepare(base, head, *written), lambda *_: None)

    def untouched(self, base: Files, head: Files) -> set[str]:
        return {each.label for each in self.select(base, head).untouched}

    def prepare(
        self, base: Files, head: Files, at_base: Written = NOTHING, at_head: Written = NOTHING
    ) -> Prepared:
        commits = (self.commit(base), self.commit(head))
        tiny = load(self.folder / "asv.conf.json")
        source, *revisions, suite = lay_out(tiny, Request(*commits))
        assert suite is not None
        sides = []
        builds = ({**_package(base), **at_base}, {**_package(head), **at_head})
        for side, revision, build in zip(Side, revisions, builds, strict=True):
            proof = self._install(side, revision.commit, build)
            python = self.environments[side] / "bin" / "python"
            sides.append(Contender(side, revision, "env", python, suite, proof=proof))
        names = tuple({name: None for side in sides for name in side.proof.names})
        base_side, head_side = (
            replace(side, origin=Origin(names, side.proof.roots)) for side in sides
        )
        check_out(tiny, source, revisions[0], Side.BASE)
        found = discover(tiny, head_side, base_side, None, ())
        differences = Differences.of(tiny, source, *revisions)
        return Prepared(
            base_side, head_side, found, (), (), may_fork=self.may_fork, differences=differences
        )

    def _install(self, side: Side, commit: str, content: Written) -> Proof:
        library = self.library(side)
        for old in library.glob("tiny*"):
            shutil.rmtree(old)
        for name, text in content.items():
            (library / name).parent.mkdir(parents=True, exist_ok=True)
            made = text if isinstance(text, bytes) else text.encode()
            (library / name).write_bytes(made)
        info = library / "tiny-0.dist-info"
        metadata = "Metadata-Version: 2.1\nName: tiny\nVersion: 0\n"
        info.mkdir(exist_ok=True)
        if not (info / "METADATA").exists():
            (info / "METADATA").write_text(metadata)
        files = [path for path in library.glob("tiny*/**/*") if path.is_file()]
        record = io.StringIO()
        for path in files:
            written = path.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(written).digest()).decode()
            inside = path.relative_to(library).as_posix()
            csv.writer(record).writerow([inside, f"sha256={digest}", len(written)])
        (info / "RECORD").write_text(record.getvalue())
        names = {str(path.relative_to(library)): "" for path in files}
        manifest = wheels.Manifest("tiny", {f"purelib/{name}": "" for name in names})
        folders = {"purelib": str(library), "platlib": str(library)}
        return Proof(
            wheels.names_of(manifest),
            (str(library),),
            None,
            wheels.sources(manifest, folders, commit),
            wheels.compiled(manifest, folders),
        )


def _package(files: Files) -> Files:
    return {name: text for name, text in files.items() if name.startswith("tiny/")}


def project(core: str, suite: str = CALLS_WORK, **more: str) -> dict[str, str]:
    """A package with the module ``core``, a suite, and other files by their names."""
    return {"tiny/__init__.py": "", "tiny/core.py": core, SPEED: suite, **OTHER, **more}


def changes(name: str, around: Files | None = None) -> dict[str, tuple[Files, Files]]:
    """What is in ``tests/affected/NAME.txt``, as files of base and of head.

    ``around``: what both have beside; by default a suite of asv's and its project.
    """
    _, *parts = re.split(r"(?m)^## ", (CHANGES / f"{name}.txt").read_text(encoding="utf-8"))
    found: dict[str, tuple[Files, Files]] = {}
    for part in parts:
        title, _, rest = part.partition("\n")
        what, _, values = title.partition(": ")
        at_base, _, at_head = values.partition(" | ")
        sides = {"base": at_base, "head": at_head}
        files = {side: dict(project(WORK) if around is None else around) for side in sides}
        for section in re.split(r"(?m)^== ", rest)[1:]:
            place, _, content = section.partition("\n")
            path, _, only = place.partition(" (only ")
            for side, value in sides.items():
                if only in ("", f"{side})"):
                    files[side][path] = f"{content.rstrip()}\n".replace("§", value)
        found[what] = (files["base"], files["head"])
    return found


class Together:
    """Many changes in one project, each with a package and modules of the suite of its own.

    One build and one discovery serve all of them. ``base`` and ``head`` are the files of both
    commits, with ``OTHER`` beside the changes.
    """

    def __init__(self, all_changes: Mapping[str, tuple[Files, Files]]) -> None:
        self._numbers = {what: f"{n:03d}" for n, what in enumerate(all_changes)}
        self.base, self.head = (self._files(all_changes, side) for side in range(2))

    def package(self, what: str) -> str:
        """Where the package of the change ``what`` is."""
        return f"tiny/case_{self._numbers[what]}"

    def of(self, what: str, benchmarks: Iterable[Benchmark]) -> list[str]:
        """The labels of those that belong to the change ``what``."""
        begin = f"speed_{self._numbers[what]}."
        return [each.label for each in benchmarks if each.label.startswith(begin)]

    def _files(self, all_changes: Mapping[str, tuple[Files, Files]], side: int) -> dict[str, str]:
        files = {"tiny/__init__.py": "", **OTHER}
        for what, sides in all_changes.items():
            number = self._numbers[what]
            own = {path: text for path, text in sides[side].items() if path not in OTHER}
            for path, text in own.items():
                moved = re.sub(r"^tiny/", f"tiny/case_{number}/", path)
                moved = re.sub(r"^benchmarks/(\w+)", rf"benchmarks/\1_{number}", moved)
                assert moved not in files, f"two changes have {path}: {what}"
                text = re.sub(r"\btiny\b", f"tiny.case_{number}", text)
                files[moved] = re.sub(r"(?<=from \.)(\w+)", rf"\1_{number}", text)
        return files


def labels(benchmarks: Mapping[Benchmark, str]) -> dict[str, str]:
    return {benchmark.label: why for benchmark, why in benchmarks.items()}

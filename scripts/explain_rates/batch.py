"""Many made causes in one repository, each in a package of its own, so that they are built once."""

import hashlib
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.explain_rates.cause import Cause
from scripts.explain_rates.causes import CAUSES
from scripts.repositories import commit, git

BASE, HEAD = "base", "head"
# Each cause so often, of strengths that are drawn.
EACH = 3
# The module of each project whose function ``run`` is timed.
TIMED = {"shop": "report", "ledger": "statements", "depot": "deliveries"}
CONFIGURATION = """{
    "version": 1,
    "project": "made",
    "repo": ".",
    "environment_type": "virtualenv",
    "benchmark_dir": "benchmarks",
    "env_dir": ".asv/env",
    // What a virtualenv has is enough to build it.
    "matrix": {"req": {"setuptools": [""]}},
    "build_command": [
        "python -m pip wheel --no-deps --no-build-isolation -w {build_cache_dir} {build_dir}"
    ],
    "install_command": [
        "in-dir={env_dir} python -m pip install --no-deps --force-reinstall {wheel_file}"
    ]
}
"""
PYPROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "made"
version = "0"

[tool.setuptools.packages.find]
include = ["shop_*", "ledger_*", "depot_*"]

[tool.setuptools.package-data]
"*" = ["*.txt"]
"""
IGNORED = ".asv\n.hotloop\n__pycache__\n"
COMMON = {
    "asv.conf.json": CONFIGURATION,
    "pyproject.toml": PYPROJECT,
    ".gitignore": IGNORED,
    "benchmarks/__init__.py": "",
}


@dataclass(frozen=True, slots=True)
class Case:
    """The cause of this ``name`` in a batch, as its ``number``."""

    number: int
    name: str
    strength: int

    @property
    def cause(self) -> Cause:
        return CAUSES[self.name]

    @property
    def package(self) -> str:
        return f"{self.cause.project}_{self.number:03d}"

    @property
    def asv_id(self) -> str:
        return f"speed_{self.number:03d}.time_run"

    @property
    def test(self) -> str:
        return f"tests/test_{self.number:03d}.py::test_run"

    def files(self, files: Mapping[str, str]) -> dict[str, str]:
        """A side's files of the cause, in the case's own package, and what times them."""
        project, package = self.cause.project, self.package
        module = TIMED[project]
        code = {
            path.replace(project, package, 1): re.sub(rf"\b{project}\b", package, text)
            for path, text in files.items()
        }
        imported = f"from {package} import {module}\n\n\n"
        speed = f"{imported}def time_run():\n    return {module}.run()\n"
        test = f"{imported}def test_run(benchmark):\n    benchmark({module}.run)\n"
        name = f"{self.number:03d}.py"
        return {**code, f"benchmarks/speed_{name}": speed, f"tests/test_{name}": test}

    def as_in_cause(self, file: str) -> str:
        """The name that a file has in the cause."""
        return file.replace(self.package, self.cause.project, 1)

    def is_told(self, differences: Sequence[str]) -> bool:
        """Whether the file to blame is among what else differs."""
        file = self.cause.differs
        if file is None:
            return False
        own = file.replace(self.cause.project, self.package, 1)
        return any(own in each for each in differences)


def cases(seed: int, names: Sequence[str] = tuple(CAUSES)) -> list[Case]:
    """The causes of these names, in an order and of strengths that the seed gives."""
    chance = random.Random(seed)
    drawn = [name for name in names for _ in range(EACH)]
    chance.shuffle(drawn)
    return [Case(n, name, chance.choice(CAUSES[name].strengths)) for n, name in enumerate(drawn)]


def repository(folder: Path, made: Sequence[Case]) -> Path:
    """A repository with all cases, base and head committed; the same one that is there is taken."""
    base, head = dict(COMMON), dict[str, str]()
    for case in made:
        base |= case.files(case.cause.base())
        head |= case.files(case.cause.head(case.strength))
    content = hashlib.sha256(json.dumps([base, head], sort_keys=True).encode()).hexdigest()
    place = folder.resolve() / f"batch-{content[:12]}"
    if not place.is_dir():
        place.mkdir(parents=True)
        git(place, "init", "--quiet", "--initial-branch", BASE)
        _commit(place, BASE, base)
        git(place, "checkout", "--quiet", "-b", HEAD)
        _commit(place, HEAD, head)
    return place


def _commit(folder: Path, message: str, files: Mapping[str, str]) -> None:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")
    commit(folder, message)

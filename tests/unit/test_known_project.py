"""The project with known slowdowns is what its tables say it is."""

import json
import re
from pathlib import Path

import pytest
from asv.config import Config

from hotloop.base.errors import MeasurementError
from scripts.error_rates import known_project
from scripts.error_rates.known_project import BASE, KINDS, SLOWDOWNS_PERCENT, branch
from tests.tiny_project import git

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("known")
    known_project.make(folder)
    return folder


def test_the_benchmarks_are_there_as_tests_too(project: Path) -> None:
    files = (project / "tests").glob("test_*.py")
    tests = {name for file in files for name in re.findall(r"def test_(\w+)", file.read_text())}
    assert tests == {kind.benchmark.partition("time_")[2] for kind in KINDS}


def percent(folder: Path, revision: str) -> int:
    found: dict[str, int] = {}
    exec(git(folder, "show", f"{revision}:{known_project.PERCENT_FILE}"), found)
    return found["PERCENT"]


def test_every_branch_does_exactly_its_percentage_of_the_turns(project: Path) -> None:
    assert percent(project, BASE) == 100
    for slowdown in SLOWDOWNS_PERCENT:
        assert percent(project, branch(slowdown)) == 100 + slowdown


def test_every_branch_is_one_commit_that_touches_one_file(project: Path) -> None:
    for slowdown in SLOWDOWNS_PERCENT:
        changed = git(project, "diff", "--name-only", BASE, branch(slowdown)).split()
        assert changed == [str(known_project.PERCENT_FILE)]
        assert git(project, "rev-list", "--count", f"{BASE}..{branch(slowdown)}") == "1"


def test_the_checkout_is_clean_and_on_base(project: Path) -> None:
    assert git(project, "status", "--porcelain", "--branch") == f"## {BASE}"


def test_the_same_commits_come_out_every_time(project: Path, tmp_path: Path) -> None:
    known_project.make(tmp_path / "again")
    assert git(tmp_path / "again", "for-each-ref") == git(project, "for-each-ref")


def test_making_it_twice_in_one_folder_changes_nothing(project: Path) -> None:
    before = git(project, "for-each-ref")
    known_project.make(project)
    assert git(project, "for-each-ref") == before


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine", encoding="utf-8")
    with pytest.raises(MeasurementError, match="something else"):
        known_project.make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_half_made_project_is_refused(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "half"
    git(tmp_path, "clone", "--quiet", "--single-branch", str(project), str(folder))
    with pytest.raises(MeasurementError, match="rev-parse"):
        known_project.make(folder)


def test_it_builds_with_the_pinned_versions(project: Path) -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    pins = dict(line.split("==") for line in lines)
    matrix = Config.load(str(project / "asv.conf.json")).matrix["req"]
    assert matrix
    for name, versions in matrix.items():
        assert versions == [pins[name.removeprefix("pip+")]]


def test_every_benchmark_has_its_kind_and_every_kind_its_benchmark(project: Path) -> None:
    found = {
        f"{file.stem}.{line.removeprefix('def ').partition('(')[0]}"
        for file in (project / "benchmarks").glob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith("def time_")
    }
    assert found == {kind.benchmark for kind in KINDS}
    assert json.dumps(sorted(found)).count("time_") == 8

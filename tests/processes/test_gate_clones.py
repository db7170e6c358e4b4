"""Shallow and partial clones and submodules, of which a gate completes what it needs."""

import shutil
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate.model import Side
from hotloop.gate.source import project, revisions
from hotloop.gate.suites.asv import check_out
from tests import tiny_project
from tests.tiny_project import git, source_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_project.make(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_a_shallow_clone_says_how_to_deepen_it(folder: Path, tmp_path: Path) -> None:
    git(folder, "tag", "first", "HEAD~1")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{folder}", "shallow")
    source = source_of(tmp_path / "shallow")
    assert source.resolve("HEAD").subject == "answer 2"
    for name in ("HEAD~1", "first"):
        with pytest.raises(MeasurementError, match=r"git fetch --unshallow.*fetch-depth: 0"):
            source.resolve(name)
    git(tmp_path / "shallow", "fetch", "--quiet", "--unshallow", "--tags")
    source = source_of(tmp_path / "shallow")
    assert {source.resolve(name).subject for name in ("HEAD~1", "first")} == {"answer 1"}


@pytest.mark.parametrize(
    "options",
    [
        ("--filter=tree:0", "--sparse"),
        pytest.param(
            ("--filter=blob:none",),
            marks=pytest.mark.thorough("test_a_partial_clone_is_completed_and_left_as_it_was"),
        ),
    ],
)
def test_a_partial_clone_is_completed_and_left_as_it_was(
    options: tuple[str, ...], folder: Path, tmp_path: Path
) -> None:
    clone = partial_clone(folder, tmp_path / "clone", *options)
    found = project.load(tiny_project.configure(clone))
    before = tiny_project.state(clone)
    source = revisions.open_source(found)
    base, head = source.resolve("HEAD~1"), source.resolve(".")
    source.keep(base, head)
    for side, revision, answer in ((Side.BASE, base, 1), (Side.HEAD, head, 2)):
        laid_out = check_out(found, source, revision, side)
        assert laid_out is not None
        sources = (laid_out.parent / "tiny" / "__init__.py").read_text(encoding="utf-8")
        assert f"return {answer}" in sources
    assert tiny_project.state(clone) == before


def test_a_partial_clone_that_cannot_be_completed_is_a_failed_measurement(
    folder: Path, tmp_path: Path
) -> None:
    clone = partial_clone(folder, tmp_path / "clone", "--filter=blob:none")
    source = revisions.open_source(project.load(tiny_project.configure(clone)))
    base, head = source.resolve("HEAD~1"), source.resolve("HEAD")
    folder.rename(folder.with_name("moved"))
    with pytest.raises(MeasurementError, match=r"partial clone lacks files of .* origin"):
        source.keep(base, head)


def partial_clone(origin: Path, clone: Path, *options: str) -> Path:
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git(origin, "config", setting, "true")
    git(origin.parent, "clone", "--quiet", *options, f"file://{origin}", str(clone))
    if "--sparse" in options:
        git(clone, "sparse-checkout", "set", "benchmarks")
    return clone


@pytest.mark.parametrize(
    "url",
    [
        "../lib",
        pytest.param(
            "absolute",
            marks=pytest.mark.thorough(
                "test_a_suite_may_lie_in_a_submodule",
                "test_a_submodule_that_is_gone_matters_only_where_the_suite_lies_in_it",
            ),
        ),
    ],
)
def test_a_suite_may_lie_in_a_submodule(url: str, folder: Path, tmp_path: Path) -> None:
    """Their addresses may be relative to the project's remote, as it stands in a clone of it."""
    tiny_project.make(tmp_path / "lib")
    url = str(tmp_path / "lib") if url == "absolute" else url
    git(folder, "-c", "protocol.file.allow=always", "submodule", "add", url, "deep/lib")
    git(folder, "commit", "--quiet", "--all", "-m", "with a library")
    clone = tmp_path / "elsewhere" / "clone"
    git(tmp_path, "clone", "--quiet", str(folder), str(clone))
    found = project.load(tiny_project.configure(clone, benchmark_dir="deep/lib/benchmarks"))
    source = revisions.open_source(found)
    head = source.resolve("HEAD")
    source.keep(head, head)
    laid_out = check_out(found, source, head, Side.HEAD)
    assert laid_out is not None
    assert (laid_out / "speed.py").is_file()
    assert check_out(found, source, source.resolve("HEAD~1"), Side.BASE) is None


def test_a_submodule_that_is_gone_matters_only_where_the_suite_lies_in_it(
    folder: Path, tmp_path: Path
) -> None:
    tiny_project.make(tmp_path / "lib")
    git(folder, "-c", "protocol.file.allow=always", "submodule", "add", "../lib", "lib")
    git(folder, "commit", "--quiet", "--all", "-m", "with a library")
    shutil.rmtree(tmp_path / "lib")
    found = project.load(tiny_project.configure(folder))
    source = revisions.open_source(found)
    head = source.resolve("HEAD")
    assert check_out(found, source, head, Side.HEAD) is not None
    found = project.load(tiny_project.configure(folder, benchmark_dir="lib/benchmarks"))
    with pytest.raises(MeasurementError, match=f"a submodule of {head.commit[:8]} .*lib"):
        check_out(found, source, head, Side.BASE)


def test_a_merge_base_beyond_a_shallow_clone_is_a_failed_measurement(
    folder: Path, tmp_path: Path
) -> None:
    git(folder, "checkout", "--quiet", "-b", "side", "HEAD~1")
    tiny_project.commit(folder, "answer 5", tiny_project.answering(5))
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", f"file://{folder}", "shallow")
    source = source_of(tmp_path / "shallow")
    with pytest.raises(MeasurementError, match="no common ancestor in this shallow clone; fetch"):
        source.merge_base(source.resolve("origin/main"), source.resolve("HEAD"))

"""The suite of all these tests, and the pairs that measure it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotloop.gate.pairs.pairs import ProcessPairs
from tests import warm
from tests.environments import bare_python
from tests.process_pairs import executor, know_others, measure_briefly, start_slowly, started

SUITE = Path(__file__).parents[2] / "pair_suites"


@pytest.fixture(autouse=True)
def others() -> None:
    know_others()


@pytest.fixture
def forked_workers() -> Iterator[None]:
    """As ``gate_workers``, where those of other tests of a file start as ever."""
    with warm.everywhere(*warm.GATE_WORKERS):
        yield


@pytest.fixture
def usual_lengths() -> None:
    """Pairs are as long as a run's."""


@pytest.fixture(autouse=True)
def lengths(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    start_slowly(monkeypatch)
    if "usual_lengths" not in request.fixturenames:
        measure_briefly(monkeypatch)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("project") / "benchmarks"
    shutil.copytree(SUITE, place, ignore=shutil.ignore_patterns("__pycache__"))
    return place


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes"
    path.touch()
    return path


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders go, but the one that all tests share."""
    bare_python()
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def pairs(suite: Path, notes: Path, scratch: Path) -> Iterator[ProcessPairs]:
    with executor(suite, notes) as opened:
        yield opened
    assert not list(scratch.iterdir())
    assert not started()

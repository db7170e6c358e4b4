"""What a stream command needs, and what it leaves: nothing, or the logs of what failed."""

import io
from pathlib import Path

import pytest

from hotloop.cli import main
from hotloop.streams import cluster as stream_cluster
from hotloop.streams.cluster import working_folder


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("words" if path.suffix == ".log" else "data", encoding="utf-8")


def leave_by(ending: BaseException) -> None:
    with working_folder() as folder:
        write(folder, "run-1/worker.log")
        raise ending


def left_in(scratch: Path) -> list[str]:
    return sorted(str(p.relative_to(next(scratch.iterdir()))) for p in scratch.rglob("*.*"))


def test_a_run_that_cleaned_up_after_itself_leaves_no_folder(scratch: Path) -> None:
    with working_folder() as folder:
        write(folder, "run-1/seen.npz")
    assert list(scratch.iterdir()) == []


def test_the_log_of_a_failed_process_stays_and_its_data_go(scratch: Path) -> None:
    with working_folder() as folder:
        write(folder, "run-1/seen.npz", "run-2/worker.log", "run-2/deep/state.db")
    assert left_in(scratch) == ["run-2/worker.log"]


def test_an_empty_log_says_nothing_and_goes(scratch: Path) -> None:
    with working_folder() as folder:
        (folder / "worker.log").touch()
    assert list(scratch.iterdir()) == []


def test_a_failure_on_the_way_keeps_the_logs_too(scratch: Path) -> None:
    with pytest.raises(RuntimeError):
        leave_by(RuntimeError())
    assert left_in(scratch) == ["run-1/worker.log"]


def test_an_interrupted_run_leaves_nothing(scratch: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        leave_by(KeyboardInterrupt())
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("words", [["stream", "faust"], ["fault", "pause"]])
def test_without_what_every_run_needs_there_is_one_sentence_and_code_4(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_cluster, "find_spec", lambda module: None)
    out, err = io.StringIO(), io.StringIO()
    assert main(words, out, err) == 4
    assert err.getvalue() == (
        "hotloop: load and account need confluent-kafka and hdrhistogram: "
        "pip install 'hotloop[stream]'\n"
    )

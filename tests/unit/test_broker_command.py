"""``hotloop broker``: what it refuses, before any process starts."""

import io
from pathlib import Path

import pytest

from hotloop.cli import main


def ended(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return main(["broker", *arguments], out, err), out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLOOP_STATE", str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: verb"),
        (["begin"], "invalid choice: 'begin'"),
        (["start", "--nodes", "two"], "--nodes takes a whole number, not 'two'"),
        (["start", "--nodes", "2"], "a cluster has 1 or 3 nodes here, not 2"),
        (["start", "--port", "http"], "--port takes a whole number, not 'http'"),
        (["start", "--port", "70000"], "70000 is no port"),
        (["run", "--zookeeper", "--nodes", "3"], "with ZooKeeper there is one node"),
        (["run", "mine"], "hotloop broker run takes no NAME"),
        (["status", "--all"], "hotloop broker status takes no NAME"),
        (["stop", "--port", "9092"], "--port belongs to start and run, not to stop"),
        (["status", "--data-dir", "x"], "--data-dir belongs to start and run, not to status"),
        (["stop", "mine"], "no broker mine is running; running: none"),
    ],
)
def test_a_request_without_sense_is_code_2(arguments: list[str], message: str) -> None:
    code, out, err = ended(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("words", [["status"], ["stop"], ["stop", "--all"]])
def test_nothing_runs_and_nothing_is_stopped(words: list[str], tmp_path: Path) -> None:
    where = f"hotloop: looked in {tmp_path}/brokers; HOTLOOP_STATE names another folder\n"
    assert ended(*words) == (0, "no broker is running\n", where)

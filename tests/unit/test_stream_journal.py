"""The journal: what was handed over is in it at once, whatever ends the process."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.clock import ManualClock
from hotloop.base.errors import MeasurementError
from stream.account.record import Payload, Reason
from stream.consume import journal
from stream.consume.job import Job, Stamp
from stream.consume.sink import Sink, Stop

STEP_NS = 1000


def job(folder: Path) -> Job:
    return Job(
        variant="faust",
        bootstrap="",
        topic="t",
        group="g",
        partitions=1,
        target_records=None,
        deadline_s=1.0,
        stamp=Stamp.EACH,
        seen_path=str(folder / "seen.npz"),
        login={},
        data_dir=str(folder),
        session_timeout_s=None,
        journal_path=str(folder / "seen.txt"),
    )


def text(sequence: int) -> str:
    return f"02-{sequence:010d}-{9:019d}"


def kept(folder: Path, *ids: str) -> Path:
    """A journal after these ids were handed over, the sink never closed."""
    clock = ManualClock()
    task = job(folder)
    sink = Sink(task, clock)
    journal.keep(task, sink, clock)
    for id_string in ids:
        clock.sleep_ns(STEP_NS)
        sink.handle(Payload(id_string, 0.5))
    assert sink.seen == len(ids)
    return Path(str(task.journal_path))


def test_each_record_is_in_the_journal_before_anything_is_closed(tmp_path: Path) -> None:
    seen, _ = journal.read(kept(tmp_path, text(3), text(4), text(3)))
    assert seen.producer.tolist() == [2, 2, 2]
    assert seen.sequence.tolist() == [3, 4, 3]
    assert seen.planned_ns.tolist() == [9, 9, 9]
    assert seen.received_ns.tolist() == [STEP_NS, 2 * STEP_NS, 3 * STEP_NS]


def test_a_line_that_was_cut_off_is_no_sighting(tmp_path: Path) -> None:
    path = kept(tmp_path, text(3), text(4))
    whole = path.read_bytes()
    for end in range(len(whole) // 2, len(whole)):
        path.write_bytes(whole[:end])
        assert journal.read(path)[0].sequence.tolist() == [3]


@pytest.mark.parametrize(
    "foreign", ["", "producer 1", "a\nb", "1 2\n3 4", "a\r\x85b", "12 34", "é" * 32]
)
def test_an_id_that_is_none_of_ours_is_one_unreadable_record(tmp_path: Path, foreign: str) -> None:
    seen, bad = journal.read(kept(tmp_path, text(1), foreign, text(2)))
    assert (seen.sequence.tolist(), bad) == ([1, 2], 1)


def test_a_job_without_a_journal_writes_none(tmp_path: Path) -> None:
    task = replace(job(tmp_path), journal_path=None)
    sink = Sink(task, ManualClock())
    handle = sink.handle
    journal.keep(task, sink)
    assert sink.handle is handle
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match=r"gone\.txt"):
        journal.read(tmp_path / "gone.txt")


def test_a_journal_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    task = replace(job(tmp_path), journal_path=str(tmp_path / "no" / "seen.txt"))
    with pytest.raises(MeasurementError, match=r"no/seen\.txt"):
        journal.keep(task, Sink(task, ManualClock()))


def test_a_journal_with_a_hole_ends_its_worker_rather_than_tell_of_a_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = job(tmp_path)
    sink = Sink(task, ManualClock())
    journal.keep(task, sink, ManualClock())
    sink.handle(Payload(text(1), 0.5))
    assert sink.stopped_by is None
    write = os.write
    # A disk with room for a part of the line, as the kernel tells it.
    monkeypatch.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:5]))
    sink.handle(Payload(text(2), 0.5))
    monkeypatch.undo()
    assert sink.stopped_by is Stop.JOURNAL


def test_records_called_unreadable_are_in_the_journal_too_and_are_no_sightings(
    tmp_path: Path,
) -> None:
    task = job(tmp_path)
    sink = Sink(task, ManualClock())
    journal.keep(task, sink, ManualClock())
    sink.bad(Reason.EMPTY)
    sink.handle(Payload(text(1), 0.5))
    sink.bad(Reason.BAD_JSON)
    seen, bad = journal.read(Path(str(task.journal_path)))
    assert (bad, len(seen.sequence)) == (2, 1)
    assert sink.seen == 3

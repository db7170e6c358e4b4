"""What a worker saw, written down record by record, so that it outlives kill -9.

A book (``stream.consume.seen``) is written at the end, which a killed worker does not reach. The
journal is one line for each sighting, written before the user function gets the record:
once the kernel has it, it is there whatever happens to the process.

    02-0000001234-0000123456789012345 9876543210

One write costs about 1 us, so a journal is kept under a modest load only, never in a drain.
"""

import os
from pathlib import Path

import numpy as np

from hotloop.base.clock import Clock, SystemClock
from hotloop.base.errors import MeasurementError
from stream.account.record import Reason
from stream.consume.job import Job
from stream.consume.seen import Seen, parse_ids
from stream.consume.sink import Identified, Sink, Stop

# Stands for a record that could not be decoded, in an id's place.
BAD = "-"
LINE_FEED = "\n"


def keep(job: Job, sink: Sink, clock: Clock | None = None) -> None:
    """From now on, write down each record that ``sink`` gets, if the job says so.

    Raises MeasurementError if the journal cannot be written.
    """
    if job.journal_path is None:
        return
    try:
        journal = os.open(job.journal_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    except OSError as error:
        raise MeasurementError(
            f"cannot write {job.journal_path}: {error.strerror or error}"
        ) from error
    handle, bad = sink.handle, sink.bad
    broken = False
    now_ns = (clock or SystemClock()).now_ns

    def write(words: str) -> None:
        nonlocal broken
        # A foreign id may have any character; a line is one sighting.
        line = f"{words.replace(LINE_FEED, ' ')} {now_ns()}\n".encode()
        try:
            broken = broken or os.write(journal, line) < len(line)
        except OSError:
            broken = True
        if broken:
            # With a hole in the journal, a full disk would look like the client's loss.
            sink.request_stop(Stop.JOURNAL)

    def write_and_handle(record: Identified) -> None:
        write(record.id_string)
        handle(record)

    def write_bad(reason: Reason) -> None:
        write(BAD)
        bad(reason)

    sink.handle, sink.bad = write_and_handle, write_bad


def read(path: Path) -> tuple[Seen, int]:
    """The sightings in a journal, and how many records were unreadable, or had an id of others.

    A line that was cut off by the end of its process counts as neither. Raises
    MeasurementError if there is no such journal.
    """
    try:
        # As bytes: other characters than a line feed would end lines too.
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise MeasurementError(f"cannot read what was seen from {path}: {error}") from error
    entries = [line.rpartition(" ") for line in text.split("\n")[:-1]]
    producer, sequence, planned_ns, good = parse_ids([text for text, _, _ in entries])
    stamps = np.array([int(stamp) for _, _, stamp in entries], np.int64)
    return Seen(producer, sequence, planned_ns, stamps[good]), int((~good).sum())

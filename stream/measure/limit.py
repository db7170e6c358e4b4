"""The ceiling of this machine: how fast records can be fetched at all.

Two witnesses on the same topic: the fastest client, which decodes nothing
(``python -m stream.measure.limit DESCRIPTOR PARENT``, a process of its own like every variant),
and Kafka's own kafka-consumer-perf-test, in Java.
"""

import itertools
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hotloop.base.errors import HotloopError, MeasurementError
from hotloop.base.lifeline import hold
from stream.account.reader import DEEP_QUEUES, RECORDS_PER_CALL
from stream.child import SPARE_S, Child, Message, failure, report
from stream.cluster.security import Security
from stream.environment import variables
from stream.kafka.jars import KAFKA_4, Say
from stream.kafka.jars_cache import class_path
from stream.kafka.java import find_java

POLL_S = 0.2
SILENCE_S = 30.0
NS_PER_S = 1e9

PERF_CLASS = "org.apache.kafka.tools.ConsumerPerformance"
PERF_HEAP = "-Xmx512m"
# Added to the variables: the tool writes its figures in the language of the machine.
PERF_LANGUAGE = ("-Duser.language=en", "-Duser.country=US")
PERF_LIMIT_S = 120.0
PERF_SESSION_MS = 6_000
# The column that leaves out the time in which the group forms.
PERF_COLUMN = "fetch.nMsg.sec"
_TELLING = re.compile(r"^(Caused by: )?[\w.$]+(Exception|Error)\b|^WARNING: Exiting before")


@dataclass(frozen=True, slots=True)
class FetchJob(Message):
    """Fetch this many ``records`` of ``topic`` from its start, for ``stretch_s`` at most.

    ``group``: a name that the client requires; nothing is committed to it.
    """

    bootstrap: str
    login: Mapping[str, str] = field(repr=False)
    topic: str
    group: str
    partitions: int
    records: int
    stretch_s: float | None


@dataclass(frozen=True, slots=True)
class Fetched(Message):
    """What came, from the first batch (not counted) to the last."""

    first_ns: int
    last_ns: int
    records: int

    @property
    def records_per_s(self) -> float:
        return self.records * NS_PER_S / (self.last_ns - self.first_ns)


@dataclass(frozen=True, slots=True)
class Fetch(Child[FetchJob]):
    """A started fetch."""

    module = "stream.measure.limit"

    def wait(self) -> Fetched:
        """Wait until it is over; raises MeasurementError if it failed."""
        taking_s = self.job.stretch_s or self.job.records / RECORDS_PER_CALL
        if not self.ends_within(SPARE_S + SILENCE_S + taking_s):
            raise MeasurementError("the raw fetch hung")
        told = self.told()
        if not told:
            raise MeasurementError(f"the raw fetch {self.obituary()}")
        return Fetched.from_json(told)


def fetch(job: FetchJob) -> Fetched:
    """Fetch without decoding, in a fresh process.

    Raises MeasurementError if that fails.
    """
    with tempfile.TemporaryDirectory(prefix="hotloop-fetch-") as folder:
        child = Fetch.launch(job, Path(folder) / "fetch.log", os.environ)
        try:
            fetched = child.wait()
        finally:
            child.end()
    if fetched.records < 1 or fetched.last_ns <= fetched.first_ns:
        raise MeasurementError(
            f"{job.records:,} records came in one piece, so that there is no rate: "
            "give more --records, or leave it out"
        )
    return fetched


def perf_test(bootstrap: str, topic: str, group: str, records: int, say: Say) -> float:
    """Records a second by kafka-consumer-perf-test, joining left out; clusters without a login.

    ``group``: the name that it joins and commits under.

    Raises MeasurementError if it does not run or says nothing that can be read.
    """
    java = find_java(KAFKA_4.minimum_java)
    jars = os.pathsep.join(str(jar) for jar in class_path(KAFKA_4, say))
    command = [str(java.executable), PERF_HEAP, *PERF_LANGUAGE, "-cp", jars, PERF_CLASS]
    command += ["--bootstrap-server", bootstrap, "--topic", topic, "--num-records", str(records)]
    command += ["--group", group, "--command-property", f"client.id={group}"]
    # With a short session the group can be deleted soon after an interruption.
    command += ["--command-property", f"session.timeout.ms={PERF_SESSION_MS}"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            # The variables with which this Java was found.
            env=variables(),
            cwd=tempfile.gettempdir(),
            stdin=subprocess.DEVNULL,
            timeout=PERF_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MeasurementError(
            f"kafka-consumer-perf-test was not over in {PERF_LIMIT_S:g} s"
        ) from error
    return parse_perf(done.stdout, done.stderr)


def parse_perf(printed: str, complaint: str = "") -> float:
    """The rate in what kafka-consumer-perf-test prints: a line of names, a line of values."""
    lines = [line.split(", ") for line in printed.splitlines()]
    for names, values in itertools.pairwise(lines):
        if PERF_COLUMN in names and len(values) == len(names):
            # If it is not such a number, that becomes a sentence below and does not end the run.
            with suppress(ValueError):
                rate = float(values[names.index(PERF_COLUMN)])
                if 0 < rate < math.inf:
                    return rate
    said = (complaint.strip() or printed.strip() or "nothing").splitlines()
    # A trace of Java's ends with the calls on the way, a table that is cut short with its figures.
    telling = [line for line in (*printed.splitlines(), *said) if _TELLING.search(line)]
    raise MeasurementError(
        f"kafka-consumer-perf-test gave no rate; it said: {(telling or said)[-1]}"
    )


def main(arguments: Sequence[str] = sys.argv[1:]) -> int:
    """Run the FetchJob on stdin; returns the exit code."""
    job = FetchJob.from_json(sys.stdin.readline())
    try:
        told, code = _fetch(job).to_json(), 0
    except HotloopError as error:
        told, code = failure(f"the raw fetch failed: {error}"), error.exit_code
    report(int(arguments[0]), told)
    return code


def _fetch(job: FetchJob) -> Fetched:
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

    consumer = Consumer(
        {
            "bootstrap.servers": job.bootstrap,
            **Security(job.login).librdkafka(),
            "group.id": job.group,
            "client.id": job.group,
            "enable.auto.commit": False,
            # A cluster may have removed the first records by now.
            "auto.offset.reset": "earliest",
            **DEEP_QUEUES,
        }
    )
    consumer.assign(
        [
            TopicPartition(job.topic, partition, OFFSET_BEGINNING)
            for partition in range(job.partitions)
        ]
    )
    # The first batch starts the clock and is not counted: its fetching is not in the time.
    waiting = len(_batch(consumer))
    first_ns = time.perf_counter_ns()
    end_ns = first_ns + int(job.stretch_s * NS_PER_S) if job.stretch_s else None
    records = 0
    while waiting + records < job.records and (end_ns is None or time.perf_counter_ns() < end_ns):
        records += len(_batch(consumer))
    last_ns = time.perf_counter_ns()
    consumer.close()
    return Fetched(first_ns, last_ns, records)


def _batch(consumer: object) -> list[bytes]:
    """The next messages; raises MeasurementError if none comes."""
    from confluent_kafka import Message

    deadline = time.monotonic() + SILENCE_S
    while time.monotonic() < deadline:
        messages: list[bytes] = consumer.consume(RECORDS_PER_CALL, POLL_S)  # type: ignore[attr-defined]
        if messages:
            failed = next(filter(None, map(Message.error, messages)), None)
            if failed is not None:
                raise MeasurementError(failed.str())
            return messages
    raise MeasurementError(f"no record came for {SILENCE_S:g} s")


if __name__ == "__main__":
    hold(int(sys.argv[2]))
    sys.exit(main())

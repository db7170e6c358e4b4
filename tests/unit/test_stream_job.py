"""The messages between the harness and a worker: what goes in comes out, or is refused."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.base.errors import MeasurementError
from stream.consume.job import ConsumerReport, GroupProtocol, Job, Stamp
from stream.registry import VARIANTS
from stream.variants import confluent_common
from tests.drawn import CHARACTERS

TEXTS = st.text(CHARACTERS, max_size=10)
COUNTS = st.integers(0, 2**53)
TIMES_NS = st.none() | st.integers(0, 2**63 - 1)

JOBS = st.builds(
    Job,
    variant=TEXTS,
    bootstrap=TEXTS,
    topic=TEXTS,
    group=TEXTS,
    partitions=st.integers(1, 100),
    target_records=st.none() | st.integers(1, 10**9),
    deadline_s=st.floats(0.001, 1e6),
    stamp=st.sampled_from(Stamp),
    seen_path=TEXTS,
    login=st.dictionaries(TEXTS, TEXTS),
    data_dir=TEXTS,
    session_timeout_s=st.none() | st.floats(6.0, 60.0),
    protocol=st.none() | st.sampled_from(GroupProtocol),
)
REPORTS = st.builds(
    ConsumerReport,
    variant=TEXTS,
    started_ns=COUNTS,
    first_ns=TIMES_NS,
    last_ns=TIMES_NS,
    count=COUNTS,
    seen=COUNTS,
    bad=st.dictionaries(TEXTS, COUNTS, max_size=3),
    cpu_s=st.none() | st.floats(0.0, 1e6),
    settings=st.dictionaries(TEXTS, st.none() | st.booleans() | TEXTS | COUNTS, max_size=3),
    versions=st.dictionaries(TEXTS, TEXTS, max_size=3),
    loop=TEXTS,
    compiled=st.dictionaries(TEXTS, st.booleans(), max_size=3),
    failure=st.none() | TEXTS,
    signalled=st.booleans(),
)

JOB = Job(
    variant="faust",
    bootstrap="h:1",
    topic="t",
    group="g",
    partitions=1,
    target_records=10,
    deadline_s=1.0,
    stamp=Stamp.EACH,
    seen_path="seen.npz",
    login={},
    data_dir=".",
    session_timeout_s=None,
)


@given(JOBS)
def test_a_job_comes_back_as_it_was_sent(job: Job) -> None:
    assert Job.from_json(job.to_json()) == job


@given(REPORTS)
def test_a_report_comes_back_as_it_was_sent(report: ConsumerReport) -> None:
    assert ConsumerReport.from_json(report.to_json()) == report


@given(JOBS)
def test_a_message_is_one_line(job: Job) -> None:
    assert len(job.to_json().splitlines()) == 1


def test_a_stamp_travels_as_a_word_and_arrives_as_a_stamp() -> None:
    assert Job.from_json(JOB.to_json()).stamp is Stamp.EACH


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "3", JOB.to_json().replace('"topic"', '"topics"'), JOB.to_json()[:-1]],
)
def test_what_is_no_job_is_refused_by_name(text: str) -> None:
    with pytest.raises(MeasurementError, match="not a Job"):
        Job.from_json(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("partitions", 0),
        ("target_records", 0),
        ("deadline_s", 0.0),
        ("deadline_s", float("nan")),
        ("session_timeout_s", 5.9),
        ("stamp", "sometimes"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=str(value) if value else field):
        dataclasses.replace(JOB, **{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        (None, {"session.timeout.ms": 6000}),
        (
            GroupProtocol.EAGER,
            {"session.timeout.ms": 6000, "partition.assignment.strategy": "range,roundrobin"},
        ),
        (
            GroupProtocol.COOPERATIVE,
            {"session.timeout.ms": 6000, "partition.assignment.strategy": "cooperative-sticky"},
        ),
        (GroupProtocol.CONSUMER, {"group.protocol": "consumer"}),
    ],
)
def test_librdkafka_is_told_the_protocol_and_a_session_where_it_takes_one(
    protocol: GroupProtocol | None, expected: dict[str, object]
) -> None:
    job = dataclasses.replace(JOB, session_timeout_s=6.0, protocol=protocol)
    chosen = confluent_common.settings(job)
    assert {name: chosen[name] for name in expected} == expected
    assert ("session.timeout.ms" in chosen) == ("session.timeout.ms" in expected)


def test_only_librdkafka_has_a_choice_of_protocols() -> None:
    several = {variant.name for variant in VARIANTS if len(variant.protocols) > 1}
    assert several == {"confluent", "confluent_tuned"}

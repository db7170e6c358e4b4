"""The wire format: what is encoded comes back, and nothing else passes for a record."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.account.record import (
    ID_WIDTH,
    LATEST_NS,
    BadRecord,
    Payload,
    Reason,
    decode,
    diagnose,
    encode,
    parse_id,
)
from stream.consume.seen import parse_ids
from tests.drawn import CHARACTERS

PRODUCERS = st.integers(0, 99)
SEQUENCES = st.integers(0, 10**10 - 1)
TIMES_NS = st.integers(0, LATEST_NS)
VALUES = st.floats(0.0, 5.0)

GOOD_ID = "07-0000001234-0000123456789012345"
ANY_ID = st.one_of(
    st.text(CHARACTERS, max_size=ID_WIDTH + 2),
    st.text("0123456789-", min_size=ID_WIDTH, max_size=ID_WIDTH),
    st.builds("{:02d}-{:010d}-{:019d}".format, PRODUCERS, SEQUENCES, TIMES_NS),
    st.integers(),
    st.none(),
)

FOREIGN_IDS = [
    GOOD_ID + "0",
    GOOD_ID[:-1],
    GOOD_ID.replace("-", "_"),
    GOOD_ID.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}"),
    GOOD_ID.replace("07-", "+7-"),
    "07-0000001234-9999999999999999999",
    "",
    7,
    None,
]


def is_good(id_string: object) -> bool:
    try:
        parse_id(id_string)
    except BadRecord:
        return False
    return True


@given(PRODUCERS, SEQUENCES, TIMES_NS, VALUES)
def test_a_record_comes_back_as_it_was_sent(
    producer: int, sequence: int, planned_ns: int, value: float
) -> None:
    record = decode(encode(producer, sequence, planned_ns, value))
    assert parse_id(record.id_string) == (producer, sequence, planned_ns)
    assert record.value == value


@given(PRODUCERS, SEQUENCES, TIMES_NS, VALUES)
def test_every_id_has_the_same_width(
    producer: int, sequence: int, planned_ns: int, value: float
) -> None:
    assert len(decode(encode(producer, sequence, planned_ns, value)).id_string) == ID_WIDTH


def test_the_wire_holds_the_recipes_two_fields() -> None:
    assert json.loads(encode(7, 1234, 123456789012345, 3.25)) == {
        "id_string": GOOD_ID,
        "value": 3.25,
    }


@pytest.mark.parametrize(
    ("producer", "sequence", "planned_ns"),
    [
        (100, 0, 0),
        (-1, 0, 0),
        (0, 10**10, 0),
        (0, -1, 0),
        (0, 0, LATEST_NS + 1),
        (0, 0, -1),
    ],
)
def test_a_number_that_does_not_fit_is_refused(
    producer: int, sequence: int, planned_ns: int
) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        encode(producer, sequence, planned_ns, 1.0)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, Reason.EMPTY),
        (b"", Reason.EMPTY),
        (b"{", Reason.BAD_JSON),
        (b"\xff\xfe\x00", Reason.BAD_JSON),
        (b"[" * 1_000_000, Reason.BAD_JSON),
        (b"x" * 1_000_000, Reason.BAD_JSON),
        (b"[1, 2]", Reason.NOT_AN_OBJECT),
        (b"null", Reason.NOT_AN_OBJECT),
        (b'"text"', Reason.NOT_AN_OBJECT),
        (b'{"id_string": "1"}', Reason.MISSING_FIELD),
        (b'{"value": 1.0}', Reason.MISSING_FIELD),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_record_has_its_reason(raw: bytes | None, reason: Reason) -> None:
    with pytest.raises(BadRecord) as raised:
        decode(raw)
    assert raised.value.reason is reason
    assert diagnose(raw) is reason


def test_a_record_with_a_foreign_id_is_diagnosed_by_its_id() -> None:
    assert diagnose(b'{"id_string": "producer 1", "value": 1.0}') is Reason.BAD_ID


@pytest.mark.parametrize("id_string", FOREIGN_IDS, ids=repr)
def test_an_id_that_encode_does_not_write_is_bad(id_string: object) -> None:
    assert not is_good(id_string)


def test_the_last_nanosecond_and_the_one_after_it_differ() -> None:
    assert is_good(f"00-0000000000-{LATEST_NS}")
    assert not is_good(f"00-0000000000-{LATEST_NS + 1}")


@given(st.lists(ANY_ID, max_size=20))
def test_ids_taken_apart_together_are_those_taken_apart_one_by_one(ids: list[object]) -> None:
    producers, sequences, planned_ns, good = parse_ids(ids)
    assert good.tolist() == [is_good(id_string) for id_string in ids]
    together = zip(producers.tolist(), sequences.tolist(), planned_ns.tolist(), strict=True)
    assert list(together) == [parse_id(id_string) for id_string in ids if is_good(id_string)]


@pytest.mark.parametrize("foreign", FOREIGN_IDS, ids=repr)
def test_a_foreign_id_among_good_ones_is_found_where_it_is(foreign: object) -> None:
    _, sequences, _, good = parse_ids([GOOD_ID, foreign, GOOD_ID])
    assert good.tolist() == [True, False, True]
    assert sequences.tolist() == [1234, 1234]


def test_a_payload_keeps_what_json_says() -> None:
    payload = decode(b'{"id_string": "x", "value": 0.1, "more": 1}')
    assert payload == Payload("x", 0.1)
    assert math.isfinite(payload.value)

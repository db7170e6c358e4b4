"""The record on the wire: the recipe's JSON, with an id that says which record it is.

    {"id_string": "07-0000001234-0000123456789012345", "value": 3.25}
                   |  |          planned send time, ns of perf_counter_ns; 0: not paced
                   |  sequence number within the producer
                   producer

The id has a fixed width, so that all records of a run have nearly the same size and the ids
of millions of records can be taken apart as one array (``stream.consume.sink``).
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum

PRODUCER_DIGITS = 2
SEQUENCE_DIGITS = 10
PLANNED_DIGITS = 19
ID_WIDTH = PRODUCER_DIGITS + 1 + SEQUENCE_DIGITS + 1 + PLANNED_DIGITS
LATEST_NS = 2**63 - 1  # the largest int64, which has 19 digits

# ASCII: other scripts have digits too, and \d would take them.
_ID = re.compile(
    rf"(\d{{{PRODUCER_DIGITS}}})-(\d{{{SEQUENCE_DIGITS}}})-(\d{{{PLANNED_DIGITS}}})", re.ASCII
)


class Reason(StrEnum):
    """Why a record could not be used; the words that the account prints."""

    EMPTY = "empty"
    BAD_JSON = "bad JSON"
    NOT_AN_OBJECT = "not an object"
    MISSING_FIELD = "missing field"
    BAD_ID = "bad id"


class BadRecord(ValueError):
    """A record that is not ours. Variants count ``reason`` and continue with the next."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


# Not frozen: freezing makes construction three times slower, and one is made per record.
@dataclass(slots=True)
class Payload:
    """A decoded record, as the clients other than Faust pass it to the user function."""

    id_string: str
    value: float


def encode(producer: int, sequence: int, planned_ns: int, value: float) -> bytes:
    """Return the JSON of one record; ``value`` is a finite Python float.

    Raises ValueError if a number does not fit its digits.
    """
    id_string = f"{producer:02d}-{sequence:010d}-{planned_ns:019d}"
    if (
        len(id_string) != ID_WIDTH
        or min(producer, sequence) < 0
        or not 0 <= planned_ns <= LATEST_NS
    ):
        raise ValueError(f"numbers that do not fit a record's id: {id_string}")
    return f'{{"id_string": "{id_string}", "value": {value!r}}}'.encode()


def parse_id(id_string: object) -> tuple[int, int, int]:
    """Return (producer, sequence, planned_ns).

    Raises BadRecord if the id is not one that ``encode`` writes.
    """
    match = _ID.fullmatch(id_string) if isinstance(id_string, str) else None
    if match is None or int(match[3]) > LATEST_NS:
        raise BadRecord(Reason.BAD_ID)
    return int(match[1]), int(match[2]), int(match[3])


def decode(raw: bytes | None) -> Payload:
    """Decode a record's value as every client but Faust, Quix and FastStream does here.

    Raises BadRecord with the reason. Ids are not taken apart here: that is done once, after
    the clock has stopped.
    """
    try:
        fields = json.loads(raw)  # type: ignore[arg-type]  # None is a TypeError, told apart below
        return Payload(fields["id_string"], fields["value"])
    # RecursionError: a megabyte of "[" is deeper than the parser goes.
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadRecord(_reason(raw, error)) from error


def diagnose(raw: bytes | None) -> Reason:
    """Say why ``raw`` is bad, for clients whose own decoding failed on it."""
    try:
        parse_id(decode(raw).id_string)
    except BadRecord as error:
        return error.reason
    # The client refused what our rule accepts: most likely a field of another type.
    return Reason.MISSING_FIELD


def _reason(raw: bytes | None, error: Exception) -> Reason:
    if not raw:
        return Reason.EMPTY
    if isinstance(error, KeyError):
        return Reason.MISSING_FIELD
    if isinstance(error, TypeError):
        return Reason.NOT_AN_OBJECT
    return Reason.BAD_JSON

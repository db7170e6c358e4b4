"""The book of what a consumer saw: ids in the order of sighting, as arrays in a .npz file.

Parsing an id costs more than a fast client spends on a whole record. So ids are kept as they
come and parsed here, all at once, after the clock has stopped.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotloop.base.errors import MeasurementError
from hotloop.base.files import write_whole
from stream.account.record import (
    ID_WIDTH,
    LATEST_NS,
    PLANNED_DIGITS,
    PRODUCER_DIGITS,
    SEQUENCE_DIGITS,
)

Int64s = NDArray[np.int64]

_PRODUCER = slice(0, PRODUCER_DIGITS)
_SEQUENCE = slice(PRODUCER_DIGITS + 1, PRODUCER_DIGITS + 1 + SEQUENCE_DIGITS)
_PLANNED = slice(ID_WIDTH - PLANNED_DIGITS, ID_WIDTH)
_DASHES = [_PRODUCER.stop, _SEQUENCE.stop]


@dataclass(frozen=True, slots=True)
class Seen:
    """One entry per sighting of a good record, all four int64 and of one length.

    ``received_ns`` is 0 if records were not stamped one by one.
    """

    producer: Int64s
    sequence: Int64s
    planned_ns: Int64s
    received_ns: Int64s

    def write(self, path: Path) -> None:
        """Raises MeasurementError if ``path`` cannot be written."""
        content = io.BytesIO()
        np.savez(
            content,
            producer=self.producer,
            sequence=self.sequence,
            planned_ns=self.planned_ns,
            received_ns=self.received_ns,
        )
        write_whole(path, content.getvalue())

    @classmethod
    def read(cls, path: Path) -> "Seen":
        """Raises MeasurementError if there is no such book."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(**{name: arrays[name] for name in cls.__slots__})
        except (OSError, ValueError, KeyError) as error:
            raise MeasurementError(f"cannot read what was seen from {path}: {error}") from error


def parse_ids(ids: Sequence[object]) -> tuple[Int64s, Int64s, Int64s, NDArray[np.bool_]]:
    """Parse many ids, by the rule of ``record.parse_id``.

    Returns producer, sequence and planned_ns of the good ones, and for every id whether it is
    good.
    """
    fits = np.array(
        [isinstance(text, str) and len(text) == ID_WIDTH and text.isascii() for text in ids], bool
    )
    texts = "".join(text for text, fit in zip(ids, fits.tolist(), strict=True) if fit)  # type: ignore[misc]
    characters = np.frombuffer(texts.encode("ascii"), np.uint8).reshape(-1, ID_WIDTH)
    digits = characters - np.uint8(ord("0"))  # wraps around below "0", hence > 9
    is_digit = digits <= np.uint8(9)
    is_digit[:, _DASHES] = characters[:, _DASHES] == ord("-")
    planned = _number(digits[:, _PLANNED])
    good = is_digit.all(axis=1) & (planned <= np.uint64(LATEST_NS))
    fits[fits] = good
    return (
        _number(digits[good, _PRODUCER]).astype(np.int64),
        _number(digits[good, _SEQUENCE]).astype(np.int64),
        planned[good].astype(np.int64),
        fits,
    )


def _number(digits: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Read each row of ``digits`` as one decimal number; 19 digits fit into 64 bits unsigned."""
    number = np.zeros(len(digits), np.uint64)
    for column in digits.T:
        number = number * np.uint64(10) + column
    return number

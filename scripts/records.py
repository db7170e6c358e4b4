"""A file that keeps one line for each run: appended as they end, read back whole."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hotloop.base.decoding import decode, encode
from hotloop.base.errors import MeasurementError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


def append(file: Path, run: "DataclassInstance") -> None:
    """Add a line at the end, at once and whole. Raises MeasurementError if that fails."""
    append_object(file, encode(run))


def append_object(file: Path, run: Mapping[str, object]) -> None:
    """As ``append``, for a run that is no dataclass."""
    line = json.dumps(run, allow_nan=False) + "\n"
    try:
        with file.open("ab+") as lines:
            # If an earlier run was cut off in the middle of a line, that must not swallow this one.
            if lines.tell():
                lines.seek(-1, os.SEEK_END)
                line = line if lines.read(1) == b"\n" else f"\n{line}"
            lines.write(line.encode())
            lines.flush()
            os.fsync(lines.fileno())
    except OSError as error:
        raise MeasurementError(f"cannot write {file}: {error.strerror or error}") from error


def read(file: Path, kind: type[T]) -> list[T]:
    """All runs of a file, each of this ``kind``; a damaged line is named on stderr and left out.

    Raises MeasurementError if the file cannot be read.
    """
    return _read(file, partial(decode, kind))


def read_objects(file: Path) -> list[dict[str, Any]]:
    """As ``read``, for runs that are no dataclass; none if there is no such file."""
    return _read(file, _object) if file.exists() else []


def _read(file: Path, made: Callable[[object], T]) -> list[T]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise MeasurementError(f"cannot read {file}: {error.strerror or error}") from error
    runs = []
    for number, line in enumerate(lines, 1):
        try:
            runs.append(made(json.loads(line)))
        except ValueError as error:
            print(f"! {file}, line {number} is left out: {error}", file=sys.stderr)
    return runs


def _object(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ValueError("it is no object")
    return data

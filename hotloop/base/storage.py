"""Results as JSON text with a schema, and back: the same for every kind of result."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from hotloop.base.decoding import decode, encode
from hotloop.base.errors import MeasurementError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """How results of class ``kind`` are stored: under the name ``schema``."""

    kind: type[T]
    schema: str

    def to_json(self, result: T) -> str:
        """The result as JSON text, the schema first; ``from_json`` gives back an equal result."""
        content = {"schema": self.schema, **encode(result)}
        return json.dumps(content, indent=2, allow_nan=False) + "\n"

    def from_json(self, text: str, source: str = "this text") -> T:
        """The result in ``text``; ``source`` names it in messages.

        Raises MeasurementError if it is not JSON, is cut off or has another schema, if a
        key is missing or has the wrong type, or if a value is impossible.
        """
        try:
            content = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise MeasurementError(
                f"{source} is damaged or not JSON ({error}); measure again with --json"
            ) from error
        found = content.get("schema") if isinstance(content, dict) else None
        if found != self.schema:
            raise MeasurementError(
                f"{source} has the schema {found!r}, but this hotloop reads {self.schema!r} only"
            )
        try:
            return decode(self.kind, content)
        except ValueError as error:
            raise MeasurementError(
                f"{source} is no sound {self.schema} result: {error}; measure again with --json"
            ) from error

    def load(self, path: Path) -> T:
        """The result stored in a file. Raises MeasurementError as ``from_json`` does."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise MeasurementError(f"cannot read {path}: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise MeasurementError(f"{path} is damaged: it is not UTF-8 text ({error})") from error
        return self.from_json(text, source=str(path))


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")

"""Results as JSON text with a schema, and back: the same for every kind of result."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

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
        content = parse_json(text, source)
        found = schema_of(content)
        if found != self.schema:
            raise other_schema(source, found, (self.schema,))
        return self.from_content(content, source)

    def from_content(self, content: object, source: str = "this text") -> T:
        """The result in JSON that was read already and has the schema. Raises MeasurementError."""
        try:
            return decode(self.kind, content)
        except ValueError as error:
            raise MeasurementError(
                f"{source} is no sound {self.schema} result: {error}; measure again with --json"
            ) from error

    def load(self, path: Path) -> T:
        """The result stored in a file. Raises MeasurementError as ``from_json`` does."""
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise MeasurementError(f"cannot read {path}: {error.strerror or error}") from error
        return self.from_json(as_text(raw, str(path)), source=str(path))


@contextmanager
def shown_from(source: str) -> Iterator[None]:
    """Raise MeasurementError where figures, each possible by itself, cannot be shown together."""
    try:
        yield
    except (ArithmeticError, LookupError, ValueError) as error:
        raise MeasurementError(
            f"{source} holds impossible figures ({type(error).__name__}: {error}); "
            "measure again with --json"
        ) from error


def as_text(raw: bytes, source: str) -> str:
    """The text of a file that ``source`` names. Raises MeasurementError if it is none."""
    try:
        # Some editors and shells write a byte order mark, which JSON readers may skip.
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MeasurementError(f"{source} is damaged: it is not UTF-8 text ({error})") from error


def parse_json(text: str, source: str) -> Any:
    """What JSON text says. Raises MeasurementError if it is not JSON, or is cut off."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MeasurementError(
            f"{source} is damaged or not JSON ({error}); measure again with --json"
        ) from error


def schema_of(content: object) -> object:
    """The schema that JSON claims to have, if it is an object."""
    return content.get("schema") if isinstance(content, dict) else None


def other_schema(source: str, found: object, read: Sequence[str]) -> MeasurementError:
    """The complaint about JSON that is no result, or none of the schemas that are ``read``."""
    if found is None:
        return MeasurementError(f"{source} is no result of hotloop: it has no schema")
    kind = str(found).partition("/")[0]
    own = next((schema for schema in read if schema.partition("/")[0] == kind), None)
    if own is not None:
        return MeasurementError(
            f"{source} is from another version of hotloop: it has the schema {found!r}, and this "
            f"one reads {own!r}"
        )
    return MeasurementError(
        f"{source} has the schema {found!r}, but this command reads {', '.join(read)}"
    )


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")

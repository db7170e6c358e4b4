"""Frozen dataclasses to plain JSON values and back, strictly.

The types of the fields are the format: a number is not a string, a bool is not a
number, null is allowed only if the field says ``| None``. A key may be missing if its field
has a default: older files lack it. What comes from a file is checked here once and
never again. Keys that no field knows are ignored, so that a later version may add
some without breaking this reader.
"""

import functools
import math
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
# From a value, and where it stands, to what it means.
Decoder = Callable[[object, str], object]

_JSON_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a whole number",
    float: "a number",
    NoneType: "null",
}
_JSON_SCALARS = (float, str, int, bool, NoneType)


def encode(record: "DataclassInstance") -> dict[str, object]:
    """A dataclass as a dict in the order of its fields; tuples as lists, enums as values."""
    return {name: _encode(getattr(record, name)) for name in _names(type(record))}


def decode(kind: type[T], data: object) -> T:
    """A ``kind`` (a dataclass) from plain JSON values.

    Raises ValueError that names the place, as in "variants[2].seconds.median is a
    string, not a number".
    """
    return typing.cast(T, _decode(kind, data, ""))


@functools.cache
def _names(kind: "type[DataclassInstance]") -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _encode(value: object) -> object:
    if type(value) in _JSON_SCALARS:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return encode(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    return value


def _decode(kind: object, data: object, where: str) -> object:
    return _decoder(kind)(data, where)


@functools.cache
def _decoder(kind: object) -> Decoder:
    """What decodes a ``kind``: to look at a type takes longer than to decode a value of it."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is UnionType:
        (some,) = (choice for choice in arguments if choice is not NoneType)
        return functools.partial(_decode_optional, _decoder(some))
    if origin is tuple:
        return functools.partial(_decode_tuple, arguments)
    if origin is Mapping:
        return functools.partial(_decode_mapping, _decoder(arguments[1]))
    if is_dataclass(kind) and isinstance(kind, type):
        return functools.partial(_decode_dataclass, kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return functools.partial(_decode_enum, kind)
    if kind is float:
        return _decode_number
    if kind is int:
        return _decode_integer
    return functools.partial(_expect, typing.cast("type[object]", kind))


def _decode_optional(decoder: Decoder, data: object, where: str) -> object:
    return None if data is None else decoder(data, where)


def _decode_mapping(decoder: Decoder, data: object, where: str) -> dict[str, object]:
    content = _expect(dict, data, where)
    return {key: decoder(item, _at(where, key)) for key, item in content.items()}


def _decode_dataclass(kind: type, data: object, where: str) -> object:
    content = _expect(dict, data, where)
    decoders, required = _fields(kind)
    if not content.keys() >= required:
        lacking = [_at(where, name) for name in decoders if name in required - content.keys()]
        raise ValueError(f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing")
    values = {
        name: decoder(content[name], _at(where, name))
        for name, decoder in decoders.items()
        if name in content
    }
    try:
        return kind(**values)
    except ValueError as error:
        raise ValueError(f"{where or 'the record'} is impossible: {error}") from None


@functools.cache
def _fields(kind: type) -> tuple[dict[str, Decoder], frozenset[str]]:
    """What decodes each field, and the names of those that may not be missing."""
    hints = typing.get_type_hints(kind)
    decoders = {field.name: _decoder(hints[field.name]) for field in fields(kind)}
    required = (f.name for f in fields(kind) if f.default is f.default_factory is MISSING)
    return decoders, frozenset(required)


def _decode_tuple(kinds: tuple[object, ...], data: object, where: str) -> tuple[object, ...]:
    items = _expect(list, data, where)
    if kinds == (float, Ellipsis) and _are_finite(items):
        # Thousands of them, in some results: no place is asked for.
        return tuple(items)
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(items)
    if len(items) != len(kinds):
        raise ValueError(f"{where} has {len(items)} items, not {len(kinds)}")
    return tuple(
        _decode(kind, item, f"{where}[{place}]")
        for place, (kind, item) in enumerate(zip(kinds, items, strict=True))
    )


def _are_finite(items: list[object]) -> bool:
    return all(type(item) is float and math.isfinite(item) for item in items)


def _decode_enum(kind: type[Enum], data: object, where: str) -> Enum:
    known = {member.value: member for member in kind}
    name = _expect(str, data, where)
    if name not in known:
        raise ValueError(f"{where} is {name!r}, not one of {', '.join(known)}")
    return known[name]


def _decode_number(data: object, where: str) -> float:
    number = data if isinstance(data, int) and not isinstance(data, bool) else None
    try:
        value = float(number) if number is not None else _expect(float, data, where)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"{where} is not a finite number")
    return value


def _decode_integer(data: object, where: str) -> int:
    """A whole number that a float can hold too, so that arithmetic can mix it with others."""
    value = _expect(int, data, where)
    try:
        float(value)
    except OverflowError:
        raise ValueError(f"{where} is too large a number") from None
    return value


def _expect(kind: type[T], data: object, where: str) -> T:
    """``data`` if it is exactly a ``kind``; a bool is no int here."""
    if type(data) is not kind:
        actual = _JSON_NAMES[type(data)]
        raise ValueError(f"{where or 'the record'} is {actual}, not {_JSON_NAMES[kind]}")
    return data


def _at(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key

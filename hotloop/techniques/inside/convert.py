"""Arguments as numba likes them, and answers back: lists of numbers as arrays, others typed."""

from __future__ import annotations

import importlib
from typing import Any

from hotloop.techniques.inside.jit import Unavailable
from hotloop.techniques.inside.kinds import is_array

WORD = range(-(2**63), 2**63)


def can_convert(arguments: tuple[Any, ...]) -> bool:
    """Whether any of the arguments would become another thing."""
    return any(type(value) in (list, dict) for value in arguments)


def converted(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Lists of numbers as arrays, other lists and dicts as numba's own. Raises Unavailable."""
    return tuple([_convert(value) for value in arguments])


def _convert(value: Any) -> Any:
    if type(value) is list:
        made = _array(value)
        return _typed_list(value) if made is None else made
    if type(value) is dict:
        return _typed_dict(value)
    return value


def _array(values: list[Any]) -> Any:
    """An array of numbers of one type, if they fill one; else None."""
    import numpy as np

    kinds = _kinds(values)
    if len(kinds) != 1 or _shape(values) is None:
        return None
    (kind,) = kinds
    if kind is int:
        return np.array(values, np.int64) if _fits(values) else None
    dtype = {float: np.float64, bool: np.bool_, complex: np.complex128}.get(kind)
    return None if dtype is None else np.array(values, dtype)


def _kinds(values: list[Any]) -> set[type]:
    found = set(map(type, values))
    if found == {list}:
        return {kind for value in values for kind in _kinds(value)}
    return found


def _shape(values: list[Any]) -> tuple[int, ...] | None:
    """That of a rectangular list; None if it is none."""
    if not values or type(values[0]) is not list:
        return (len(values),)
    shapes = {_shape(value) if type(value) is list else None for value in values}
    (inner,) = shapes if len(shapes) == 1 else (None,)
    return None if inner is None else (len(values), *inner)


def _fits(values: list[Any]) -> bool:
    if values and type(values[0]) is list:
        return all(map(_fits, values))
    return not values or (min(values) in WORD and max(values) in WORD)


def _typed_list(values: list[Any]) -> Any:
    from numba.typed import List

    if not values:
        raise Unavailable("an argument is an empty list: nothing says what it would hold")
    made = List()
    for value in values:
        made.append(_convert(value))
    return made


def _typed_dict(values: dict[Any, Any]) -> Any:
    from numba.typed import Dict

    if not values:
        raise Unavailable("an argument is an empty dict: nothing says what it would hold")
    key, item = next(iter(values.items()))
    numba: Any = importlib.import_module("numba")
    made = Dict.empty(numba.typeof(_convert(key)), numba.typeof(_convert(item)))
    for key, item in values.items():
        made[key] = _convert(item)
    return made


def back(value: Any) -> Any:
    """Arrays and numba's own containers as Python's."""
    if is_array(value):
        return value.tolist()
    kind = type(value)
    if kind is tuple:
        return tuple([back(item) for item in value])
    if kind is list or is_typed(value, "List"):
        return [back(item) for item in value]
    if kind is dict or is_typed(value, "Dict"):
        return {back(key): back(item) for key, item in value.items()}
    return value


def is_typed(value: Any, name: str) -> bool:
    """Whether it is a ``List`` or ``Dict`` of numba.typed."""
    kind = type(value)
    return kind.__name__ == name and kind.__module__.startswith("numba.typed")

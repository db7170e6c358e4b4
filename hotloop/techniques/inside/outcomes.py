"""Answers that another process can read: objects of the user's classes as what they hold.

A class of a compiled file is another one than that of its source, though it is written the same.
"""

from __future__ import annotations

import types
from typing import Any

from hotloop.compare.inside.answers import NotComparable

OBJECT = "object of class"
SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)


def neutral(value: Any, module: str) -> Any:
    """The value with each object of a class of ``module`` as (OBJECT, class, attributes).

    Raises NotComparable for what holds itself.
    """
    return _neutral(value, module, set())


def _neutral(value: Any, module: str, above: set[int]) -> Any:
    kind = type(value)
    if kind not in (list, tuple, dict) and kind.__module__ != module:
        return value
    if id(value) in above:
        raise NotComparable("the answer holds itself, so that it cannot be compared")
    above = above | {id(value)}
    if kind is list:
        return [_neutral(item, module, above) for item in value] if _may_hold(value) else value
    if kind is tuple:
        return tuple([_neutral(item, module, above) for item in value])
    if kind is dict:
        return {
            _neutral(key, module, above): _neutral(item, module, above)
            for key, item in value.items()
        }
    if isinstance(value, type):
        return value.__qualname__
    return (OBJECT, kind.__qualname__, _neutral(attributes(value), module, above))


def _may_hold(values: list[Any]) -> bool:
    return any(type(item) not in (int, float, str, bool, type(None)) for item in values)


def attributes(value: Any) -> dict[str, Any]:
    """All that an object holds, by name: its own, slots, and those of a compiled class."""
    found = dict(getattr(value, "__dict__", {}))
    for kind in type(value).__mro__:
        for name, attribute in vars(kind).items():
            is_slot = isinstance(attribute, SLOTS)
            if is_slot and not name.startswith("__") and hasattr(value, name):
                found[name] = getattr(value, name)
    for kind in (list, tuple, dict):
        if isinstance(value, kind):
            found["its items"] = kind(value)
    # mypyc notes here which attributes have a value of their own.
    return {name: found[name] for name in sorted(found)}

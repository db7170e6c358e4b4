"""What a value is: in a few words for a reader, and as an annotation."""

from __future__ import annotations

from typing import Any

# Of a long container so many elements are looked at, spread over it.
LOOKED_AT = 1000
NESTED_AT_MOST = 4


def described(value: Any) -> str:
    """ "10,000 floats", "50 x 50 floats", "an int", "float64 array (3, 4)"."""
    kind = type(value)
    if is_array(value):
        return f"{value.dtype} array {'x'.join(map(str, value.shape)) or 'of one'}"
    if kind in (list, tuple, set, frozenset):
        names = sorted({type(item).__name__ for item in value})
        if kind is list and names == ["list"] and len({len(item) for item in value}) == 1:
            inner = described(value[0])
            return f"{len(value):,} x {inner}"
        if len(names) == 1:
            # A plural, as far as type names have one.
            return f"{len(value):,} {names[0]}s"
        return f"{kind.__name__} of {len(value):,}"
    if kind is dict:
        return f"dict of {len(value):,}"
    if kind in (str, bytes):
        return f"{kind.__name__} of {len(value):,}"
    return kind.__name__


def is_array(value: Any) -> bool:
    """A NumPy array."""
    return type(value).__module__ == "numpy" and type(value).__name__ == "ndarray"


def annotation(values: Any, users: str | None = None, depth: int = 0) -> str:
    """One annotation for all the values; "object" if there is none.

    ``users``: the module whose classes are named as they are.
    """
    kinds = sorted({type(value) for value in values}, key=lambda kind: kind.__qualname__)
    if not kinds or depth > NESTED_AT_MOST:
        return "object"
    if len(kinds) > 1:
        return _either(values, kinds, users, depth)
    (kind,) = kinds
    if kind in (list, set, frozenset):
        inside = [item for value in values for item in _some(value)]
        return f"{kind.__name__}[{annotation(inside, users, depth + 1)}]"
    if kind is dict:
        keys = [key for value in values for key in _some(value)]
        items = [value[key] for value in values for key in _some(value)]
        key, item = annotation(keys, users, depth + 1), annotation(items, users, depth + 1)
        return f"dict[{key}, {item}]"
    if kind is tuple:
        return _tuple(values, users, depth)
    return named(kind, users)


def named(kind: type, users: str | None) -> str:
    """How a class is called in a file of its module."""
    if kind is type(None):
        return "None"
    if kind.__module__ == "builtins" or kind.__module__ == users:
        return kind.__qualname__ if "<" not in kind.__qualname__ else "object"
    return "object"


PYTHRAN = {int: "int", float: "float", bool: "bool", str: "str", complex: "complex"}


def pythran(value: Any) -> str | None:
    """The type of an argument as pythran's export lines name it; None if they have no name."""
    kind = type(value)
    if is_array(value):
        return f"{value.dtype}[{','.join(':' * value.ndim)}]" if value.ndim else None
    if kind in (list, set) and value:
        inside = {pythran(item) for item in value}
        found = inside.pop()
        return None if inside or found is None else f"{found} {kind.__name__}"
    if kind is dict and value:
        keys, items = ({pythran(item) for item in part} for part in (value, value.values()))
        one, other = keys.pop(), items.pop()
        return None if keys or items or None in (one, other) else f"{one}:{other} dict"
    if kind is tuple and value:
        parts = [pythran(item) for item in value]
        return None if None in parts else f"({', '.join(map(str, parts))})"
    return PYTHRAN.get(kind)


def _either(values: Any, kinds: list[type], users: str | None, depth: int) -> str:
    if len(kinds) == 2 and type(None) in kinds:
        rest = annotation([value for value in values if value is not None], users, depth)
        return "object" if rest == "object" else f"{rest} | None"
    return "object"


def _tuple(values: Any, users: str | None, depth: int) -> str:
    lengths = {len(value) for value in values}
    if len(lengths) > 1:
        inside = [item for value in values for item in _some(value)]
        return f"tuple[{annotation(inside, users, depth + 1)}, ...]"
    if lengths == {0}:
        return "tuple[()]"
    columns = zip(*_some(list(values)))
    return f"tuple[{', '.join(annotation(column, users, depth + 1) for column in columns)}]"


def _some(container: Any) -> list[Any]:
    items = list(container)
    step = max(1, len(items) // LOOKED_AT)
    return items[::step]

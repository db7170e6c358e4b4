"""The first difference of two answers, and where it is.

Equal means what Python's ``==`` means, but floats are equal bit for bit (any NaN equals any NaN,
0.0 does not equal -0.0), arrays have the same shape and dtype, and containers are looked into.
``EXACT`` asks for the same types and the same order of dicts too. ``close`` allows floats a
relative error. With ``scalars`` a NumPy scalar may stand for Python's own number of that value.
"""

from __future__ import annotations

import dataclasses
import enum
import math
import sys
import types
from array import array
from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hotloop.compare.inside.shown import SHOWN_CHARS, kind, shown


class Rules:
    """``close``: the relative error that floats may have; ``exact``: types and orders count.

    ``scalars``: even so, NumPy's float64 may stand for a float, int64 for an int, bool for a bool.
    ``option``: how the command is asked for ``close``, up to the number; "": it cannot be.
    """

    def __init__(
        self,
        close: float = 0.0,
        exact: bool = False,
        scalars: bool = False,
        option: str = "--check close:",
    ) -> None:
        self.option = option
        self.close = close
        self.exact = exact
        self.scalars = scalars


EQUAL, EXACT = Rules(), Rules(exact=True, option="")


class Difference:
    """``place``: how to get there from the answer, such as "[3]['x']"; ``said``: what differs."""

    def __init__(self, place: str, said: str) -> None:
        self.place = place
        self.said = said

    def sentence(self) -> str:
        return f"{self.said} at {self.place}" if self.place else self.said


class TooDeep(Exception):
    """The answers are nested too deeply to be compared."""


def first_difference(
    expected: Any, actual: Any, rules: Rules = EQUAL, types: dict[str, str] | None = None
) -> Difference | None:
    """None if they are equal. ``types`` gets differing types of equal values, by place."""
    try:
        return _Comparison(rules, {} if types is None else types).look("", expected, actual)
    except RecursionError:
        raise TooDeep("the answers are nested too deeply to be compared: flatten them") from None


class _Comparison:
    def __init__(self, rules: Rules, types: dict[str, str]) -> None:
        self.rules = rules
        self.types = types
        self._seen: set[tuple[int, int]] = set()

    def look(self, place: str, expected: Any, actual: Any) -> Difference | None:
        if expected is actual or (id(expected), id(actual)) in self._seen:
            return None
        if type(expected) is not type(actual):
            kinds = f"{kind(actual)} instead of {kind(expected)}"
            if self.rules.exact and not (self.rules.scalars and same_scalars(expected, actual)):
                return Difference(place, f"{kinds}: {shown(actual)}, {shown(expected)}")
            self.types.setdefault(place, kinds)
        for of_kind, compare in self._ways():
            if of_kind(expected) and of_kind(actual):
                found: Difference | None = compare(place, expected, actual)
                return found
        if is_array(expected) or is_array(actual):
            # An array and a list are two things; two numbers were above.
            return Difference(place, f"{kind(actual)} instead of {kind(expected)}")
        return self._objects(place, expected, actual)

    def _ways(self) -> list[tuple[Any, Any]]:
        return [
            (is_float, self._floats),
            (is_array, self._arrays),
            (lambda value: isinstance(value, (str, bytes)), self._texts),
            (lambda value: isinstance(value, list), self._sequences),
            (lambda value: isinstance(value, tuple), self._sequences),
            (lambda value: isinstance(value, deque), self._sequences),
            (lambda value: isinstance(value, array), self._sequences),
            (lambda value: isinstance(value, Mapping), self._mappings),
            (lambda value: isinstance(value, (set, frozenset)), self._sets),
            (is_record, self._records),
        ]

    def _floats(self, place: str, expected: Any, actual: Any) -> Difference | None:
        if same_float(expected, actual) or self._is_close(expected, actual):
            return None
        said = f"{shown(actual)} instead of {shown(expected)}"
        return Difference(place, said + self._how_far(relative(expected, actual)))

    def _is_close(self, expected: Any, actual: Any) -> bool:
        if not self.rules.close:
            return False
        return bool(expected == actual) or relative(expected, actual) <= self.rules.close

    def _how_far(self, error: float) -> str:
        if not 0 < error < 1e-3:
            return ""
        # The next power of ten, so that the advice works.
        option = f"{self.rules.option}1e{math.floor(math.log10(error)) + 1}"
        return f" (relative error {error:.1g}{f': {option}' if self.rules.option else ''})"

    def _arrays(self, place: str, expected: Any, actual: Any) -> Difference | None:
        import numpy as np

        if isinstance(expected, np.ma.MaskedArray) or isinstance(actual, np.ma.MaskedArray):
            return self._masked(np, place, expected, actual)
        if expected.shape != actual.shape:
            return Difference(place, f"shape {actual.shape} instead of {expected.shape}")
        if expected.dtype != actual.dtype:
            return Difference(place, f"dtype {actual.dtype} instead of {expected.dtype}")
        if expected.dtype.names:
            for field in expected.dtype.names:
                found = self._arrays(f"{place}[{field!r}]", expected[field], actual[field])
                if found is not None:
                    return found
            return None
        if expected.dtype.hasobject:
            return self._sequences(place, expected.tolist(), actual.tolist())
        differ = self._differing(np, expected, actual)
        count = int(differ.sum())
        if not count:
            return None
        first = np.unravel_index(int(np.argmax(differ)), differ.shape)
        where = "".join(f"[{int(index)}]" for index in first)
        if len(first) > 1:
            where = f"[{', '.join(str(int(index)) for index in first)}]"
        said = f"{shown(actual[first])} instead of {shown(expected[first])}"
        if expected.size > 1:
            said = f"{count:,} of {expected.size:,} elements differ, the first is {said}"
        error = 0.0
        if expected.dtype.kind in "fc":
            error = max(map(relative, expected[differ].tolist(), actual[differ].tolist()))
        return Difference(place + where, said + self._how_far(error))

    def _masked(self, np: Any, place: str, expected: Any, actual: Any) -> Difference | None:
        """The masks, then what they leave; what lies under a mask is nobody's answer."""
        masks = [np.ma.getmaskarray(one) for one in (expected, actual)]
        found = self._arrays(f"{place}.mask", *masks)
        if found is not None:
            return found
        # 0 in both where they are masked, so that places stay what they are.
        return self._arrays(
            place, *(np.ma.filled(one, np.zeros((), one.dtype)) for one in (expected, actual))
        )

    def _differing(self, np: Any, expected: Any, actual: Any) -> Any:
        if expected.dtype.kind not in "fc":
            differ = expected != actual
            if expected.dtype.kind in "mM":
                differ &= ~(np.isnat(expected) & np.isnat(actual))
            return differ
        both_nan = np.isnan(expected) & np.isnan(actual)
        if self.rules.close:
            with np.errstate(all="ignore"):
                scale = np.maximum(np.abs(expected), np.abs(actual))
                far = ~(np.abs(expected - actual) <= self.rules.close * scale)
            return far & (expected != actual) & ~both_nan
        signs = np.signbit(expected.real) != np.signbit(actual.real)
        if expected.dtype.kind == "c":
            signs |= np.signbit(expected.imag) != np.signbit(actual.imag)
        return ((expected != actual) | signs) & ~both_nan

    def _texts(self, place: str, expected: Any, actual: Any) -> Difference | None:
        if expected == actual:
            return None
        if len(expected) <= SHOWN_CHARS and len(actual) <= SHOWN_CHARS:
            return Difference(place, f"{shown(actual)} instead of {shown(expected)}")
        pairs = zip(expected, actual)
        first = next(
            (k for k, (e, a) in enumerate(pairs) if e != a), min(len(expected), len(actual))
        )
        around = slice(first, first + SHOWN_CHARS // 2)
        said = f"{shown(actual[around])} instead of {shown(expected[around])}"
        return Difference(f"{place}[{first}:]", said)

    def _sequences(self, place: str, expected: Any, actual: Any) -> Difference | None:
        self._seen.add((id(expected), id(actual)))
        for index, (one, other) in enumerate(zip(expected, actual)):
            # Most items are equal and of one type, and need no further look.
            if one is other or (type(one) is type(other) is int and one == other):
                continue
            found = self.look(f"{place}[{index}]", one, other)
            if found is not None:
                return found
        if len(expected) != len(actual):
            return Difference(place, f"{len(actual):,} items instead of {len(expected):,}")
        return None

    def _mappings(self, place: str, expected: Any, actual: Any) -> Difference | None:
        self._seen.add((id(expected), id(actual)))
        for key in expected:
            if key not in actual:
                return Difference(place, f"the key {shown(key)} is missing")
            found = self.look(f"{place}[{shown(key)}]", expected[key], actual[key])
            if found is not None:
                return found
        for key in actual:
            if key not in expected:
                return Difference(place, f"the key {shown(key)} is too much")
        if self.rules.exact and list(expected) != list(actual):
            return Difference(place, "the keys are in another order")
        return None

    def _sets(self, place: str, expected: Any, actual: Any) -> Difference | None:
        # A NaN is not equal to itself, and may be there several times.
        missing = [item for item in expected - actual if item == item]
        surplus = [item for item in actual - expected if item == item]
        if missing:
            return Difference(place, f"the element {shown(missing[0])} is missing")
        if surplus:
            return Difference(place, f"the element {shown(surplus[0])} is too much")
        if len(expected) != len(actual):
            return Difference(place, f"{len(actual):,} elements instead of {len(expected):,}")
        return None

    def _records(self, place: str, expected: Any, actual: Any) -> Difference | None:
        if type(expected) is not type(actual):
            return self._objects(place, expected, actual)
        self._seen.add((id(expected), id(actual)))
        return self._mappings_of_state(place, parts(expected), parts(actual))

    def _objects(self, place: str, expected: Any, actual: Any) -> Difference | None:
        raised = None
        try:
            if says_equal(expected, actual):
                return None
        except Exception as error:
            # That of a dataclass that holds arrays, for one.
            raised = f"== of {kind(expected)} raises {type(error).__name__}: {error}"
        if is_nan(expected) and is_nan(actual):
            return None
        ours, theirs = state(expected), state(actual)
        if type(expected) is type(actual) and ours is not None and theirs is not None:
            self._seen.add((id(expected), id(actual)))
            found = self._mappings_of_state(place, ours, theirs)
            # Without an == of its own that answers, an object is what its attributes are.
            plain = getattr(type(expected), "__eq__", None) is object.__eq__
            if found is not None or raised is not None or plain:
                return found
        if raised is not None and type(expected) is type(actual):
            return Difference(place, raised)
        one, other = shown(actual), shown(expected)
        if one == other:
            return Difference(place, f"two {kind(expected)} that are not ==")
        return Difference(place, f"{one} instead of {other}")

    def _mappings_of_state(
        self, place: str, expected: dict[str, Any], actual: dict[str, Any]
    ) -> Difference | None:
        for name in {**expected, **actual}:
            if name not in expected or name not in actual:
                return Difference(place, f"the attribute {name} is on one side only")
            found = self.look(f"{place}.{name}", expected[name], actual[name])
            if found is not None:
                return found
        return None


def is_float(value: object) -> bool:
    """A float or a complex number, Python's or NumPy's."""
    if isinstance(value, (float, complex)):
        return True
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.inexact)


def same_scalars(expected: object, actual: object) -> bool:
    """Whether both are whole numbers, floats or truth values, one of them NumPy's."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return False
    pairs = ((float, numpy.float64), (int, numpy.int64), (bool, numpy.bool_))
    return any({type(expected), type(actual)} == {own, other} for own, other in pairs)


def is_array(value: object) -> bool:
    """A NumPy array, whatever its class."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def is_nan(value: object) -> bool:
    """A decimal number that is none."""
    return isinstance(value, Decimal) and value.is_nan()


def is_record(value: object) -> bool:
    """What is equal if its parts are, by an ``==`` that nobody wrote by hand."""
    if isinstance(value, types.SimpleNamespace):
        return type(value).__eq__ is types.SimpleNamespace.__eq__
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return False
    code = getattr(type(value).__eq__, "__code__", None)
    # dataclasses compile theirs from a text.
    return getattr(code, "co_filename", None) == "<string>"


def parts(record: Any) -> dict[str, Any]:
    """What counts in its comparison, by name."""
    if isinstance(record, types.SimpleNamespace):
        return vars(record)
    fields = [field.name for field in dataclasses.fields(record) if field.compare]
    return {name: getattr(record, name) for name in fields}


def same_float(expected: Any, actual: Any) -> bool:
    """Bit for bit, but for what a NaN holds."""
    if isinstance(expected, complex) or isinstance(actual, complex):
        parts = (expected.real, actual.real), (expected.imag, actual.imag)
        return all(same_float(float(one), float(other)) for one, other in parts)
    if expected != expected or actual != actual:
        return bool(expected != expected and actual != actual)
    if expected != actual:
        return False
    return bool(expected != 0 or math.copysign(1, expected) == math.copysign(1, actual))


def relative(expected: Any, actual: Any) -> float:
    """The distance over the larger of the two; infinite if it is not a number."""
    try:
        scale = max(abs(expected), abs(actual))
        error = float(abs(expected - actual) / scale) if scale else 0.0
    except (ArithmeticError, TypeError):
        return math.inf
    return error if error == error else math.inf


def says_equal(expected: Any, actual: Any) -> bool:
    """What ``==`` says, and what it raises; frames and the like by their own ``equals``."""
    for name in ("equals", "equal"):
        method = getattr(type(expected), name, None)
        if type(expected) is type(actual) and callable(method):
            try:
                return bool(method(expected, actual))
            except Exception:
                break
    return bool(expected == actual)


def state(value: Any) -> dict[str, Any] | None:
    """The attributes of an object; None if it shows none."""
    if isinstance(value, enum.Enum):
        return None
    found = dict(getattr(value, "__dict__", {}))
    if isinstance(value, BaseException):
        found["args"] = value.args
    slots = [getattr(kind, "__slots__", ()) for kind in type(value).__mro__]
    for names in slots:
        for name in (names,) if isinstance(names, str) else names:
            if hasattr(value, name):
                found[name] = getattr(value, name)
    return found or None

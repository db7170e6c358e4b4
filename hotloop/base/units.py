"""How figures look to a person: few digits, one prefix for each value, the unit beside it.

Figures for programs (JSON, CSV) never pass through here: they keep base units and
full precision. Prefixes are chosen *after* rounding, so that no value is ever
printed as "1000 ms": the thresholds are exactly where the printed digits change.
Every function raises ValueError for a value that is not finite.
"""

import math
from collections.abc import Sequence
from decimal import Decimal

UNKNOWN = "-"

_SECONDS = ((0, "s"), (-3, "ms"), (-6, "us"), (-9, "ns"))
_DECIMAL = ((12, "T"), (9, "G"), (6, "M"), (3, "k"), (0, ""))
_BYTES = ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB"))
_BYTES_STEP = 1024
# From here on a figure is printed without decimals: all its digits are before the point.
_WHOLE_FROM = 100
_MOST_FACTOR_DIGITS = 5
# The finest uncertainty shown, in per cent; clocks and cores do not allow a finer one.
_FINEST_PERCENT = Decimal("0.1")
# Up to here a change is shown in per cent, then as a factor: "30x" says more than "+2,900 %".
_FACTOR_FROM = 10.0
# A ratio beyond these comes from a value that was, or became, 0.
_BEYOND_MEASURE = 1e15


def duration(seconds: float) -> str:
    """Three significant digits: 0.0201 -> "20.1 ms"; 0.99951 -> "1.00 s"."""
    return _prefixed(seconds, _SECONDS, zero="0 s")


def rate(per_s: float) -> str:
    """Three significant digits and a decimal prefix; the unit stands in the column's head."""
    return _prefixed(per_s, _DECIMAL, zero="0").rstrip()


def size(size_bytes: int) -> str:
    """Three significant digits and a binary prefix: 43_200_512 -> "41.2 MiB".

    1000 to 1023 of a unit stay in that unit, because 1,020 KiB says more than 0.996 MiB.
    """
    for power, unit in _BYTES:
        value = _exact(size_bytes) / _BYTES_STEP**power
        if abs(_significant(value, 3)) >= 1:
            return f"{_digits(value, 3)} {unit}"
    return f"{size_bytes:,} B"


def factor(ratio: float) -> str:
    """Two significant digits, whole numbers from 100 on: "1.1x", "73x", "1,204x"."""
    return f"{_digits(_exact(ratio), 2)}x"


def measured_factor(ratio: float, half_width: float) -> str:
    """As many digits as its relative uncertainty leaves: "1.0103x" at 0.04 %, "3.2x" at 1 %.

    Two significant digits at least, five at most.
    """
    digits = _MOST_FACTOR_DIGITS
    if half_width > 0:
        digits = min(digits, max(2, 1 - math.floor(math.log10(half_width))))
    return f"{_digits(_exact(ratio), digits)}x"


def percent(fraction: float) -> str:
    """Two significant digits, whole numbers from 100 on: 0.843 -> "84 %"."""
    return f"{_digits(_exact(fraction) * 100, 2)} %"


def change(ratio: float) -> str:
    """What a ratio of after to before means: 1.031 -> "+3.1 %", 30 -> "30x"."""
    if ratio >= _BEYOND_MEASURE:
        return "infinite"
    return f"{ratio:,.0f}x" if ratio >= _FACTOR_FROM else f"{_signed_percents(ratio)} %"


def change_bounds(low: float | None, high: float | None) -> str:
    """The bounds of such a ratio in per cent, "[+2.4, +3.9]"; "" if both are unknown."""
    if low is None and high is None:
        return ""
    return f"[{', '.join(map(_change_bound, (low, high)))}]"


def plus_minus(fraction: float) -> str:
    """A relative uncertainty: whole per cents from 1 on, tenths below, 0 only if it is 0."""
    value = _exact(fraction) * 100
    if value < 0:
        raise ValueError(f"an uncertainty cannot be negative: {fraction}")
    if value == 0:
        return "± 0 %"
    # A figure far above has no decimals, and may have too many digits to add one.
    tenths = value if value > _WHOLE_FROM else value.quantize(_FINEST_PERCENT)
    if tenths >= 1:
        return f"± {value:,.0f} %"
    return f"± {max(tenths, _FINEST_PERCENT)} %"


def count(number: int) -> str:
    """All digits, thousands apart: "4,393,770"."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """ "1 pair", "9 pairs"."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def first_few(texts: Sequence[str], most: int) -> str:
    """ "a, b", or of many the first: "a, b and 3 more"."""
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {count(more)} more" if more > 0 else "")


def _change_bound(ratio: float | None) -> str:
    if ratio is None:
        return UNKNOWN
    return _signed_percents(ratio) if ratio < _BEYOND_MEASURE else "+inf"


def _signed_percents(ratio: float) -> str:
    # Never "-0.0".
    return f"{round((ratio - 1) * 100, 1) + 0.0:+,.1f}"


def _exact(value: float) -> Decimal:
    """The binary value itself, so that rounding happens once."""
    if not math.isfinite(value):
        raise ValueError(f"cannot show {value}: it is not a finite number")
    return Decimal(value)


def _significant(value: Decimal, digits: int) -> Decimal:
    return Decimal(f"{value:.{digits - 1}e}")


def _digits(value: Decimal, digits: int) -> str:
    """``value`` with that many significant digits, but never less than its whole part."""
    rounded = _significant(value, digits)
    return f"{rounded:,f}" if abs(rounded) < _WHOLE_FROM else f"{value:,.0f}"


def _prefixed(value: float, prefixes: Sequence[tuple[int, str]], zero: str) -> str:
    exact = _exact(value)
    if exact == 0:
        return zero
    size_after_rounding = abs(_significant(exact, 3))
    exponent, unit = next(
        (row for row in prefixes if size_after_rounding >= Decimal(1).scaleb(row[0])),
        prefixes[-1],
    )
    return f"{_digits(exact.scaleb(-exponent), 3)} {unit}"

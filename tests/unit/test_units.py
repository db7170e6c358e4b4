"""Figures for people: every threshold, and the last float before it."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.base import units

KIB = 1024
MIB = 1024**2


def above(value: float) -> float:
    return math.nextafter(value, math.inf)


def below(value: float) -> float:
    return math.nextafter(value, -math.inf)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (1.4712, "1.47 s"),
        (0.0201, "20.1 ms"),
        (0.9995, "1.00 s"),
        (below(0.9995), "999 ms"),
        # The float nearest to 9.995e-4 is a trifle less than that.
        (above(9.995e-4), "1.00 ms"),
        (9.995e-4, "999 us"),
        (9.996, "10.0 s"),
        (99.96, "100 s"),
        (below(99.95), "99.9 s"),
        (1234.4, "1,234 s"),
        (3e-9, "3.00 ns"),
        (3e-12, "0.00300 ns"),
        (-0.0201, "-20.1 ms"),
    ],
)
def test_a_duration_has_three_digits_and_one_prefix(seconds: float, shown: str) -> None:
    assert units.duration(seconds) == shown


@pytest.mark.parametrize(
    ("per_s", "shown"),
    [
        (0, "0"),
        (512, "512"),
        (999.5, "1.00 k"),
        (below(999.5), "999"),
        (2_986_521, "2.99 M"),
        (999_500_000, "1.00 G"),
        (below(999_500_000), "999 M"),
        (6.9e9, "6.90 G"),
    ],
)
def test_a_rate_has_three_digits_and_a_decimal_prefix(per_s: float, shown: str) -> None:
    assert units.rate(per_s) == shown


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 B"),
        (1023, "1,023 B"),
        (1024, "1.00 KiB"),
        (43_200_512, "41.2 MiB"),
        (1020 * KIB, "1,020 KiB"),
        # 0.9995 MiB is where three digits of a MiB begin to read 1.00.
        (math.ceil(0.9995 * MIB), "1.00 MiB"),
        (math.ceil(0.9995 * MIB) - 1, "1,023 KiB"),
        (3 * 1024**5, "3,072 TiB"),
    ],
)
def test_a_size_has_a_binary_prefix(size_bytes: int, shown: str) -> None:
    assert units.size(size_bytes) == shown


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (1.0, "1.0x"),
        (1.098, "1.1x"),
        (0.914, "0.91x"),
        (9.951, "10x"),
        (9.949, "9.9x"),
        (73.16, "73x"),
        (99.4, "99x"),
        (99.6, "100x"),
        (114.8, "115x"),
        (1204.4, "1,204x"),
    ],
)
def test_a_factor_has_two_digits_or_is_whole(ratio: float, shown: str) -> None:
    assert units.factor(ratio) == shown


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(0, "0 %"), (0.0004, "0.040 %"), (0.032, "3.2 %"), (0.843, "84 %"), (1.0, "100 %")],
)
def test_a_fraction_is_shown_in_per_cent(fraction: float, shown: str) -> None:
    assert units.percent(fraction) == shown


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        (0.0, "± 0 %"),
        (1e-9, "± 0.1 %"),
        (0.0044, "± 0.4 %"),
        (0.00949, "± 0.9 %"),
        (0.00951, "± 1 %"),
        (0.0149, "± 1 %"),
        (0.12, "± 12 %"),
        (1.0, "± 100 %"),
        (12.34, "± 1,234 %"),
    ],
)
def test_an_uncertainty_is_nought_only_where_it_is(fraction: float, shown: str) -> None:
    assert units.plus_minus(fraction) == shown


def test_an_uncertainty_beyond_all_measure_is_shown_all_the_same() -> None:
    assert len(units.plus_minus(1e300)) > 300


def test_a_negative_uncertainty_is_refused() -> None:
    with pytest.raises(ValueError, match=r"-0\.1"):
        units.plus_minus(-0.1)


def test_a_count_has_all_its_digits() -> None:
    assert units.count(4_393_770) == "4,393,770"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "show", [units.duration, units.rate, units.factor, units.percent, units.plus_minus]
)
def test_what_is_not_finite_is_refused(show: Callable[[float], str], value: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        show(value)


PREFIXES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


@given(st.floats(min_value=1.0, max_value=1e14))
def test_what_is_shown_is_within_half_a_digit_of_the_value(per_s: float) -> None:
    number, _, prefix = units.rate(per_s).partition(" ")
    shown = float(number.replace(",", "")) * PREFIXES[prefix]
    assert shown == pytest.approx(per_s, rel=0.00501)


@given(st.floats(min_value=1.0, max_value=9e14))
def test_no_prefix_is_given_a_thousand(per_s: float) -> None:
    number, _, _ = units.rate(per_s).partition(" ")
    assert 1 <= float(number) < 1000


@pytest.mark.parametrize(
    ("texts", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")],
)
def test_of_many_texts_the_first_are_shown_and_the_others_counted(
    texts: list[str], said: str
) -> None:
    assert units.first_few(texts, 2) == said

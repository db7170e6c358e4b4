"""What may be shown of any text at all."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.base.text import NAME_CHARS, name, no_command, sentence, shown

# Lone surrogates too: a file's name may hold any byte.
TEXTS = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("suite.time_order(3000, 'a|b')", "suite.time_order(3000, 'a|b')"),
        ("größer ± 1 µs, 中文", "größer ± 1 µs, 中文"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x9b2J\x85\x00\x7f", "\\x9b2J\\x85\\x00\\x7f"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("\u202egpj.exe\u2066\u200b\ufeff", "\\u202egpj.exe\\u2066\\u200b\\ufeff"),
        ("file\udc80", "file\\udc80"),
        ("\U000e0041", "\\U000e0041"),
        ("a\u3164b\ufe0f", "a\\u3164b\\ufe0f"),
        ("a\xa0b\u3000c", "a b c"),
        ("e\u0301", "e\u0301"),
        ("e" + "\u0301" * 5, "e" + "\u0301" * 3 + "\\u0301" * 2),
        ("##[error]", "#\\#[error]"),
        ("", ""),
    ],
)
def test_a_text_is_shown_as_one_line_of_signs(text: str, seen: str) -> None:
    assert shown(text) == seen


@given(TEXTS)
def test_whatever_it_is_it_is_printable_and_stays_so(text: str) -> None:
    seen = shown(text)
    assert seen.isprintable()
    assert not any(unicodedata.category(sign) in ("Cf", "Cs", "Cc") for sign in seen)
    assert shown(seen) == seen
    seen.encode()


@given(TEXTS.filter(lambda text: text.isascii() and text.isprintable() and "##[" not in text))
def test_an_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


@given(TEXTS, st.integers(20, 200))
def test_it_is_never_longer_than_asked_for_and_is_cut_once(text: str, most: int) -> None:
    seen = shown(text, most)
    assert len(seen) <= most
    assert shown(seen, most) == seen


def test_long_names_that_differ_in_the_middle_stay_different() -> None:
    one, other = ("x" * 400 + middle + "y" * 400 for middle in "ab")
    assert name(one) != name(other)
    assert len(name(one)) == NAME_CHARS
    assert name(one).startswith("x" * 60)
    assert name(one).endswith("y" * 30)


def test_a_sentence_has_blanks_for_line_breaks() -> None:
    assert sentence(" one\n two\tthree\x85four ") == "one two three four"


@pytest.mark.parametrize(
    ("line", "harmless"),
    [
        ("::error::x", "\\::error::x"),
        ("   ::stop-commands::x", "   \\::stop-commands::x"),
        ("a::b", "a::b"),
        ("", ""),
    ],
)
def test_a_line_of_a_log_is_no_command(line: str, harmless: str) -> None:
    assert no_command(line) == harmless

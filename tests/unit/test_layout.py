"""Columns that line up, and what happens when there is no room for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.report.layout import Align, Column, Row, Style, Table, Wrap, fit, wrap

COLUMNS = (
    Column("name", Align.LEFT),
    Column("what it does", Align.LEFT, dispensable=2, wrapped=Wrap.WORDS),
    Column("time"),
    Column("memory", dispensable=1),
)
IDEA = "the inner loop is compiled when it is first called"
TABLE = Table(
    COLUMNS,
    (
        Row(("a", "short", "1.0 s", "41 MiB")),
        Row(("longer", IDEA, "20 ms", "-")),
        Row(("gone", "", "", ""), remark="unavailable: not installed", style=Style.ABSENT),
    ),
)


def texts(table: Table, width: int) -> list[str]:
    return [line.text for line in fit(table, width).lines]


def test_words_start_together_and_figures_end_together() -> None:
    assert texts(TABLE, 100) == [
        "name    what it does                                         time  memory",
        "a       short                                               1.0 s  41 MiB",
        "longer  the inner loop is compiled when it is first called  20 ms       -",
        "gone    unavailable: not installed",
    ]


def test_estimates_end_together_and_their_uncertainties_start_together() -> None:
    cells = ("7 ± 2 %", "1,024 ± 0.5 %", "-")
    table = Table((Column("rate", Align.ESTIMATE),), tuple(Row((cell,)) for cell in cells))
    assert texts(table, 40) == ["rate", "    7 ± 2 %", "1,024 ± 0.5 %", "    -"]


def test_text_is_wrapped_before_a_column_is_left_out() -> None:
    fitted = fit(TABLE, 52)
    assert fitted.left_out == ()
    assert [line.text for line in fitted.lines] == [
        "name    what it does                    time  memory",
        "a       short                          1.0 s  41 MiB",
        "longer  the inner loop is compiled     20 ms       -",
        "        when it is first called",
        "gone    unavailable: not installed",
    ]


def test_the_least_needed_column_goes_first_and_is_named() -> None:
    assert fit(TABLE, 36).left_out == ("memory",)
    assert fit(TABLE, 20).left_out == ("memory", "what it does")


def test_what_cannot_be_left_out_stays_whatever_the_width() -> None:
    assert texts(TABLE, 1)[:3] == ["name     time", "a       1.0 s", "longer  20 ms"]


def test_a_long_remark_is_wrapped_under_itself() -> None:
    row = Row(("gone", "", "", ""), remark="unavailable: not installed, and not needed either")
    table = Table(COLUMNS, (row,))
    assert texts(table, 30)[1:] == [
        "gone  unavailable: not",
        "      installed, and not",
        "      needed either",
    ]


def test_the_style_of_a_row_is_that_of_all_its_lines() -> None:
    styles = [line.style for line in fit(TABLE, 52).lines]
    assert styles == [Style.HEAD, Style.PLAIN, Style.PLAIN, Style.PLAIN, Style.ABSENT]


def test_a_row_that_lacks_a_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells under 4 columns"):
        Table(COLUMNS, (Row(("a",)),))


def test_nothing_wraps_to_one_empty_line() -> None:
    assert wrap("", 10) == [""]


NAMED = (
    Column("verdict", Align.LEFT),
    Column("name", Align.LEFT, wrapped=Wrap.NAMES),
    Column("time"),
)


def named(*names: str) -> Table:
    return Table(NAMED, tuple(Row(("same", name, "1.0 s")) for name in names))


def test_what_all_names_begin_with_is_said_once_where_they_are_too_long() -> None:
    table = named(
        "tests/speed/test_parse.py::test_words", "tests/speed/test_parse.py::test_lines[3]"
    )
    assert texts(table, 52) == [
        "all begin with tests/speed/test_parse.py::",
        "verdict  name            time",
        "same     test_words     1.0 s",
        "same     test_lines[3]  1.0 s",
    ]
    assert "all begin" not in texts(table, 80)[0]


def test_what_all_names_begin_with_ends_with_a_part_of_theirs() -> None:
    table = named("suite.parsing.time_long_words", "suite.parsing.time_long_lines")
    assert texts(table, 40)[0] == "all begin with suite.parsing."
    assert texts(named("a_module_of_its_own.b", "a_module_of_another.b"), 30)[0].startswith(
        "verdict"
    )


def test_parameters_are_no_part_that_names_have_in_common() -> None:
    table = named("suite.parsing.time(folder/a/1)", "suite.parsing.time(folder/a/2)")
    assert texts(table, 40)[0] == "all begin with suite.parsing."


def test_a_name_that_is_still_too_long_takes_several_lines_before_a_column_goes() -> None:
    table = named("one.time_of_a_very_long_name(1000, 'first')", "two.time_of_it")
    fitted = fit(table, 45)
    assert fitted.left_out == ()
    assert [line.text for line in fitted.lines] == [
        "verdict  name                            time",
        "same     one.time_of_a_very_long_name(  1.0 s",
        "           1000, 'first')",
        "same     two.time_of_it                 1.0 s",
    ]


@given(st.lists(st.text("ab./:_[(", min_size=1, max_size=90), min_size=1), st.integers(30, 90))
def test_no_part_of_a_name_is_lost(names: list[str], width: int) -> None:
    above, _, below = "".join(texts(named(*names), width)).partition("verdict")
    prefix = "".join(above.removeprefix("all begin with").split())
    told = "".join(below.split()).removeprefix("nametime").replace("1.0s", "").split("same")
    assert [prefix + rest for rest in told[1:]] == names


words = st.text(alphabet="abc ", max_size=30)


@given(st.lists(st.tuples(words, words, words, words), max_size=4), st.integers(1, 120))
def test_no_line_is_wider_than_asked_unless_nothing_more_can_go(
    rows: list[tuple[str, str, str, str]], width: int
) -> None:
    table = Table(COLUMNS, tuple(Row(cells) for cells in rows))
    fitted = fit(table, width)
    everything_went = fitted.left_out == ("memory", "what it does")
    assert everything_went or all(len(line.text) <= width for line in fitted.lines)

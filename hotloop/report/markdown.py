"""A page in Markdown, for a README or an issue.

For GitHub: words that it would turn into mentions, references or links are shown as code, which it
leaves alone.
"""

import re
from collections.abc import Iterable, Sequence

from hotloop.base.text import NAME_CHARS, sentence, shown
from hotloop.report.layout import Align, Column, Row, Table
from hotloop.report.page import Page

_RULES = {Align.LEFT: ":---", Align.RIGHT: "---:", Align.ESTIMATE: ":---"}
_SPECIAL = frozenset("|*_`<>\\[]~$&")
# "@team", "#1", "owner/project#1", "GH-1", "http://...", "www....", "someone@example.com".
_LINKED = re.compile(r"[@#]|://|\bwww\.|\bGH-\d", re.IGNORECASE)
_BEFORE_BAR = re.compile(r"(?<!\\)((?:\\\\)*\\)\|")


def render(page: Page) -> str:
    """Markdown text: head, sentences, tables, a list of doubts and remarks.

    The cells of a table's first column are code.
    """
    blocks = [
        [" · ".join(map(safe, page.head))],
        *([safe(said)] for said in page.said),
        *(table_lines(table) for table in page.tables),
        notes(page),
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def notes(page: Page) -> list[str]:
    """What stands below the tables, as a list."""
    return [
        *(f"- **!** {safe(doubt)}" for doubt in page.doubts),
        *(f"- {safe(said)}" for said in (*page.remarks, *page.closing)),
    ]


def safe(text: str) -> str:
    """``text`` on one line, with nothing that would end a cell, start markup or become a link."""
    return " ".join(
        code(word) if _LINKED.search(word) else _plain(word) for word in sentence(text).split(" ")
    )


def code(text: str, most: int = NAME_CHARS) -> str:
    """``text`` as code in a table's cell, whatever it contains; an empty text stays empty."""
    # A table's cell ends at a bar whose backslash another one takes away.
    flat = _BEFORE_BAR.sub(r"\1 |", shown(text, most).strip()).replace("|", "\\|")
    if not flat:
        return ""
    longest = max((len(run) for run in re.findall("`+", flat)), default=0)
    fence = "`" * (longest + 1)
    gap = " " if longest else ""
    return f"{fence}{gap}{flat}{gap}{fence}"


def _plain(word: str) -> str:
    return "".join(f"\\{sign}" if sign in _SPECIAL else sign for sign in word)


def table_lines(table: Table) -> list[str]:
    """Head, rule, rows."""
    return [
        joined([safe(column.head) for column in table.columns]),
        joined([_RULES[column.align] for column in table.columns]),
        *(joined(_cells(row, table.columns)) for row in table.rows),
    ]


def _cells(row: Row, columns: Sequence[Column]) -> list[str]:
    name, text, *others = row.cells
    said = text if row.remark is None else row.remark
    return [code(name), safe(said), *map(_cell, others, columns[2:])]


def _cell(text: str, column: Column) -> str:
    """Words may hold anything; figures hold no markup, and escapes would only be in the way."""
    return safe(text) if column.align is Align.LEFT else " ".join(text.split())


def joined(cells: Iterable[str]) -> str:
    """A row of a table, whose cells are Markdown."""
    return f"| {' | '.join(cells)} |"

"""CSV of a result, one row a variant: the same for every ladder, which gives its columns."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from hotloop.base.text import sentence

Result = TypeVar("Result")
Variant = TypeVar("Variant")
Value = str | int | float | None
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@")


def render(
    columns: Mapping[str, Callable[[Result, Variant], Value]],
    result: Result,
    variants: Iterable[Variant],
) -> str:
    """CSV text with a head line; lines end in a line feed alone."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for variant in variants:
        writer.writerow([_cell(value(result, variant)) for value in columns.values()])
    return out.getvalue()


def _cell(value: Value) -> Value:
    """A text on one line, which no spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return value
    text = sentence(value)
    return f"'{text}" if text.startswith(FORMULA) else text

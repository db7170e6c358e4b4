"""CSV of a result, one row a variant: the same for every ladder, which gives its columns."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

Result = TypeVar("Result")
Variant = TypeVar("Variant")
Value = str | int | float | None


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
        writer.writerow([value(result, variant) for value in columns.values()])
    return out.getvalue()

"""Variants that are not installed and that nobody named: a remark below the table, not its rows."""

from collections.abc import Iterable
from typing import Protocol


class Row(Protocol):
    """The part of a result's row that decides where it is told."""

    @property
    def name(self) -> str: ...

    @property
    def left_out(self) -> str | None:
        """What would install it; None: it is a row of the table."""


def not_installed(rows: Iterable[Row]) -> list[str]:
    """One sentence on those that the table leaves out, by what installs them, if there are any."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        if row.left_out is not None:
            groups.setdefault(row.left_out, []).append(row.name)
    if not groups:
        return []
    return ["not installed: " + "; ".join(f"{', '.join(n)}: {by}" for by, n in groups.items())]

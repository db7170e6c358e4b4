"""``hotloop list``: the variants of each ladder, what each needs, and why one cannot run here."""

import argparse
import importlib
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TextIO, cast

from hotloop.base.decoding import encode
from hotloop.report import terminal
from hotloop.report.layout import Align, Column, Line, Row, Style, Table, Wrap, fit

SCHEMA = "hotloop.list/1"

# A subject is a package with a registry: ``VARIANTS``, ``load`` and ``Unavailable``.
SUBJECTS = {"compute": "implementations.registry", "stream": "stream.registry"}


@dataclass(frozen=True, slots=True)
class Listed:
    """One variant; ``reason`` says why it cannot run here, None if it can."""

    name: str
    idea: str
    needs: tuple[str, ...]
    available: bool
    reason: str | None


class Variant(Protocol):
    """What the registries of all subjects know about a variant."""

    name: str
    idea: str
    needs: tuple[str, ...]


class Registry(Protocol):
    """The part of a subject's registry that is needed here."""

    VARIANTS: tuple[Variant, ...]
    Unavailable: type[Exception]
    load: Callable[[str], object]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop list``."""
    parser.add_argument("--json", action="store_true", help=f"print JSON ({SCHEMA})")


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the ladders. Returns 0 even if variants are unavailable: the list is still right."""
    ladders = {
        subject: _entries(cast(Registry, importlib.import_module(module)))
        for subject, module in SUBJECTS.items()
    }
    if namespace.json:
        subjects = {subject: [encode(e) for e in ladder] for subject, ladder in ladders.items()}
        text = json.dumps({"schema": SCHEMA, "subjects": subjects}, indent=2)
        lines = tuple(map(Line, text.split("\n")))
    else:
        lines = render(ladders, terminal.width_of(out))
    terminal.write(lines, out)
    return 0


def render(ladders: dict[str, tuple[Listed, ...]], width: int) -> tuple[Line, ...]:
    """One table a subject, at most ``width`` wide as far as names allow."""
    lines: list[Line] = []
    for subject, entries in ladders.items():
        columns = (
            Column(subject, Align.LEFT),
            Column("idea", Align.LEFT, wrapped=Wrap.WORDS),
            Column("needs", Align.LEFT, dispensable=1),
            Column("here", Align.LEFT),
        )
        rows = tuple(_row(entry) for entry in entries)
        lines += [Line("")] * bool(lines) + list(fit(Table(columns, rows), width).lines)
    return tuple(lines)


def _entries(registry: Registry) -> tuple[Listed, ...]:
    return tuple(_entry(variant, registry) for variant in registry.VARIANTS)


def _entry(variant: Variant, registry: Registry) -> Listed:
    reason = None
    # Recorded and dropped: deprecation warnings between libraries do not concern the list.
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("ignore")
        try:
            registry.load(variant.name)
        except registry.Unavailable as unavailable:
            reason = str(unavailable)
    return Listed(variant.name, variant.idea, variant.needs, reason is None, reason)


def _row(entry: Listed) -> Row:
    cells = (entry.name, entry.idea, ", ".join(entry.needs), "available")
    if entry.reason is None:
        return Row(cells)
    return Row(cells, remark=f"unavailable: {entry.reason}", style=Style.ABSENT)

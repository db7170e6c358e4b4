"""What ``hotloop compute --traps`` was asked for: refused before anything is measured."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.values import check_names
from hotloop.report.exports import parse_exports
from implementations.traps import catalogue

# With it all traps have their table in two minutes.
DEFAULT_BUDGET_S = 0.4
EXPORTS = ("json", "csv", "markdown")


@dataclass(frozen=True, slots=True)
class TrapOptions:
    """``asked`` are the traps named on the command line; ``names`` all that are to be timed."""

    asked: tuple[str, ...]
    names: tuple[str, ...]
    budget_s: float
    seed: int | None
    exports: Mapping[str, Path | None]
    quiet: bool


def parse_options(namespace: argparse.Namespace) -> TrapOptions:
    """The options, all checked. Raises UsageError with the option and its value."""
    asked = tuple(namespace.variants)
    check_names(asked, catalogue.get, "trap")
    return TrapOptions(
        asked=asked,
        names=asked or tuple(catalogue.traps()),
        budget_s=namespace.budget or DEFAULT_BUDGET_S,
        seed=namespace.seed,
        exports=parse_exports(namespace, EXPORTS),
        quiet=namespace.quiet,
    )

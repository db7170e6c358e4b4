"""What ``hotloop fault`` was asked for: parsed once, refused before anybody is harmed."""

import argparse
import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.values import parse_count
from hotloop.report.exports import parse_exports
from hotloop.streams.options import (
    add_cluster,
    add_variants,
    parse_cluster,
    parse_variants,
)
from stream.cluster.security import Security
from stream.faults import plans
from stream.faults.plans import FAULTS, Fault

ALL = "all"
# Without a variant, the question is about Faust.
DEFAULT_VARIANTS = ("faust",)
KNOWN = f"{', '.join(fault.name for fault in FAULTS)}, or {ALL}"


@dataclass(frozen=True, slots=True)
class Options:
    """``asked``: the variants named on the command line; ``variants``: those to test.

    ``bootstrap`` None: brokers of our own. ``seed`` None: choose one.
    """

    faults: tuple[Fault, ...]
    asked: tuple[str, ...]
    variants: tuple[str, ...]
    rate_per_s: float
    bootstrap: str | None
    security: Security
    prefix: str
    seed: int | None
    json: Path | None
    quiet: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; what they say together is checked by ``parse_options``."""
    # With "?" alone argparse does not say that a VARIANT is missing too.
    parser.add_argument("faults", nargs="?", metavar="FAULT[,..]", help=KNOWN)
    add_variants(parser, "whose consumers to harm", ", ".join(DEFAULT_VARIANTS))
    parser.add_argument(
        "--rate",
        metavar="R",
        type=_parse_rate,
        default=plans.RATE_PER_S,
        help="the load, in records/s (default: %(default)g)",
    )
    add_cluster(parser)
    parser.add_argument(
        "--seed",
        metavar="N",
        type=partial(parse_count, "--seed"),
        help="fixes the values (default: a new one)",
    )
    parser.add_argument("--json", metavar="FILE", help="store the result")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    faults = _parse_faults(namespace.faults)
    asked = parse_variants(namespace.variants)
    bootstrap, security = parse_cluster(namespace)
    harming = [fault.name for fault in faults if fault.is_on_brokers]
    if bootstrap is not None and harming:
        raise UsageError(
            f"{', '.join(harming)} would harm the brokers at {bootstrap}: hotloop harms "
            "its own only, so leave --bootstrap out"
        )
    return Options(
        faults=faults,
        asked=asked,
        variants=asked or DEFAULT_VARIANTS,
        rate_per_s=namespace.rate,
        bootstrap=bootstrap,
        security=security,
        prefix=namespace.prefix,
        seed=namespace.seed,
        json=parse_exports(namespace, ("json",))["json"],
        quiet=namespace.quiet,
    )


def _parse_faults(text: str | None) -> tuple[Fault, ...]:
    if text is None:
        raise UsageError(f"which fault? Give {KNOWN}")
    if text == ALL:
        return FAULTS
    return tuple(dict.fromkeys(plans.get(name) for name in text.split(",")))


def _parse_rate(text: str) -> float:
    try:
        rate_per_s = float(text)
    except ValueError:
        rate_per_s = math.nan
    if not plans.LEAST_RATE_PER_S <= rate_per_s <= plans.MOST_RATE_PER_S:
        raise UsageError(
            f"--rate {text}: give records a second, from {plans.LEAST_RATE_PER_S:g} "
            f"to {plans.MOST_RATE_PER_S:g}"
        )
    return rate_per_s

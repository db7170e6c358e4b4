"""What ``hotloop compute`` was asked for: parsed once, refused before anything is measured."""

import argparse
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from hotloop.base.errors import UsageError
from hotloop.base.values import check_names, parse_budget, parse_count, parse_number
from hotloop.compute import interpreters
from hotloop.compute.interpreters import Interpreter
from hotloop.compute.traps.options import DEFAULT_BUDGET_S as DEFAULT_TRAPS_BUDGET_S
from hotloop.report import pictures
from hotloop.report.exports import parse_exports
from implementations import registry
from implementations.problems import RECIPE, Picture, Problem

Drawn = TypeVar("Drawn", bound=Picture)

# With it the whole default ladder ends in 90 s on two cores of 2023.
DEFAULT_BUDGET_S = 3.0


@dataclass(frozen=True, slots=True)
class Options:
    """``asked`` are the variants named on the command line; ``variants`` all that are to be timed.

    ``interpreters``: those that run the file of ``floats``, too; their rows are asked for.

    Both are in ladder order; with none asked for, ``variants`` is the whole ladder.
    ``budget_s`` is the time for samples of each variant. ``seed`` None: choose one.
    """

    asked: tuple[str, ...]
    variants: tuple[str, ...]
    interpreters: tuple[Interpreter, ...]
    problem: Problem
    budget_s: float
    seed: int | None
    json: Path | None
    csv: Path | None
    markdown: Path | None
    image: Path | None
    quiet: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    names = ", ".join(variant.name for variant in registry.VARIANTS)
    parser.add_argument(
        "variants", nargs="*", metavar="VARIANT", help=f"which to time: {names} (default: all)"
    )
    parser.add_argument(
        "--traps",
        action="store_true",
        help="instead of the ladder: pairs of code that looks right and code that is right, all "
        "or those that are named (docs/traps.md)",
    )
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="PROGRAM",
        help="another interpreter that runs the file of floats too, such as pypy3 or python3.14t; "
        "may be repeated; none needs NumPy",
    )
    add_problem_arguments(parser)
    parser.add_argument(
        "--budget",
        metavar="SECONDS",
        type=parse_budget,
        help="time for samples of each variant; a slow one still gets a sample in each "
        f"process (default: {DEFAULT_BUDGET_S}, with --traps {DEFAULT_TRAPS_BUDGET_S})",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=partial(parse_count, "--seed"),
        help="fixes the random order of the rounds (default: a new one)",
    )
    parser.add_argument("--json", metavar="FILE", help="store the result with every sample")
    parser.add_argument("--csv", metavar="FILE", help="store a row for each variant")
    parser.add_argument("--markdown", metavar="FILE", help="store the table")
    parser.add_argument(
        "--image", metavar="FILE", help="draw the set (.png, .svg, .pdf; needs hotloop[plot])"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def add_problem_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``parse_picture`` reads; the recipe's problem is the default."""
    window = ",".join(str(bound) for bound in RECIPE.window)
    parser.add_argument(
        "--size",
        metavar="WxH",
        default=f"{RECIPE.width}x{RECIPE.height}",
        help="pixels across and up (default: %(default)s)",
    )
    parser.add_argument(
        "--steps",
        metavar="N",
        default=str(RECIPE.steps),
        help="steps after which a point counts as inside (default: %(default)s)",
    )
    parser.add_argument(
        "--window",
        metavar="XMIN,XMAX,YMIN,YMAX",
        default=window,
        help="the part of the plane (default: %(default)s)",
    )


def refuse_those_of_the_ladder(namespace: argparse.Namespace) -> None:
    """What --traps has no use for. Raises UsageError."""
    parser = argparse.ArgumentParser(add_help=False)
    add_problem_arguments(parser)
    defaults = {**vars(parser.parse_args([])), "image": None, "python": []}
    for option, default in defaults.items():
        value = getattr(namespace, option)
        if value != default:
            text = value if isinstance(value, str) else " ".join(value)
            raise UsageError(
                f"--{option} {text}: not with --traps, which have problems of their own"
            )


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    named = _parse_variants(namespace.variants)
    others = interpreters.parse(namespace.python)
    exports = parse_exports(namespace, ("json", "csv", "markdown", "image"))
    if exports["image"] is not None:
        pictures.check_can_draw(exports["image"])
    return Options(
        asked=(*named, *(one.name for one in others)),
        variants=named or tuple(variant.name for variant in registry.VARIANTS),
        interpreters=others,
        problem=parse_picture(Problem, namespace),
        budget_s=namespace.budget or DEFAULT_BUDGET_S,
        seed=namespace.seed,
        json=exports["json"],
        csv=exports["csv"],
        markdown=exports["markdown"],
        image=exports["image"],
        quiet=namespace.quiet,
    )


def _parse_variants(names: list[str]) -> tuple[str, ...]:
    check_names(names, registry.get, "variant")
    return tuple(variant.name for variant in registry.VARIANTS if variant.name in names)


def parse_picture(kind: type[Drawn], namespace: argparse.Namespace) -> Drawn:
    """What is to be computed, as a ``kind``. Raises UsageError with the options and values."""
    size, steps, window = namespace.size, namespace.steps, namespace.window
    width, height = parse_size("--size", size)
    bounds = window.split(",")
    if len(bounds) != len(RECIPE.window):
        raise UsageError(
            f"--window {window}: give four numbers, XMIN,XMAX,YMIN,YMAX, not {len(bounds)}"
        )
    x_min, x_max, y_min, y_max = (parse_number("--window", bound) for bound in bounds)
    try:
        return kind(
            width=width,
            height=height,
            steps=parse_count("--steps", steps),
            window=(x_min, x_max, y_min, y_max),
        )
    except ValueError as error:
        raise UsageError(f"{error} (--size {size} --steps {steps} --window {window})") from None


def parse_size(option: str, text: str) -> tuple[int, int]:
    """Pixels across and up. Raises UsageError."""
    match = re.fullmatch(r"(\d+)[xX×](\d+)", text, re.ASCII)
    if match is None:
        raise UsageError(f"{option} {text}: give two whole numbers, width x height, as in 320x240")
    return parse_count(option, match[1]), parse_count(option, match[2])

"""What the simulations are asked for: how many rows."""

import argparse
from collections.abc import Callable, Sequence

from scripts import frame


def whole(text: str) -> int:
    """A number of rows; raises argparse's error below 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number from 1 on")
    return int(text)


def exit_code(
    script: str, doc: str | None, default: int, run: Callable[[int], None], arguments: Sequence[str]
) -> int:
    """Parse ``arguments`` and call ``run`` with the number of rows; returns the exit code."""
    about, _, more = (doc or "").partition("\n")
    parser = frame.parser(script, about, more)
    parser.add_argument(
        "rows", nargs="?", type=whole, default=default, help="(default: %(default)s)"
    )
    namespace = parser.parse_args(arguments)

    def ran() -> int:
        run(namespace.rows)
        return 0

    return frame.exit_code(script, ran)

"""What the scripts have in common: how they are called, and how they end."""

import argparse
import sys
from collections.abc import Callable

from hotloop.base.errors import HotloopError
from hotloop.base.outcome import EXIT_INTERRUPTED


def parser(script: str, description: str, usage: str) -> argparse.ArgumentParser:
    """A parser without arguments; --help shows ``usage`` unchanged after the description."""
    return argparse.ArgumentParser(
        prog=script,
        description=description + "\n" + usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def exit_code(script: str, run: Callable[[], int], interrupted: str = "interrupted") -> int:
    """What ``run`` returns, or the code of the error that ended it, which it prints."""
    try:
        return run()
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        return EXIT_INTERRUPTED
    except HotloopError as error:
        print(f"{script}: {error}", file=sys.stderr)
        return error.exit_code

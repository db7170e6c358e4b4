"""What the scripts have in common: how they are called, and how they end."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from hotloop.base.errors import HotloopError, UsageError
from hotloop.base.outcome import EXIT_INTERRUPTED


def program(module: str) -> int:
    """Run ``main`` of this module; returns its exit code, 2 where a library is missing."""
    script = Path(sys.argv[0]).name
    try:
        main: Callable[[list[str]], int] = importlib.import_module(f"scripts.{module}").main
    except ModuleNotFoundError as error:
        print(
            f"{script}: {sys.executable} has no module {error.name!r}; install all with "
            f"`make test`, then run .venv/bin/python scripts/{script}",
            file=sys.stderr,
        )
        return UsageError.exit_code
    return main(sys.argv[1:])


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
    except BrokenPipeError:
        # Its reader is gone; what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return HotloopError.exit_code
    except HotloopError as error:
        print(f"{script}: {error}", file=sys.stderr)
        return error.exit_code

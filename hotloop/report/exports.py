"""The files that a command writes: checked before anything is measured."""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.files import write_whole
from hotloop.base.mishap import told
from hotloop.base.stored import STDIN

T = TypeVar("T")


def parse_exports(namespace: argparse.Namespace, names: Sequence[str]) -> dict[str, Path | None]:
    """The files of the options ``names``, each different and each known to be writable.

    Raises UsageError with the option and its value.
    """
    exports: dict[str, Path | None] = {}
    for name in names:
        text = getattr(namespace, name)
        path = None if text is None else _parse_export(f"--{name}", text)
        if path is not None and path in exports.values():
            raise UsageError(f"--{name} {text}: another export goes to the same file")
        exports[name] = path
    return exports


def exported(result: T, render: Callable[[T], str]) -> Callable[[Path], None]:
    """A function that writes what ``render`` makes of ``result`` to a path."""

    def write(path: Path) -> None:
        # File names that are not text contain lone surrogates.
        write_whole(path, render(result).encode(errors="backslashreplace"))

    return write


def write_files(*files: tuple[Path | None, Callable[[Path], None]]) -> None:
    """Call each function with its path, if there is one.

    A file that cannot be written does not stop the others: all are tried before MeasurementError
    says what went wrong.
    """
    problems = []
    for path, write in files:
        if path is not None:
            try:
                write(path)
            except Exception as error:
                problems.append(told(error))
    if problems:
        raise MeasurementError("; ".join(problems))


def _parse_export(option: str, text: str) -> Path:
    """The file that ``text`` leads to, links resolved, after a trial write in its folder."""
    if text == STDIN:
        # Where results are read, it stands for a stream: nobody wants a file of that name.
        raise UsageError(f"{option} {text}: give a file's name; a result is stored in files only")
    try:
        path = Path(text).resolve()
        if path.exists() and not path.is_file():
            raise UsageError(f"{option} {text}: that is not a file; give a file's name")
        # A trial, because permissions, quotas and file systems have more ways to refuse than
        # can be asked for; the name is as long as the one that the export will be written by.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{option} {text}: cannot write there ({reason})") from None
    return path

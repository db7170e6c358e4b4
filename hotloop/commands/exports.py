"""Where a command writes its result besides the screen: checked before anything is measured."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hotloop.errors import UsageError


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


def _parse_export(option: str, text: str) -> Path:
    """The file that ``text`` leads to, links resolved, after a trial in its folder."""
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

"""Paths and texts are UTF-8, whatever the language settings say.

With ``LC_ALL=C`` Python turns to UTF-8 by itself, unless ``PYTHONUTF8=0`` forbids it; with an
8-bit locale it does not. Then a path that git tells in UTF-8 has letters which Python cannot give
to the system, and so may the paths of a configuration, of results and of tests. So the command
starts anew in Python's UTF-8 mode, and so do the Pythons that it starts. What it prints keeps the
encoding of the terminal: a letter that this lacks is shown as "?".
"""

import contextlib
import os
import sys
from typing import TextIO

UTF8 = "utf-8"
# Says to the process that is started anew what its terminal reads.
OUTPUT = "HOTLOOP_OUTPUT_ENCODING"


def turn_to() -> None:
    """Start this process anew in UTF-8 mode, unless it has UTF-8; ends it in that case."""
    if sys.getfilesystemencoding() == UTF8 or not sys.executable:
        return
    os.environ[OUTPUT] = sys.stdout.encoding
    os.environ["PYTHONUTF8"] = "1"
    with contextlib.suppress(OSError):
        # The option, because -E and -I leave out the variable.
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def forgiving(stream: TextIO, encoding: str | None) -> TextIO:
    """The same stream in this encoding, or its own; it prints "?" for what the encoding lacks."""
    with contextlib.suppress(AttributeError):
        stream.reconfigure(encoding=encoding, errors="replace")  # type: ignore[attr-defined]
    return stream


def output_encoding() -> str | None:
    """What the terminal reads, if this process was started anew; to be asked once."""
    return os.environ.pop(OUTPUT, None)

"""A child's side of ``children``: commands in, replies out, one JSON line each.

Runs in any Python from 3.8 on: a contender may have an interpreter of its own.
"""

from __future__ import annotations

import json
import os
import sys

from hotloop.base.lifeline import hold

# What only annotations need is not imported: each contender's process would.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, NoReturn

# The class of an exception that is a sentence for the user: a target cannot run here. A syntax
# error tells its place itself.
SAYS_ALL = "Unavailable"
# Files in these are not the user's: installed packages'.
_INSTALLED = {"site-packages", "dist-packages"}


def take_commands() -> int:
    """The descriptor of the commands, moved away from standard input.

    What the contender reads from standard input is nothing, and never a command.
    """
    commands = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)
    return commands


def serve(commands: int, replies: int, handlers: Mapping[str, Callable[..., Any]]) -> None:
    """Answer commands until they end."""
    with os.fdopen(commands) as lines, os.fdopen(replies, "w") as out:
        for line in lines:
            name, arguments = json.loads(line)
            out.write(json.dumps(_reply(handlers[name], arguments)) + "\n")
            out.flush()


def _reply(handler: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"value": handler(**arguments)}
    # A contender's sys.exit() or KeyboardInterrupt is an error like any other.
    except BaseException as error:
        return {"error": type(error).__name__, "message": f"{error}{_where(error)}"}


def _where(error: BaseException) -> str:
    """The last line of the user's that it came through: " (sums.py, line 7)"; "" if none is known.

    Neither ours nor that of a library: what is in its own files is what its author can change.
    """
    if isinstance(error, SyntaxError) or type(error).__name__ == SAYS_ALL:
        return ""
    # Without an import: whatever was called may have left nothing that could be imported.
    ours = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    standard = os.path.dirname(os.path.realpath(os.__file__))
    place, step = "", error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        is_theirs = not file.startswith((ours + os.sep, standard + os.sep))
        if is_theirs and not _INSTALLED.intersection(file.split(os.sep)) and os.path.isfile(file):
            place = f" ({os.path.basename(file)}, line {step.tb_lineno})"
        step = step.tb_next
    return place


def live(parent: int, commands: int, replies: int, handlers: Mapping[str, Any]) -> NoReturn:
    """Serve the parent until it closes the pipe or ends."""
    hold(parent)
    serve(commands, replies, handlers)
    # Without the contender's clean-up: its threads or atexit hooks must not hold us up.
    os._exit(0)


def answer_driver(server: object, names: Sequence[str]) -> NoReturn:
    """Serve the driver that started this process with the methods of those names."""
    replies, parent = map(int, sys.argv[1:])
    live(parent, take_commands(), replies, {name: getattr(server, name) for name in names})

"""A child's side of ``children``: commands in, replies out, one JSON line each.

Runs in any Python from 3.8 on: a contender may have an interpreter of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from hotloop.base.lifeline import hold


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
        return {"error": type(error).__name__, "message": str(error)}


def live(parent: int, commands: int, replies: int, handlers: Mapping[str, Any]) -> NoReturn:
    """Serve the parent until it closes the pipe or ends."""
    hold(parent)
    serve(commands, replies, handlers)
    # Without the contender's clean-up: its threads or atexit hooks must not hold us up.
    os._exit(0)

"""numba without an edit: a function and all of the user's functions that it calls, as dispatchers.

The functions are copied with globals of their own, in which each name of another one of them leads
to its dispatcher. Globals are frozen when numba compiles.
"""

from __future__ import annotations

import contextlib
import os
import re
import types
from collections.abc import Callable, Iterator
from typing import Any

from hotloop.compare.inside.shown import shortened
from hotloop.techniques.inside.users import users_files

NOT_INSTALLED = "numba is not installed: pip install numba"
# What numba writes before the reason, in lines of its own.
PREAMBLES = ("Failed in ", "- Resolution failure", "During:", "File ", "Enable ", "Cannot unify")
MISSING = "No implementation of function"
INNER = re.compile(r"(?:Unsupported|Typing|Requires|Numba)\w*Error: (?P<said>.+)")
PLACE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
OPCODE_LINE = re.compile(r"\((?P<line>\d+)\)")
REASON_CHARS = 160
# As in ``inspect``: the function has a parameter such as *args, **options.
HAS_ARGS, HAS_OPTIONS = 0x04, 0x08


class Unavailable(Exception):
    """The technique cannot take this function; the message says why, with the line."""


def compiled(function: Any, folder: str, cache: str | None = None) -> Callable[..., object]:
    """The function, which its first call compiles together with all that it calls.

    ``folder``: the user's; functions of files elsewhere are left to numba. ``cache``: where
    machine code is kept for other processes.
    """
    _refuse_options(function)
    if cache is not None:
        os.environ["NUMBA_CACHE_DIR"] = cache
    try:
        import numba
    except ImportError as error:
        missing = getattr(error, "name", None) == "numba"
        raise Unavailable(NOT_INSTALLED if missing else f"numba: {error}") from None
    made: dict[types.FunctionType, Any] = {}
    is_users = users_files(folder)

    def dispatcher(of: types.FunctionType) -> Any:
        if of in made:
            return made[of]
        if of is function and of.__kwdefaults__:
            line, name = of.__code__.co_firstlineno, next(iter(of.__kwdefaults__))
            raise Unavailable(f"line {line}: numba knows no default of {name}, a keyword only")
        names = dict(of.__globals__)
        copy = types.FunctionType(of.__code__, names, of.__name__, of.__defaults__, of.__closure__)
        copy.__kwdefaults__ = of.__kwdefaults__
        copy.__qualname__ = of.__qualname__
        copy.__module__ = of.__module__
        made[of] = numba.njit(copy)
        if cache is not None:
            # Where it refuses, each process compiles.
            with contextlib.suppress(RuntimeError):
                made[of].enable_caching()
        for name in set(names_in(of.__code__)):
            called = names.get(name)
            if isinstance(called, types.FunctionType) and is_users(called.__code__.co_filename):
                names[name] = dispatcher(called)
        return made[of]

    found: Callable[..., object] = dispatcher(function)
    return found


def _refuse_options(function: Any) -> None:
    """Raise Unavailable for ``**options``, of which numba says that an argument is missing."""
    code = getattr(function, "__code__", None)
    if code is not None and code.co_flags & HAS_OPTIONS:
        place = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & HAS_ARGS)
        line = where(code.co_filename, code.co_firstlineno)
        raise Unavailable(f"{line}numba takes no **{code.co_varnames[place]}")


def names_in(code: types.CodeType) -> Iterator[str]:
    """The names that a function and those inside it use of their module."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from names_in(constant)


def reason(error: BaseException) -> str | None:
    """Why numba cannot take the function, with line and code; None: the error is not numba's."""
    said = COLOUR.sub("", str(error))
    if isinstance(error, TypeError) and "reflected" in said:
        return (
            "an argument is a list of lists, which numba cannot take as it is: see the row with "
            "arguments converted"
        )
    if not type(error).__module__.startswith("numba."):
        return None
    place = getattr(error, "loc", None)
    file, line = getattr(place, "filename", None), getattr(place, "line", None)
    places = [place for place in PLACE.findall(said) if "site-packages" not in place[0]]
    if places:
        # The last place is the innermost: that of the cause.
        file, line = places[-1][0], int(places[-1][1])
    if line is None:
        found = OPCODE_LINE.search(said)
        line = None if found is None else int(found["line"])
    return where(file, line) + brief(said)


def where(file: str | None, line: int | None) -> str:
    """ "line 15, p = Particle(1, 2): ", or nothing if the line is not known."""
    if line is None:
        return ""
    return f"line {line}{source(file, line)}: "


def source(file: str | None, line: int) -> str:
    """The text of a line, as far as it can be read."""
    import linecache

    text = linecache.getline(file, line).strip() if file else ""
    return f", {text}" if text else ""


def brief(said: str) -> str:
    """The first sentence of numba's that says what is wrong."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    # Where it tried several ways, why one of them failed says more than that all did.
    inner = [found for line in lines if (found := INNER.match(line)) is not None]
    for found in inner:
        if not found["said"].startswith(PREAMBLES):
            return _short(found["said"])
    for place, line in enumerate(lines):
        if line.startswith(MISSING):
            calls = [other[4:] for other in lines[place:] if other.startswith(">>> ")]
            return _short(f"no implementation of {calls[0] if calls else line}")
        if not line.startswith(PREAMBLES):
            return _short(line)
    return "it gives no reason"


def _short(text: str) -> str:
    return shortened(text.rstrip(" .:"), REASON_CHARS)

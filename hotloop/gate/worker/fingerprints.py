"""What code does, as a short text that is the same wherever the code stands.

A fingerprint leaves out places, so that comments and moved lines change nothing. It does not
contain nested functions, which are seen by themselves when they run; but it has their docstrings,
which anybody may read.
"""

from __future__ import annotations

from collections import Counter
from types import CodeType
from typing import Any, Callable, Iterator, Sequence  # noqa: UP035  (evaluated by Python 3.8)

MODULE = "<module>"
# *args and **kwargs come after all others.
STARRED = 2


def fingerprint(code: CodeType, whole: bool, plain: Callable[[str], str] = str) -> str:
    """What ``code`` does, wherever it stands; with all that is nested in it, if ``whole``.

    Nested code that shares its name with another (lambdas, a property's getter and setter) is
    always a part of it, because a name could not tell which of them is which.
    """
    return _digest(_text(code, whole, plain))


def fingerprint_of_signature(code: CodeType) -> str:
    """What tells a function's parameters, and whether it is a coroutine or a generator."""
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + STARRED]
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    return _digest(repr((code.co_name, code.co_flags, counts, names)))


def fingerprints_of_file(file: str, whole: Sequence[bool]) -> dict[str, list[str]]:
    """Name -> fingerprints of all code in a Python file, as ``fingerprints_of_source``."""
    with open(file, "rb") as source:  # noqa: PTH123  (the suite may have replaced pathlib's)
        return fingerprints_of_source(source.read(), file, whole)


def fingerprints_of_source(
    source: bytes, file: str, whole: Sequence[bool] = (False, True)
) -> dict[str, list[str]]:
    """Name -> fingerprints of all code in a file, as if all of it had run.

    ``whole``: each by itself, with all that is nested in it, or both; its signature in any case.
    Raises SyntaxError or ValueError for what this Python cannot compile.
    """
    module = compile(source, file, "exec", dont_inherit=True)
    found: dict[str, list[str]] = {}
    for code, name in code_in(module):
        prints = [fingerprint(code, each) for each in whole]
        found.setdefault(name, []).extend([*prints, fingerprint_of_signature(code)])
    return found


def code_in(code: CodeType, above: str = "") -> Iterator[tuple[CodeType, str]]:
    """Each code object in a module and its path: ``Sums.add``, which Python 3.8 does not know."""
    name = above or code.co_name
    yield code, name
    inside = "" if code.co_name == MODULE else f"{name}."
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from code_in(const, f"{inside}{const.co_name}")


def but_for_constants(code: CodeType) -> list[str]:
    """Texts of all that ``code`` does but for its constants, nested code among them."""
    return [
        code.co_name,
        code.co_code.hex(),
        repr(getattr(code, "co_exceptiontable", b"")),
        repr((code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)),
        repr((code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)),
    ]


def constant(value: Any, plain: Callable[[str], str] = str) -> str:
    """A text that tells 1 from 1.0 and True, and is the same in every process."""
    if isinstance(value, tuple):
        return f"({', '.join(constant(each, plain) for each in value)})"
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(constant(each, plain) for each in value))}}}"
    if isinstance(value, str):
        return f"str {plain(value)!r}"
    return f"{type(value).__name__} {value!r}"


def _text(code: CodeType, whole: bool, plain: Callable[[str], str]) -> str:
    nested = Counter(const.co_name for const in code.co_consts if isinstance(const, CodeType))
    parts = but_for_constants(code)
    for const in code.co_consts:
        if not isinstance(const, CodeType):
            parts.append(constant(const, plain))
        elif whole or nested[const.co_name] > 1:
            parts.append(_text(const, True, plain))
        else:
            parts.append(f"{const.co_name} {_docstring(const)!r}")
    return "\n".join(parts)


def _digest(text: str) -> str:
    import hashlib

    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _docstring(code: CodeType) -> str | None:
    first = code.co_consts[0] if code.co_consts else None
    return first if isinstance(first, str) else None

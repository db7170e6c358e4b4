"""Answers as files: pickled, with a digest, up to a size.

Equal bytes are equal answers, so that most need no second look.
"""

from __future__ import annotations

import types

# Where they come from; ``hashlib`` would load OpenSSL too, ``pickle`` its twin in Python.
try:
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b
try:
    import _pickle as pickle
except ImportError:
    import pickle  # type: ignore[no-redef]

# What only annotations need is not imported: see ``loading``.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Python 3.8 reads it, and PyPy.
PROTOCOL = 4
MEGABYTE = 10**6


class NotComparable(Exception):
    """The answer cannot be kept for a comparison; the message says why, and what to do."""


class _Limited:
    """A file that refuses to grow beyond a size; keeps a digest of what it got."""

    def __init__(self, file: Any, most: int) -> None:
        self._file = file
        self._left = most
        self._most = most
        self.digest = blake2b(digest_size=16)

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self._left -= size
        if self._left < 0:
            raise NotComparable(
                f"the answer is larger than {self._most // MEGABYTE:,} MB: let it return less, "
                "such as a sum, or give --check none"
            )
        self.digest.update(data)
        self._file.write(data)
        return size


def as_bytes(value: object) -> bytes | None:
    """It pickled; None if that cannot be done."""
    try:
        return pickle.dumps(value, protocol=PROTOCOL)
    except Exception:
        return None


def from_bytes(kept: bytes) -> Any:
    """What ``as_bytes`` kept. Raises whatever the classes in it raise."""
    return pickle.loads(kept)


def save(answer: object, path: str, most: int, pickler: Any = None) -> str:
    """Pickle it into the file; returns its digest. Raises NotComparable.

    ``pickler``: what to do it with, if not Python's own.
    """
    with open(path, "wb") as file:
        limited = _Limited(file, most)
        try:
            (pickler or pickle.Pickler)(limited, protocol=PROTOCOL).dump(answer)
        except NotComparable:
            raise
        except RecursionError:
            raise NotComparable(
                "the answer is nested too deeply to be compared: flatten it, or give --check none"
            ) from None
        except Exception as error:
            raise NotComparable(
                f"the answer cannot be compared ({error}): return values, or give --check none"
            ) from None
    return limited.digest.hexdigest()


def why_lazy(answer: object) -> str | None:
    """Why a call did no work yet, if it did not."""
    if isinstance(answer, types.GeneratorType):
        return (
            "it returns a generator, so that a call does no work yet: let it return a list of "
            "what it yields"
        )
    if isinstance(answer, (types.CoroutineType, types.AsyncGeneratorType)):
        if isinstance(answer, types.CoroutineType):
            answer.close()
        return "it is an async function, so that a call does no work: call it by asyncio.run()"
    if hasattr(answer, "__next__") and not hasattr(answer, "read"):
        return (
            f"it returns {type(answer).__name__!r}, an iterator that does its work later: let it "
            "return a list"
        )
    return None

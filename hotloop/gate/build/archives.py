"""Static libraries (ar(5)), written so that ld's script can name each of their members.

Members may be called alike, and a thin archive has none of them inside: Meson makes such ones, of
files that are gone after the build. Imports nothing of hotloop, as ``collect`` does not.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

MAGIC, THIN = b"!<arch>\n", b"!<thin>\n"
# A member's name, its time, owner, group, mode and length, all as text.
WIDTHS = (16, 12, 6, 6, 8, 10)
HEADER = struct.Struct("16s12s6s6s8s10s2s")
END = b"`\n"
# The members that are no files: where each symbol is (in numbers of 4 or 8 bytes), long names.
SYMBOLS, LONG_NAMES = {b"/": ">I", b"/SYM64/": ">Q"}, b"//"


def is_archive(content: bytes) -> bool:
    """Whether it begins as one."""
    return content.startswith((MAGIC, THIN))


def members(content: bytes) -> dict[str, bytes]:
    """What ``renamed`` has made: its members by name."""
    return {
        name.rstrip(b"/").decode(): data
        for _, name, data in _entries(content, None)
        if name not in SYMBOLS
    }


def renamed(path: Path) -> bytes:
    """The archive with all members inside, called 0.o, 1.o and so on.

    Raises ValueError if it is none, OSError if a file of a thin one is not there.
    """
    content = path.read_bytes()
    entries = list(_entries(content, path.parent))
    made = bytearray(MAGIC)
    # Where each member was, and where it is now.
    moved: dict[int, int] = {}
    tables = []
    number = 0
    for place, name, data in entries:
        moved[place] = len(made)
        own = name
        if name in SYMBOLS:
            tables.append((len(made) + HEADER.size, SYMBOLS[name]))
        else:
            own = b"%d.o/" % number
            number += 1
        fields = (own, b"0", b"0", b"0", b"644", b"%d" % len(data))
        made += b"".join(map(bytes.ljust, fields, WIDTHS)) + END
        made += data + b"\n" * (len(data) % 2)
    for start, width in tables:
        (count,) = struct.unpack_from(width, made, start)
        for index in range(1, count + 1):
            at = start + index * struct.calcsize(width)
            (old,) = struct.unpack_from(width, made, at)
            if old not in moved:
                raise ValueError("its index names no member")
            struct.pack_into(width, made, at, moved[old])
    return bytes(made)


def _entries(content: bytes, folder: Path | None) -> Iterator[tuple[int, bytes, bytes]]:
    """Where each begins, its name, what it has; files of a thin archive are below ``folder``."""
    if not is_archive(content):
        raise ValueError("it is no archive")
    is_thin = content.startswith(THIN)
    names = b""
    place = len(MAGIC)
    while place < len(content):
        try:
            name, *_, length, end = HEADER.unpack_from(content, place)
        except struct.error as error:
            raise ValueError(f"it is cut off: {error}") from error
        if end != END:
            raise ValueError("a member has no header")
        name, size, start = name.rstrip(), int(length), place + HEADER.size
        data = content[start : start + size]
        if name == LONG_NAMES:
            names = data
        elif name in SYMBOLS or not is_thin:
            yield place, name, data
        else:
            assert folder is not None, "what was renamed is not thin"
            yield place, name, (folder / _long_name(name, names)).read_bytes()
        inside = not is_thin or name in SYMBOLS or name == LONG_NAMES
        place = start + (size + size % 2 if inside else 0)


def _long_name(name: bytes, names: bytes) -> str:
    if name.startswith(b"/"):
        if b":" in name:
            raise ValueError("an archive is inside it")
        start = int(name[1:])
        name = names[start : names.index(b"\n", start)]
    return name.removesuffix(b"/").decode()

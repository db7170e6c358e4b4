"""The part of a compiled file that is loaded to run, without notes of where it was built.

Two builds of one source in two folders differ in their debug information, and in the build-id that
is made from it. These are left out of an ELF file (64 bits, little-endian, as all extensions are
here). Of any other file everything counts. The layout is that of elf(5).
"""

import hashlib
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

BEGINNING = b"\x7fELF\x02\x01"
SECTION = struct.Struct("<IIQQQQ")
LINK_AT, ALIGNMENT_AT = 0x28, 0x30
ALLOCATED, MERGED = 2, 0x10
NOTE, NO_BITS = 7, 8
# A symbol: its name, its kind, where it is defined (not 0), its address, its size.
SYMBOL = struct.Struct("<IBBHQQ")
SYMBOLS = 2
FUNCTIONS = (2, 10)


def loaded_digest(content: bytes) -> str:
    """SHA-256 of the part that is loaded."""
    digest = hashlib.sha256()
    try:
        parts = list(_loaded(content)) if content.startswith(BEGINNING) else [content]
    except struct.error:
        # It is cut off; loading it will report that.
        parts = [content]
    for part in parts:
        digest.update(b"%d\0" % len(part))
        digest.update(part)
    return digest.hexdigest()


def _loaded(content: bytes) -> Iterator[bytes]:
    (headers,) = struct.unpack_from("<Q", content, 0x28)
    size, count = struct.unpack_from("<HH", content, 0x3A)
    for number in range(count):
        _, kind, flags, _, offset, length = SECTION.unpack_from(content, headers + number * size)
        if flags & ALLOCATED and kind not in (NOTE, NO_BITS):
            yield content[offset : offset + length]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of an object file: its name, its flags, its size and alignment in bytes.

    ``digest`` is that of its content before the link; empty: not known, or all zeros.
    """

    name: str
    flags: int
    size_bytes: int
    alignment: int
    digest: str = ""

    @property
    def is_loaded_whole(self) -> bool:
        """Whether it is loaded, and the linker merges no part of it with others."""
        return self.flags & (ALLOCATED | MERGED) == ALLOCATED


def sections(content: bytes) -> list[Section]:
    """The sections of an object file; ValueError if it is none, or is cut off."""
    if not content.startswith(BEGINNING):
        raise ValueError("it is no ELF file of 64 bits")
    try:
        (headers,) = struct.unpack_from("<Q", content, 0x28)
        size, count, names = struct.unpack_from("<HHH", content, 0x3A)
        *_, names_at, _ = SECTION.unpack_from(content, headers + names * size)
        found = []
        for number in range(count):
            start = headers + number * size
            name, kind, flags, _, offset, length = SECTION.unpack_from(content, start)
            (alignment,) = struct.unpack_from("<Q", content, start + ALIGNMENT_AT)
            end = content.index(b"\0", names_at + name)
            text = content[names_at + name : end].decode()
            inside = b"" if kind == NO_BITS else content[offset : offset + length]
            digest = hashlib.sha256(inside).hexdigest() if flags & ALLOCATED and inside else ""
            found.append(Section(text, flags, length, max(1, alignment), digest))
    except struct.error as error:
        raise ValueError(f"it is cut off: {error}") from error
    return found


def loaded_sizes(content: bytes) -> dict[str, int]:
    """The bytes of each part of a library that is loaded, by its name."""
    return {part.name: part.size_bytes for part in sections(content) if part.flags & ALLOCATED}


def functions(content: bytes) -> dict[str, list[int]]:
    """Where each function of a library is, by its name; several may have the same."""
    found: dict[str, list[int]] = defaultdict(list)
    (headers,) = struct.unpack_from("<Q", content, 0x28)
    size, count = struct.unpack_from("<HH", content, 0x3A)
    for number in range(count):
        start = headers + number * size
        _, kind, _, _, offset, length = SECTION.unpack_from(content, start)
        if kind != SYMBOLS:
            continue
        (link,) = struct.unpack_from("<I", content, start + LINK_AT)
        *_, names, _ = SECTION.unpack_from(content, headers + link * size)
        for name, info, _, where, address, extent in SYMBOL.iter_unpack(
            content[offset : offset + length]
        ):
            if where and extent and info & 0xF in FUNCTIONS:
                end = content.index(b"\0", names + name)
                found[content[names + name : end].decode(errors="replace")].append(address)
    return dict(found)

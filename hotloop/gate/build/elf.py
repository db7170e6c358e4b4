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
from typing import NamedTuple

BEGINNING = b"\x7fELF\x02\x01"
# A section: its name, kind, flags, address, place in the file, length, the section that it refers
# to (for symbols, that of their names), more information, its alignment, the size of its entries.
SECTION = struct.Struct("<IIQQQQIIQQ")
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
    headers, _ = _headers(content)
    for header in headers:
        if header.flags & ALLOCATED and header.kind not in (NOTE, NO_BITS):
            yield content[header.offset : header.offset + header.length]


class _Header(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    length: int
    link: int
    info: int
    alignment: int
    entry_bytes: int


def _headers(content: bytes) -> tuple[list[_Header], int]:
    """Those of all sections, and which of them has their names. Raises struct.error."""
    (start,) = struct.unpack_from("<Q", content, 0x28)
    size, count, names = struct.unpack_from("<HHH", content, 0x3A)
    places = range(start, start + count * size, size) if size else ()
    return [_Header(*SECTION.unpack_from(content, place)) for place in places], names


def _name(content: bytes, place: int) -> bytes:
    """The name that begins there. Raises ValueError."""
    return content[place : content.index(b"\0", place)]


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
        headers, names = _headers(content)
        return [_section(content, each, headers[names].offset) for each in headers]
    except (struct.error, IndexError) as error:
        raise ValueError(f"it is cut off: {error}") from error


def _section(content: bytes, header: _Header, names: int) -> Section:
    inside = b""
    if header.flags & ALLOCATED and header.kind != NO_BITS:
        inside = content[header.offset : header.offset + header.length]
    digest = hashlib.sha256(inside).hexdigest() if inside else ""
    name = _name(content, names + header.name).decode()
    return Section(name, header.flags, header.length, max(1, header.alignment), digest)


def loaded_sizes(content: bytes) -> dict[str, int]:
    """The bytes of each part of a library that is loaded, by its name."""
    return {part.name: part.size_bytes for part in sections(content) if part.flags & ALLOCATED}


def functions(content: bytes) -> dict[str, list[int]]:
    """Where each function of a library is, by its name; several may have the same."""
    found: dict[str, list[int]] = defaultdict(list)
    headers, _ = _headers(content)
    for header in (each for each in headers if each.kind == SYMBOLS):
        names = headers[header.link].offset
        symbols = content[header.offset : header.offset + header.length]
        for name, info, _, where, address, extent in SYMBOL.iter_unpack(symbols):
            if where and extent and info & 0xF in FUNCTIONS:
                text = _name(content, names + name).decode(errors="replace")
                found[text].append(address)
    return dict(found)

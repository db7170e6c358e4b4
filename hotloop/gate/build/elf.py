"""The part of a compiled file that is loaded to run, without notes of where it was built.

Two builds of one source in two folders differ in their debug information, and in the build-id that
is made from it. These are left out of an ELF file (64 bits, little-endian, as all extensions are
here). Of any other file everything counts. The layout is that of elf(5).
"""

import hashlib
import struct
from collections.abc import Iterator

BEGINNING = b"\x7fELF\x02\x01"
SECTION = struct.Struct("<IIQQQQ")
ALLOCATED = 2
NOTE, NO_BITS = 7, 8


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

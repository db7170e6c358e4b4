"""What of a compiled file counts: files of a few sections, made by hand as elf(5) has them."""

import struct

import pytest

from hotloop.gate.build.elf import ALLOCATED, NO_BITS, NOTE, loaded_digest, sections

CODE, NO_FLAGS = 1, 0
HEADER_BYTES, SECTION_BYTES = 64, 64


def elf(text: bytes = b"code", note: bytes = b"build-id", debug: bytes = b"/tmp/a") -> bytes:
    """Code, a note, debug information and zeroed memory, whose length is in no file."""
    parts = [
        (CODE, ALLOCATED, text),
        (NOTE, ALLOCATED, note),
        (CODE, NO_FLAGS, debug),
        (NO_BITS, ALLOCATED, b""),
    ]
    body, headers = b"", b""
    for kind, flags, content in parts:
        place = HEADER_BYTES + len(body)
        header = struct.pack("<IIQQQQ", 0, kind, flags, 0, place, len(content))
        headers += header.ljust(SECTION_BYTES, b"\0")
        body += content
    start = bytearray(HEADER_BYTES)
    start[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<Q", start, 0x28, HEADER_BYTES + len(body))
    struct.pack_into("<HH", start, 0x3A, SECTION_BYTES, len(parts))
    return bytes(start) + body + headers


def test_where_it_was_built_does_not_count() -> None:
    assert loaded_digest(elf()) == loaded_digest(elf(note=b"another", debug=b"/home/b/longer"))


def test_what_runs_counts() -> None:
    assert loaded_digest(elf()) != loaded_digest(elf(text=b"cold"))


@pytest.mark.parametrize("content", [b"", b"MZ any other kind", elf()[:70], elf()[:40]])
def test_of_what_is_no_whole_elf_everything_counts(content: bytes) -> None:
    assert loaded_digest(content) != loaded_digest(content + b"x")


def test_sections_whose_names_are_nowhere_are_refused() -> None:
    whole = bytearray(elf())
    struct.pack_into("<H", whole, 0x3E, 99)
    for content in (bytes(whole), elf()[:-1], b"MZ any other kind"):
        with pytest.raises(ValueError, match=r"cut off|no ELF"):
            sections(content)

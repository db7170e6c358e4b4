r"""Text from others, made fit to be shown on a terminal, in a file or in an annotation.

Names, parameters, reasons, other programs' output, commit subjects: the author of the code under
test chose them. They are shown as one line of printable characters:

    a line break           ->  \n
    ESC and "[31m"         ->  \x1b[31m
    a right-to-left mark   ->  \u200f

Results keep the exact text (JSON). Each format escapes its own markup.
"""

import hashlib
import itertools
import re
import unicodedata

# For a name in a table; for a sentence or a reason, which nobody reads to the end if longer.
NAME_CHARS = 120
SENTENCE_CHARS = 1000
# Of the checksum that replaces a long text's middle, so that two names that differ there stay two.
DIGEST_CHARS = 6
CUT = "…"
# GitHub's runner takes a log line for a command if it begins like this, or contains this.
COMMAND = "::"
OLD_COMMAND = "##["

_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Letters and marks without a width that Python calls printable: Unicode's
# Default_Ignorable_Code_Point (DerivedCoreProperties.txt), and the empty braille pattern.
_UNSEEN = frozenset(
    itertools.chain(
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        range(0x180B, 0x1810),
        range(0xFE00, 0xFE10),
        range(0xE0100, 0xE01F0),
    )
)
# More marks on one letter than any language uses would run into other lines.
_MOST_MARKS = 3
# All but those that are shown as they are, and are no marks: looked at one by one.
_OTHERS = re.compile("[^ -~]+")
_LAST_BYTE, _LAST_OF_PLANE_0 = 0xFF, 0xFFFF


def shown(text: str, most: int | None = None) -> str:
    """``text`` on one line, at most ``most`` long, with control characters as escapes.

    If it is longer, a checksum of the whole replaces its middle. Applying this twice changes
    nothing.
    """
    text = _OTHERS.sub(lambda found: _escaped(found[0]), text)
    text = text.replace(OLD_COMMAND, "#\\#[")
    if most is None or len(text) <= most:
        return text
    digest = hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:DIGEST_CHARS]
    middle = f"{CUT}{digest}{CUT}"
    room = max(0, most - len(middle))
    return text[: room - room // 3] + middle + text[len(text) - room // 3 :]


def sentence(text: str, most: int = SENTENCE_CHARS) -> str:
    """``shown``, with line breaks and tabs as blanks between words."""
    return shown(" ".join(text.split()), most)


def name(text: str) -> str:
    """``shown``, short enough for a cell of a table."""
    return shown(text, NAME_CHARS)


def no_command(line: str) -> str:
    """A log line that GitHub's runner does not take for a command."""
    blanks = len(line) - len(line.lstrip())
    is_command = line.startswith(COMMAND, blanks)
    return f"{line[:blanks]}\\{line[blanks:]}" if is_command else line


def _escaped(text: str) -> str:
    signs, marks = [], 0
    for sign in text:
        category = unicodedata.category(sign)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category == "Zs":
            signs.append(" ")
        elif not sign.isprintable() or ord(sign) in _UNSEEN or marks > _MOST_MARKS:
            signs.append(_escape(sign))
        else:
            signs.append(sign)
    return "".join(signs)


def _escape(sign: str) -> str:
    code = ord(sign)
    if sign in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[sign]
    if code <= _LAST_BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _LAST_OF_PLANE_0 else f"\\U{code:08x}"

"""Lines to fields."""

import re
from pathlib import Path

FIELD = re.compile(r"[^;]+")
SIGNS = Path(__file__).with_name("signs.txt").read_text(encoding="utf-8").split()


def fields(line):
    """What stands between the signs."""
    return FIELD.findall(line)


def clean(text):
    """Without the signs that nobody reads."""
    for sign in SIGNS:
        text = text.replace(sign, " ")
    return text.strip()


def weight(text):
    """In kilograms."""
    return int(text)

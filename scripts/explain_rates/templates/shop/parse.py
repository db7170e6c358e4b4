"""Lines to records."""

import re

NUMBER = re.compile(r"\s*(\d+)\s*$")


def split_line(line):
    """The fields of a line."""
    return [field.strip() for field in line.split(",")]


def number(text):
    """What a field says, 0 if nothing."""
    found = NUMBER.match(text)
    return int(found.group(1)) if found else 0


def record(fields):
    """A record of its fields."""
    return {
        "name": fields[0],
        "price": number(fields[1]),
        "count": number(fields[2]),
        "tag": fields[3],
    }


def parse(lines):
    """All records."""
    return [record(split_line(line)) for line in lines]

import re

WORD = re.compile(r"[a-z]+(\d+)")


def numbers(text):
    total = 0
    for match in WORD.finditer(text):
        total += int(match.group(1))
    return total


def problem():
    return " ".join(f"abc{i} x" for i in range(5000))

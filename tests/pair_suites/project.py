"""What each module of the suite finds: which side it is, work to do, and where to note things."""

import os
from pathlib import Path

HEAD = os.environ["SIDE"] == "head"


def work(turns: int) -> int:
    total = 0
    for i in range(turns):
        total += i * i
    return total


def note(what: str) -> None:
    with Path(os.environ["NOTES"]).open("a") as file:
        file.write(os.environ["SIDE"] + " " + what + "\n")

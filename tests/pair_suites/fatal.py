"""Cannot be imported at head: it ends the process."""

import os

from .project import HEAD, work

if HEAD:
    print("no licence", flush=True)
    os._exit(7)


def time_it() -> None:
    work(500)

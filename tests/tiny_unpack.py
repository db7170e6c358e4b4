"""What pip does to install a wheel of ``tiny_project``, in a fraction of the time.

``python tiny_unpack.py WHEEL`` in the environment itself. What was there goes first, as with the
--force-reinstall of asv's own command.
"""

import shutil
import sys
import sysconfig
import zipfile
from pathlib import Path


def unpack(wheel: str) -> None:
    place = sysconfig.get_path("purelib")
    for old in Path(place).glob("tiny*"):
        shutil.rmtree(old)
    with zipfile.ZipFile(wheel) as content:
        content.extractall(place)


if __name__ == "__main__":
    unpack(sys.argv[1])

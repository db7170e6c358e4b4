"""What a command loads before it knows whether it is to measure anything."""

import subprocess
import sys

PROGRAM = """
import sys
from hotloop import cli
code = cli.main(["compare", "nothing.py"])
print(code, [name for name in ("numpy", "scipy", "rich") if name in sys.modules])
"""


def test_refused_arguments_load_nothing_slow() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout == "2 []\n"

import subprocess
import sys

PROGRAM = """
import sys
import implementations.problems
import implementations.registry
print([name for name in ("numpy", "numba", "implementations.grid") if name in sys.modules])
"""


def test_naming_variants_and_problems_loads_no_numpy_and_no_variant() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")

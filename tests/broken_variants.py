"""Variants broken for real: a copy of the packages in which one computes something else."""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy_packages(folder: Path) -> Path:
    """Copies of implementations and hotloop in ``folder``, to come first on the path."""
    for package in ("implementations", "hotloop"):
        # Byte code comes along, since each process would compile anew: but for half a file of it.
        ignored = shutil.ignore_patterns("*.pyc.*")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    return folder


def break_variant(folder: Path, name: str, statement: str) -> None:
    """Let the copied variant's compute_mandel do something else before it returns ``height``."""
    path = folder / "implementations" / f"{name}_mandel.py"
    path.write_text(
        path.read_text()
        + "\n\n_right = compute_mandel\n\n\n"
        + "def compute_mandel(*args):\n"
        + "    height = _right(*args)\n"
        + f"    {statement}\n"
        + "    return height\n"
    )


def keep_variants(folder: Path, *names: str) -> None:
    """Let the copied registry hold no others."""
    path = folder / "implementations" / "registry.py"
    kept = f"VARIANTS = tuple(variant for variant in VARIANTS if variant.name in {names!r})"
    path.write_text(f"{path.read_text()}\n\n{kept}\n")


def measure_in_sets(folder: Path, sets: int) -> None:
    """Let the copied harness take so many sets of processes."""
    _replace(folder, r"^FEWEST_SETS = \d\n", f"FEWEST_SETS = {sets}\n")


def warm_up_briefly(folder: Path) -> None:
    """Let the copied harness not warm up teams of threads: they keep all CPUs busy meanwhile."""
    _replace(folder, r"Threads\.ALL: 100e-3", "Threads.ALL: 1e-3")


def _replace(folder: Path, before: str, after: str) -> None:
    path = folder / "hotloop" / "timing" / "measure.py"
    text, replaced = re.subn(before, after, path.read_text(), flags=re.M)
    assert replaced == 1
    path.write_text(text)

"""Variants broken for real: a copy of the packages in which one computes something else."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy_packages(folder: Path) -> Path:
    """Copies of implementations and hotloop in ``folder``, to come first on the path."""
    return _copy(folder, "implementations", "hotloop")


def copy_variants(folder: Path) -> Path:
    """A copy of implementations alone."""
    return _copy(folder, "implementations")


def _copy(folder: Path, *packages: str) -> Path:
    for package in packages:
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


def hide(folder: Path, package: str) -> None:
    """Let the copied variant of that name find no such package."""
    path = folder / "implementations" / f"{package}_mandel.py"
    missing = f"raise ModuleNotFoundError('no {package}', name={package!r})"
    path.write_text(f"{missing}\n{path.read_text()}")

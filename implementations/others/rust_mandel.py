"""Rust, by PyO3 and maturin: the two loops, columns shared out by rayon.

Rust fuses and reorders nothing by itself. Vectors in Rust: rust_lanes_mandel. The first time, cargo
fetches and compiles PyO3 and the rest, which takes a minute or more; maturin is no part of
hotloop's extras, so that nobody waits for it unasked.
"""

import functools
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from implementations.grid import Heights, grid
from implementations.others.compiled import EXTENSION_SUFFIX, compiled, extension
from implementations.problems import WINDOW, Window
from implementations.registry import Unavailable

MATURIN = version("maturin")
FOLDER = Path(__file__).with_name("rust")
PRODUCT = f"rust_mandel{EXTENSION_SUFFIX}"
# As `maturin develop --release`, but into the cache: the extension out of the wheel.
BUILD = """
import pathlib, subprocess, sys, zipfile
options = ["--release", "--locked", "--quiet", "--out", "wheel", "-i", sys.executable]
subprocess.run([sys.executable, "-m", "maturin", "build", *options], check=True)
(wheel,) = pathlib.Path("wheel").iterdir()
with zipfile.ZipFile(wheel) as files:
    (name,) = [name for name in files.namelist() if name.endswith((".so", ".pyd"))]
    pathlib.Path(sys.argv[1]).write_bytes(files.read(name))
"""


@functools.cache
def build() -> Any:
    """The extension. Raises Unavailable."""
    if shutil.which("cargo") is None:
        raise Unavailable("there is no Rust (cargo): install it from rustup or the system")
    settings = {"RUSTFLAGS": "-C target-cpu=native"}
    command = [sys.executable, "-c", BUILD, PRODUCT]
    beside = [FOLDER / "Cargo.lock", FOLDER / "rust_mandel.rs"]
    return extension(compiled(FOLDER / "Cargo.toml", PRODUCT, command, MATURIN, settings, beside))


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    build().fill(x_vals, y_vals, height, int(N_iter))
    return height

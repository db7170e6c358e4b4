"""What ``hotloop tiles`` was asked for: parsed once, refused before anything is computed."""

import argparse
import importlib
import re
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.units import size
from hotloop.base.values import parse_count
from hotloop.compute.options import add_problem_arguments, parse_picture, parse_size
from implementations import registry
from implementations.problems import Picture
from implementations.tiles.tiling import Tiling

DEFAULT_VARIANT = "fastest"
# 50 ms of a core at 255 steps, of which the 5 ms that dask takes are a tenth; 32 MiB of heights.
DEFAULT_TILE = "2048x2048"
# With dask, NumPy and a variant, before any tile: 63 MiB, but 215 with numba's (VmHWM, 2 x 2
# pixels); dask pauses a worker at 80 % of its limit and ends it at 95 %.
WORKER_BASE_BYTES = 300 * 2**20
PACKAGES = {".npy": ("distributed",), ".zarr": ("distributed", "zarr")}
"""What must be installed, by the suffix of the file."""
ZARR_MARK = "zarr.json"
"""The file that makes a folder a zarr array."""


@dataclass(frozen=True, slots=True)
class Options:
    """``scheduler`` None: workers are started here, ``workers`` of them, or one for each CPU.

    ``memory_limit_bytes`` is each worker's; None is a fair share of the machine's memory.
    """

    tiling: Tiling
    out: Path
    variant: str
    scheduler: str | None
    workers: int | None
    memory_limit_bytes: int | None
    check: bool
    quiet: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; their values stay text until ``parse_options``."""
    add_problem_arguments(parser)
    parser.add_argument(
        "--out",
        metavar="FILE",
        required=True,
        help="the array's file: .npy (8 bytes a pixel) or .zarr (compressed)",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace FILE once the new one is complete"
    )
    parser.add_argument(
        "--variant",
        metavar="NAME",
        default=DEFAULT_VARIANT,
        help="the variant that computes a tile, in one thread (default: %(default)s)",
    )
    parser.add_argument(
        "--tile",
        metavar="WxH",
        default=DEFAULT_TILE,
        help="pixels across and up of a tile (default: %(default)s)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="the dask scheduler whose workers compute, as in tcp://host:8786; connect to your "
        "own only: it can run code here (default: start workers here)",
    )
    parser.add_argument(
        "--workers", metavar="N", help="processes to start here (default: one for each CPU)"
    )
    parser.add_argument(
        "--memory-limit",
        metavar="SIZE",
        help="what each process started here may take, as in 2GB or 512MiB (default: its share "
        "of the machine)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare some tiles of the file with another variant, bit for bit",
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    tiling = _parse_tiling(namespace)
    out = _parse_out(namespace.out, namespace.overwrite)
    variant, scheduler = _parse_variant(namespace.variant), _parse_scheduler(namespace)
    workers = None if namespace.workers is None else _parse_workers(namespace.workers)
    _check_installed(PACKAGES[out.suffix])
    return Options(
        tiling=tiling,
        out=out,
        variant=variant,
        scheduler=scheduler,
        workers=workers,
        memory_limit_bytes=_parse_memory_limit(namespace.memory_limit, tiling),
        check=namespace.check,
        quiet=namespace.quiet,
    )


def _parse_tiling(namespace: argparse.Namespace) -> Tiling:
    picture = parse_picture(Picture, namespace)
    width, height = parse_size("--tile", namespace.tile)
    try:
        return Tiling(picture, width, height)
    except ValueError as error:
        text = f"--size {namespace.size} --tile {namespace.tile}"
        raise UsageError(f"{error} ({text})") from None


def _parse_out(text: str, overwrite: bool) -> Path:
    path = Path(text).resolve()
    if path.suffix not in PACKAGES:
        raise UsageError(f"--out {text}: the name must end in {' or '.join(PACKAGES)}")
    if not path.parent.is_dir():
        raise UsageError(f"--out {text}: there is no folder {path.parent}")
    if path.exists():
        is_array = (path / ZARR_MARK).is_file() if path.suffix == ".zarr" else path.is_file()
        if not is_array:
            raise UsageError(f"--out {text}: something else has that name; choose another")
        if not overwrite:
            raise UsageError(f"--out {text} is there already: add --overwrite to replace it")
    return path


def _parse_variant(name: str) -> str:
    try:
        variant = registry.get(name)
        registry.load(name)
    except (ValueError, registry.Unavailable) as error:
        raise UsageError(f"--variant {name}: {error}") from None
    if not variant.exact:
        raise UsageError(f"--variant {name}: it may differ from the reference; choose an exact one")
    return name


def _parse_scheduler(namespace: argparse.Namespace) -> str | None:
    address: str | None = namespace.scheduler
    if address is None:
        return None
    if re.fullmatch(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):\d{1,5}", address) is None:
        raise UsageError(f"--scheduler {address}: give an address as in tcp://host:8786")
    for option in ("workers", "memory_limit"):
        if getattr(namespace, option) is not None:
            name = option.replace("_", "-")
            raise UsageError(f"--{name} is for workers started here: leave it or --scheduler out")
    return address


def _parse_workers(text: str) -> int:
    workers = parse_count("--workers", text)
    if workers == 0:
        raise UsageError("--workers 0: give 1 or more")
    return workers


def _parse_memory_limit(text: str | None, tiling: Tiling) -> int | None:
    if text is None:
        return None
    # It takes a while to import: most commands do without.
    from dask.utils import parse_bytes

    try:
        limit_bytes: int = parse_bytes(text)
    except (ValueError, OverflowError):
        limit_bytes = 0
    if limit_bytes < 1:
        raise UsageError(f"--memory-limit {text}: give a size as in 2GB or 512MiB")
    least_bytes = WORKER_BASE_BYTES + tiling.tile_bytes
    if limit_bytes < least_bytes:
        raise UsageError(
            f"--memory-limit {text}: with tiles of {tiling.width}x{tiling.height} a worker may "
            f"need {size(least_bytes)}; give more, or a smaller --tile"
        )
    return limit_bytes


def _check_installed(packages: tuple[str, ...]) -> None:
    for package in packages:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise UsageError(f"{error.name} is not installed: pip install hotloop[dask]") from None

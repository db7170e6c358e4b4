"""What ``hotloop tiles`` was asked for: parsed once, refused before anything is computed."""

import argparse
import importlib
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.units import size
from hotloop.base.values import parse_count
from hotloop.compute.options import add_problem_arguments, parse_picture, parse_size
from implementations import registry
from implementations.problems import Picture
from implementations.tiles.plan import Plan

DEFAULT_VARIANT = "fastest"
# 50 ms of a core at 255 steps, of which the 5 ms that dask takes are a tenth; 32 MiB of heights.
DEFAULT_TILE = "2048x2048"
# With dask, NumPy and a variant, before any tile: 63 MiB, but 215 with numba's (VmHWM, 2 x 2
# pixels); dask pauses a worker at 80 % of its limit and ends it at 95 %.
WORKER_BASE_BYTES = 300 * 2**20
SIZES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12} | {
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}
PACKAGES = {".npy": ("distributed",), ".zarr": ("distributed", "zarr")}
"""What must be installed, by the suffix of the file."""
ZARR_MARK = "zarr.json"
"""The file that makes a folder a zarr array."""


@dataclass(frozen=True, slots=True)
class Options:
    """``scheduler`` None: workers are started here, ``workers`` of them, or one for each CPU.

    ``memory_limit_bytes`` is each worker's; None is a fair share of the machine's memory.
    """

    plan: Plan
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
        "--overwrite", action="store_true", help="replace FILE when the new one is whole"
    )
    parser.add_argument(
        "--variant",
        metavar="NAME",
        default=DEFAULT_VARIANT,
        help="who computes a tile, in one thread (default: %(default)s)",
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
    plan = _parse_plan(namespace)
    out = _parse_out(namespace.out, namespace.overwrite)
    options = Options(
        plan=plan,
        out=out,
        variant=_parse_variant(namespace.variant),
        scheduler=_parse_scheduler(namespace),
        workers=None if namespace.workers is None else _parse_workers(namespace.workers),
        memory_limit_bytes=_parse_memory_limit(namespace.memory_limit, plan),
        check=namespace.check,
        quiet=namespace.quiet,
    )
    _check_installed(PACKAGES[out.suffix])
    return options


def _parse_plan(namespace: argparse.Namespace) -> Plan:
    picture = parse_picture(Picture, namespace)
    width, height = parse_size("--tile", namespace.tile)
    try:
        return Plan(picture, width, height)
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


def _parse_memory_limit(text: str | None, plan: Plan) -> int | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,15})?) ?([kmgt]?i?)b?", text.lower(), re.ASCII)
    if match is None or match[2] not in SIZES:
        raise UsageError(f"--memory-limit {text}: give a size as in 2GB or 512MiB")
    limit_bytes = int(Fraction(match[1]) * SIZES[match[2]])
    least_bytes = WORKER_BASE_BYTES + plan.tile_bytes
    if limit_bytes < least_bytes:
        raise UsageError(
            f"--memory-limit {text}: with tiles of {plan.width}x{plan.height} a worker may need "
            f"{size(least_bytes)}; give more, or a smaller --tile"
        )
    return limit_bytes


def _check_installed(packages: tuple[str, ...]) -> None:
    for package in packages:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise UsageError(f"{error.name} is not installed: pip install hotloop[dask]") from None

"""``hotloop tiles``: a picture larger than memory, computed by dask's workers into a file."""

import argparse
import math
import random
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from hotloop.base import units
from hotloop.base.cpus import usable_cpus
from hotloop.base.errors import MeasurementError
from hotloop.base.mishap import told
from hotloop.base.outcome import EXIT_FINE, EXIT_INTERRUPTED, EXIT_NOT_MEASURED, EXIT_WRONG
from hotloop.report import terminal
from hotloop.report.layout import Line, Style
from hotloop.report.screen import marked
from hotloop.tiles import options as tiles_options
from hotloop.tiles.options import Options

if TYPE_CHECKING:
    from distributed import Client

    from hotloop.report.progress import Progress
    from implementations.tiles.flow import Ledger
    from implementations.tiles.store import Store

PROGRESS_LINES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop tiles``."""
    tiles_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Compute, store, check and print; returns the exit code."""
    options = tiles_options.parse_options(namespace)
    # dask takes a second to import: `--help` and refused arguments do not need it.
    from hotloop.report.progress import progress_on
    from implementations.tiles.cluster import check_workers
    from implementations.tiles.flow import Ledger
    from implementations.tiles.store import new_store
    from implementations.tiles.verify import judge_of

    ledger = Ledger()
    with _as_our_errors(), progress_on(err, options.quiet) as progress, ExitStack() as stack:
        judge = judge_of(options.variant) if options.check else None
        with _writing(options):
            store = stack.enter_context(new_store(options.out, options.tiling))
        client = stack.enter_context(_workers(options, progress))
        check_workers(client, options.variant)
        start_s = time.perf_counter()
        iterations = _fill(store, client, options, ledger, progress)
        progress.report("waiting for the disk", 1.0)
        with _writing(options):
            store.flush()
        elapsed_s = time.perf_counter() - start_s
        line = _figures(options, ledger, iterations, elapsed_s)
        found = _Finding(EXIT_FINE, "")
        if judge is not None:
            progress.report(f"checking with {judge}", 1.0)
            found = _check_or_reason(store, client, options, judge)
            if found.code == EXIT_WRONG:
                terminal.write([Line(found.sentence, Style.BAD)], out)
                return EXIT_WRONG
        with _writing(options):
            store.keep()
    if found.code == EXIT_FINE:
        terminal.write([Line(f"{line}; {found.sentence}" if found.sentence else line)], out)
    else:
        terminal.write([Line(line), *marked([found.sentence], terminal.width_of(out))], out)
    return found.code


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the check found: the exit code that follows, and a sentence."""

    code: int
    sentence: str


def _fill(
    store: "Store", client: "Client", options: Options, ledger: "Ledger", progress: "Progress"
) -> int:
    """Compute and store every tile; how many iterations they were."""
    from hotloop.timing.worker import peak_memory_bytes
    from implementations.tiles.flow import compute

    tiling = options.tiling
    # A line for each of them if there is no bar.
    step = math.ceil(tiling.tiles / PROGRESS_LINES)
    iterations = 0
    tiles = compute(client, options.variant, tiling, iter(tiling), peak_memory_bytes, ledger)
    with closing(tiles):
        for done, (tile, heights) in enumerate(tiles, start=1):
            with _writing(options):
                store.write(tile, heights)
            iterations += int(heights.sum(dtype="int64"))
            if done % step == 0:
                progress.report(f"{done:,} of {tiling.tiles:,} tiles", done / tiling.tiles)
    return iterations


def _check_or_reason(store: "Store", client: "Client", options: Options, judge: str) -> _Finding:
    """Like ``_check``, but the picture is kept if the check fails or is interrupted."""
    from implementations.tiles import TilesFailed

    try:
        return _check(store, client, options, judge)
    except TilesFailed as error:
        code, reason = EXIT_NOT_MEASURED, str(error)
    except Exception as error:
        code, reason = EXIT_NOT_MEASURED, told(error)
    except KeyboardInterrupt:
        code, reason = EXIT_INTERRUPTED, "interrupted"
    return _Finding(code, f"{options.out.name} is whole, and was not checked: {reason}")


def _check(store: "Store", client: "Client", options: Options, judge: str) -> _Finding:
    from hotloop.timing.worker import peak_memory_bytes
    from implementations.tiles.verify import first_difference, sample

    tiles = sample(options.tiling, random.SystemRandom())
    different = first_difference(client, judge, options.tiling, tiles, store, peak_memory_bytes)
    if different is None:
        return _Finding(EXIT_FINE, f"{len(tiles)} of them equal {judge} bit for bit")
    tile, difference = different
    return _Finding(
        EXIT_WRONG,
        f"wrong: the tile {tile} is not what {judge} computes: {difference.sentence()} (counted "
        f"within the tile); {options.out.name} was not written",
    )


def _figures(options: Options, ledger: "Ledger", iterations: int, elapsed_s: float) -> str:
    """The one line of result."""
    from hotloop.timing.worker import peak_memory_bytes

    picture, tiling = options.tiling.picture, options.tiling
    here, there = map(_memory, (peak_memory_bytes(), ledger.peak_memory_bytes))
    return (
        f"Mandelbrot {units.count(picture.width)} x {units.count(picture.height)}, "
        f"{units.count(picture.steps)} steps: {units.count(tiling.tiles)} tiles by "
        f"{options.variant} in {units.duration(elapsed_s)}, "
        f"{units.rate(picture.pixels / elapsed_s)} pixels/s, "
        f"{units.rate(iterations / elapsed_s)} iterations/s; peak memory {here} here, {there} in "
        f"a worker; {units.count(ledger.given_out_again)} tiles given out again"
    )


def _memory(peak_bytes: int | None) -> str:
    return units.UNKNOWN if peak_bytes is None else units.size(peak_bytes)


def _workers(options: Options, progress: "Progress") -> AbstractContextManager["Client"]:
    from implementations.tiles.cluster import local_workers, scheduler_at

    if options.scheduler is not None:
        progress.report(f"connecting to {options.scheduler}", 0.0)
        return scheduler_at(options.scheduler)
    workers = options.workers or usable_cpus() or 1
    progress.report(f"starting {workers} workers", 0.0)
    return local_workers(workers, options.memory_limit_bytes)


@contextmanager
def _as_our_errors() -> Iterator[None]:
    from implementations.tiles import TilesFailed

    try:
        yield
    except TilesFailed as error:
        raise MeasurementError(str(error)) from error


@contextmanager
def _writing(options: Options) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MeasurementError(f"cannot write {options.out}: {error.strerror or error}") from error

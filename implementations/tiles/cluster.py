"""The workers: processes of this machine, or those of an existing scheduler.

Needs ``distributed``; nothing else in hotloop does.
"""

import logging
import os
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

import dask
from distributed import Client, LocalCluster
from distributed.core import Status

from implementations.registry import load
from implementations.tiles import TilesFailed

# A running scheduler answers in milliseconds.
CONNECT_LIMIT_S = 5.0
# Workers start in 2 s; it took 10 when all CPUs were busy.
LOCAL_START_LIMIT_S = 60.0
# How long one that takes the place of another may take until all are ended.
REPLACEMENT_LIMIT_S = 10.0
REPLACEMENT_STEP_S = 0.01
SILENT = logging.CRITICAL + 1
# Loggers to which dask gives levels of their own, and the one for errors of its tasks.
LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado.application", "asyncio")
# The environment variable, read by dask as the level of a logger, that each worker starts with:
# silence_logs ends when a worker begins to close, and one that closes while it starts would log.
MUTE_WORKERS = "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED"
LOOPBACK = "127.0.0.1"
# The variable that does what -P does on a command line.
SAFE_PATH = "PYTHONSAFEPATH"


@contextmanager
def local_workers(workers: int, memory_limit_bytes: int | None) -> Iterator[Client]:
    """Processes of one thread each; dask ends and replaces one that grows beyond its limit.

    memory_limit_bytes: of each; None is a fair share of the machine's.

    They end with the context, and with this process, however it ends.
    """
    _silence()
    with (
        tempfile.TemporaryDirectory(prefix="hotloop-", ignore_cleanup_errors=True) as folder,
        dask.config.set({MUTE_WORKERS: SILENT}),
        _out_of_the_current_folder(),
    ):
        with _without_ctrl_c():
            cluster = LocalCluster(
                n_workers=0,
                threads_per_worker=1,
                memory_limit="auto" if memory_limit_bytes is None else memory_limit_bytes,
                host=LOOPBACK,
                # Only the ports that are needed.
                dashboard_address=None,
                local_directory=folder,
                silence_logs=SILENT,
            )
        with cluster, Client(cluster, timeout=CONNECT_LIMIT_S) as client:
            cluster.scale(workers)
            try:
                client.wait_for_workers(workers, timeout=LOCAL_START_LIMIT_S)
            except TimeoutError:
                raise TilesFailed(
                    f"{workers} workers did not start within {LOCAL_START_LIMIT_S:.0f} s"
                ) from None
            try:
                yield client
            finally:
                _await_replacements(cluster)


def _await_replacements(cluster: LocalCluster) -> None:
    """Wait until no worker is starting in the place of one that died.

    dask raises if it has to end one then, or the worker prints a traceback.
    """
    deadline = time.monotonic() + REPLACEMENT_LIMIT_S
    while any(_are_being_replaced(cluster)) and time.monotonic() < deadline:
        time.sleep(REPLACEMENT_STEP_S)


def _are_being_replaced(cluster: LocalCluster) -> Iterator[bool]:
    """For each worker; that one died its nanny may notice later than the scheduler does.

    It is the scheduler that lets a command end for that.
    """
    for nanny in cluster.workers.values():
        process = nanny.process
        is_lost = nanny.worker_address not in cluster.scheduler.workers
        is_new = process is not None and process.status in (Status.stopped, Status.starting)
        yield nanny.status is Status.running and process is not None and (is_lost or is_new)


@contextmanager
def _out_of_the_current_folder() -> Iterator[None]:
    """Python processes that start meanwhile import nothing from the current folder.

    multiprocessing starts them with -c, which looks there first: a user's ``socket.py`` once ran.
    """
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Threads that start meanwhile, and the processes that they start, get no SIGINT.

    A terminal sends it to every process: this one ends the workers, which would each print a
    traceback of dask's.
    """
    # It starts its process with signals blocked, and unblocks all of them afterwards.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def scheduler_at(address: str) -> Iterator[Client]:
    """The workers of that scheduler. Raises TilesFailed if it or they do not answer.

    Objects travel as pickles: whoever controls the scheduler controls this process.
    """
    _silence()
    try:
        client = Client(address, timeout=CONNECT_LIMIT_S)
    except (OSError, ValueError) as error:
        raise TilesFailed(
            f"no dask scheduler answers at {address}: start one there with dask scheduler, or "
            "leave --scheduler out to compute here"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_LIMIT_S)
        except TimeoutError:
            raise TilesFailed(
                f"the scheduler at {address} has no workers: start some with dask worker {address}"
            ) from None
        yield client


def check_workers(client: Client, variant: str) -> None:
    """Raise TilesFailed, with the reason, if a worker cannot run the variant."""
    for address, reason in client.run(_obstacle, variant, on_error="return").items():
        if reason is not None:
            raise TilesFailed(
                f"the worker {address} cannot compute: {reason}; install there what is installed "
                "here"
            )


def _obstacle(variant: str) -> str | None:
    try:
        load(variant)
    except Exception as error:
        return str(error)
    return None


def _silence() -> None:
    """Every error becomes a count or a sentence; dask's tracebacks would hide it."""
    for name in LOGGERS:
        logging.getLogger(name).setLevel(SILENT)
    warnings.filterwarnings("ignore", module=r"distributed\.")

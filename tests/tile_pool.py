"""Several commands of ``hotloop tiles`` with the same workers, in a process of its own.

``python -c PROGRAM FOLDER COMMANDS``: where workers find the variants, and the words of each
command as JSON. The first command loses a worker in the middle, the last one as it ends. Prints the
levels of the workers' logs, what the workers did when they were told to end, and how each command
ended: its code, and what it wrote to stdout and stderr.
"""

import io
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Client


# More than a scheduler needs to tell that a worker died, and a command to end for that.
NOTICED_AFTER_S = 0.1


class KillsAWorker(io.StringIO):
    """A stderr; with its first line about tiles it kills a worker that has some to compute."""

    def __init__(self, client: "Client") -> None:
        super().__init__()
        self._client = client
        self._numbers = client.run(os.getpid)

    def write(self, text: str) -> int:
        if " tiles" in text and " tiles" not in self.getvalue():
            at_work = self._client.processing()
            most = max(at_work, key=lambda address: len(at_work[address]))
            os.kill(self._numbers[most], signal.SIGKILL)
        return super().write(text)


def main() -> None:
    """Do what the arguments say."""
    # Who only starts such a process needs none of it.
    import dask

    from hotloop.tiles import command
    from implementations.tiles.cluster import local_workers

    folder, commands = sys.argv[1], json.loads(sys.argv[2])
    # Workers look where this process looks.
    sys.path.insert(0, folder)
    _notice_deaths_late()
    # They are forks of a process that has loaded dask.
    quickly = dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    with quickly, local_workers(2, None) as client:
        # A logger travels by its name: what comes back is the level in the worker's process.
        levels = client.run(logging.getLogger("distributed").getEffectiveLevel)
        command._workers = lambda *_: nullcontext(client)
        errs = [KillsAWorker(client), *(io.StringIO() for _ in commands[1:])]
        endings = list(map(_ended, commands, errs))
        at_the_end = _noted_at_the_end(client.cluster)
    print(json.dumps([list(levels.values()), at_the_end, *endings]))


def _notice_deaths_late() -> None:
    """By who starts workers anew, as on a busy machine: the scheduler misses a worker at once."""
    from distributed.process import AsyncProcess

    notice = AsyncProcess._on_exit

    def notice_late(process: Any, code: int) -> None:
        process._loop.call_later(NOTICED_AFTER_S, notice, process, code)

    AsyncProcess._on_exit = notice_late


def _noted_at_the_end(cluster: Any) -> list[str]:
    """What each of its workers does by the time when they are told to end."""
    noted: list[str] = []
    close = cluster.close

    def note_and_close(*words: Any, **options: Any) -> Any:
        for nanny in cluster.workers.values():
            is_known = nanny.worker_address in cluster.scheduler.workers
            noted.append(nanny.process.status.name if is_known else "lost")
        return close(*words, **options)

    cluster.close = note_and_close
    return noted


def _ended(words: Sequence[str], err: io.StringIO) -> tuple[int, str, str]:
    from hotloop.cli import main as hotloop

    out = io.StringIO()
    return hotloop(list(words), out, err), out.getvalue(), err.getvalue()

"""asv's setup_cache: run once for each contender; every later process gets its folder.

asv's key is the line where the function begins, which is the same for classes that inherit it. But
the result may depend on the class. So each class gets its own, in whatever order they are measured.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from hotloop.gate.model import Benchmark, Contender, Ending, Side, Trouble
from hotloop.gate.pairs.origins import Origins
from hotloop.gate.pairs.spawn import start_worker, variables_of
from hotloop.gate.worker.find import NotHere
from hotloop.gate.worker.skips import SKIP
from hotloop.timing.children import HUNG, Child, Lost

# The owner of the cache of a function that is not a method.
WHOLE_MODULE = ""


class SetupCaches:
    """What the set-up caches left, by asv's keys and classes; all of it is below ``folder``."""

    def __init__(
        self, contenders: Mapping[Side, Contender], folder: Path, origins: Origins
    ) -> None:
        self._contenders = contenders
        self._origins = origins
        self._folder = folder
        self._made: dict[tuple[str, str], Mapping[Side, Path | Trouble]] = {}
        self._of_modules: set[str] = set()
        self._children: dict[Side, Child] = {}
        self._stopped = False

    def of(self, benchmark: Benchmark) -> Mapping[Side, Path | Trouble]:
        """Each side's folder with ``cache.pickle``, or why there is none; empty if none is needed.

        The first benchmark of a key and class waits here until both sides' set-ups have ended.
        """
        key = benchmark.setup_cache_key
        if key is None:
            return {}
        owner = WHOLE_MODULE if key in self._of_modules else class_of(benchmark)
        if (key, owner) not in self._made:
            made = self._make(benchmark, self._folder / f"cache-{len(self._made)}")
            if key in self._of_modules:
                owner = WHOLE_MODULE
            self._made[key, owner] = made
        return self._made[key, owner]

    def stop(self) -> None:
        """From another thread: end the running set-ups, and every later one at once."""
        self._stopped = True
        for child in list(self._children.values()):
            child.kill()

    def _make(self, benchmark: Benchmark, folder: Path) -> Mapping[Side, Path | Trouble]:
        made: dict[Side, Path | Trouble] = {}
        children = self._children
        try:
            for side, contender in self._contenders.items():
                (folder / side.value).mkdir(parents=True)
                try:
                    children[side] = start_worker(
                        contender,
                        variables_of(contender),
                        folder / f"{side.value}.log",
                        folder / side.value,
                    )
                except OSError as error:
                    made[side] = Trouble(Ending.FAILED, f"setup_cache did not start: {error}")
            if self._stopped:
                for child in children.values():
                    child.kill()
            for side, child in children.items():
                suite = str(self._contenders[side].suite)
                child.send("set_up_cache", suite=suite, name=benchmark.asv_id)
            for side, child in children.items():
                # Both run at once.
                limit_s = benchmark.setup_cache_timeout_s * len(children)
                reply = child.receive(limit_s)
                if isinstance(reply, Lost):
                    made[side] = _trouble(reply, limit_s)
                    continue
                made[side] = folder / side.value
                if not (isinstance(reply, dict) and reply["of_a_class"]):
                    self._of_modules.add(str(benchmark.setup_cache_key))
            self._origins.check(children)
        finally:
            for child in children.values():
                child.kill()
                child.reap()
            children.clear()
        return made


def class_of(benchmark: Benchmark) -> str:
    """The class that it is a method of, or its module."""
    if benchmark.identity is None:
        return benchmark.name.rpartition(".")[0]
    place: str = json.loads(benchmark.identity)["place"]
    return place.rpartition("." if "." in place.partition(":")[2] else ":")[0]


def _trouble(lost: Lost, limit_s: float) -> Trouble:
    if lost.error == SKIP:
        return Trouble(Ending.SKIPPED, lost.message or "its setup_cache skips it")
    if lost.error == NotHere.__name__:
        return Trouble(Ending.ABSENT, lost.message)
    if lost.error == HUNG:
        return Trouble(Ending.FAILED, f"setup_cache timed out after {limit_s:g} s")
    message = lost.message if "setup_cache" in lost.message else f"setup_cache: {lost.message}"
    return Trouble(Ending.FAILED, message)


def bring(cache: Path, folder: Path) -> None:
    """Let a process in ``folder`` find what its set-up cache left in ``cache``."""
    for entry in cache.iterdir():
        (folder / entry.name).symlink_to(entry)

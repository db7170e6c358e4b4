"""Two processes with the same memory layout, base's and head's, and the pipes between them.

driver ──commands──> base ──turn──> head ──turn──> base ...
       <──replies───      <──turn──
"""

import contextlib
import os
import random
import shutil
from collections.abc import Mapping
from pathlib import Path

from hotloop.gate.model import Contender, Side
from hotloop.gate.pairs.caches import bring
from hotloop.gate.pairs.spawn import start_worker, variables_of, worker_command
from hotloop.gate.worker.serve import TURN
from hotloop.timing.children import Child
from hotloop.timing.memory_layout import Layout, children_lie_at, environments

SIDES = (Side.BASE, Side.HEAD)


class Couple:
    """Both sides' processes, started in random order; ``close`` ends them in any state.

    ``layout`` is their memory layout and hash seed; only the hash seed if ``equal`` is False,
    because then the system randomises each. ``caches`` are folders; each process finds the
    contents in its own folder. ``children`` lacks a side whose interpreter could not be
    started; ``failures`` says why.
    """

    def __init__(
        self,
        contenders: Mapping[Side, Contender],
        layout: Layout,
        equal: bool,
        folder: Path,
        chance: random.Random,
        caches: Mapping[Side, Path],
    ) -> None:
        self.children: dict[Side, Child] = {}
        self.failures: dict[Side, str] = {}
        self._pipes: dict[Side, tuple[int, int]] = {side: os.pipe() for side in SIDES}
        self._folder = folder
        try:
            asked = [(worker_command(contenders[s]), variables_of(contenders[s])) for s in SIDES]
            variables = dict(zip(SIDES, environments(layout, asked), strict=True))
            with children_lie_at(layout) if equal else contextlib.nullcontext():
                for side in chance.sample(SIDES, 2):
                    self._start(side, contenders[side], variables[side], layout, caches.get(side))
        except BaseException:
            self.close()
            raise

    def give_turns(self, side: Side, turns: int) -> None:
        os.write(self._pipes[side][1], TURN * turns)

    def kill(self) -> None:
        """From any thread; ``close`` must follow."""
        for child in list(self.children.values()):
            child.kill()

    def close(self) -> None:
        self.kill()
        for child in self.children.values():
            child.reap()
        for pipe in self._pipes.values():
            os.close(pipe[0])
            os.close(pipe[1])
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(
        self,
        side: Side,
        contender: Contender,
        variables: dict[str, str],
        layout: Layout,
        cache: Path | None,
    ) -> None:
        folder = self._folder / side.value
        folder.mkdir(parents=True)
        if cache is not None:
            bring(cache, folder)
        partner = Side.HEAD if side is Side.BASE else Side.BASE
        pipes = (self._pipes[side][0], self._pipes[partner][1])
        log = self._folder / f"{side.value}.log"
        try:
            self.children[side] = start_worker(
                contender, variables, log, folder, pipes, layout.heap_bytes
            )
        except OSError as error:
            self.failures[side] = f"its process did not start: {error}"

"""Both sides' workers in one pair, and the trouble of each.

Whatever a benchmark does to its process becomes a ``Trouble`` of its side. The other side
continues, so that we know whether it runs.
"""

import time
from collections.abc import Mapping
from typing import Any

from hotloop.gate.model import Ending, Side, Trouble
from hotloop.gate.pairs.forks import Fork
from hotloop.gate.pairs.listeners import anothers
from hotloop.gate.worker.find import NotHere
from hotloop.gate.worker.serve import PIPES_CLOSED, PIPES_CLOSED_CODE
from hotloop.gate.worker.skips import SKIP
from hotloop.gate.worker.stocks import LacksInput
from hotloop.timing.children import HUNG, Child, Lost

ANOTHERS_SERVER = "it talks to a server that the other side or another test has started, at {}"
# Both of a pair share one core, so each may take twice as long as alone.
SHARING = 2.0


class Partners:
    """``workers`` are those that were started; a side's trouble is final.

    ``timeout_s`` is the benchmark's own limit, ``limit_s`` the limit while it shares its core.
    ``gone`` are those that died or hang.
    """

    def __init__(self, timeout_s: float, troubles: Mapping[Side, Trouble]) -> None:
        self.workers: dict[Side, Child | Fork] = {}
        self.troubles = dict(troubles)
        self.gone: set[Side] = set()
        self.limit_s = SHARING * timeout_s
        self._timeout_s = timeout_s

    @property
    def have_failed(self) -> bool:
        """Whether a side has worse trouble than a skip."""
        return any(trouble.is_failure for trouble in self.troubles.values())

    def answers(self, deadline: float) -> dict[Side, Any]:
        """The answer of each side without trouble; a skip is a trouble too.

        If the calls of one side lack their input, both are in trouble: time tells that, for each
        side by itself, so that of equal code one side may just miss it.
        """
        answers = {}
        shared: Trouble | None = None
        for side, worker in self.workers.items():
            if side in self.troubles:
                continue
            reply = worker.receive(deadline - time.monotonic())
            if isinstance(reply, Lost):
                self.lose(side, reply)
                if reply.error == LacksInput.__name__:
                    shared = self.troubles[side]
            else:
                answers[side] = reply
        if shared is not None:
            for side in Side:
                self.troubles.setdefault(side, shared)
        return answers

    def refuse_anothers_server(self) -> None:
        """A side that talks to a server which another process of this run has started fails."""
        for worker in self.workers.values():
            worker.send("connected")
        answers = self.answers(time.monotonic() + self.limit_s)
        for side, places in answers.items():
            pid = self.workers[side].pid
            place = anothers(places, pid) if places and pid is not None else None
            if place is not None:
                self.fail(
                    side, ANOTHERS_SERVER.format(f"port {place}" if place.isdigit() else place)
                )

    def lose(self, side: Side, lost: Lost) -> None:
        if not lost.has_answered:
            self.gone.add(side)
        if lost.error == SKIP:
            words = lost.message or self.workers[side].last_words()
            self.skip(side, words or "its parameters are skipped")
        elif lost.error == NotHere.__name__:
            self.troubles[side] = Trouble(Ending.ABSENT, lost.message)
        elif lost.error == HUNG:
            self.fail(side, f"timed out after {self._timeout_s:g} s")
        elif f"(exit code {PIPES_CLOSED_CODE})" in lost.message:
            # Its own message went to a descriptor that it may have closed as well.
            self.fail(side, PIPES_CLOSED)
        else:
            self.fail(side, lost.message)

    def fail(self, side: Side, message: str) -> None:
        self.troubles[side] = Trouble(Ending.FAILED, message)

    def skip(self, side: Side, message: str) -> None:
        self.troubles[side] = Trouble(Ending.SKIPPED, message)

    def kill(self) -> None:
        """From any thread."""
        for worker in list(self.workers.values()):
            worker.kill()

"""Needs a thread that a fork of the process would lack."""

import threading

from .project import work

threading.Thread(target=threading.Event().wait, daemon=True).start()


class NeedsItsThread:
    def setup(self) -> None:
        assert threading.active_count() == 2

    def time_it(self) -> None:
        work(500)

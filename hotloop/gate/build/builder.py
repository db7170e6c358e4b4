"""The process in which asv works: it does what is asked for (``installing``).

asv changes signal handlers, prints to stdout and has to run in the configuration's folder.
So it gets a process of its own, which reads requests as lines of JSON on stdin and does each in
a fork, because loading asv takes longer than much of what it is asked for. It writes lines of JSON
with the request's name ({"progress"}, then {"value"} or {"error"}, or {"ended"}) to the pipe whose
number is the argument. Output of asv and pip goes to stdout, which is the request's log. While
stdin is open, the gate lives; when it closes, asv is interrupted and ends the processes it started.

    gate ──requests──> builder ──fork──> choose
         <──replies───    │    ──fork──> install, at the same time as
                          `────fork────> install
"""

import contextlib
import gc
import json
import logging
import os
import select
import selectors
import signal
import subprocess
import sys
import threading
import traceback
from types import SimpleNamespace
from typing import Any, TextIO

from hotloop.base.outcome import EXIT_INTERRUPTED
from hotloop.gate.build.descendants import end_descendants
from hotloop.gate.build.installing import WORK, Request, Tap, read
from hotloop.gate.build.reasons import reason_of

READ_BYTES = 1 << 16


def main() -> None:
    """Do what is asked for in forks, until nobody is there who could ask."""
    # If it is started in the background of a shell, it inherits that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Loading leaves no garbage.
    gc.disable()
    absence = _absence_of_asv()
    # A fork that looks for garbage in all of asv copies it.
    gc.freeze()
    gc.enable()
    unread = b""
    with selectors.DefaultSelector() as selector, os.fdopen(int(sys.argv[1]), "w") as replies:
        selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is not None:
                    if not key.data.passes_on(replies):
                        selector.unregister(key.fileobj)
                        key.data.reap(replies)
                    continue
                received = os.read(key.fd, READ_BYTES)
                if not received:
                    # The forks see that too.
                    for other in list(selector.get_map().values()):
                        if other.data is not None:
                            other.data.wait()
                    return
                *lines, unread = (unread + received).split(b"\n")
                for line in lines:
                    request = json.loads(line)
                    # Once for all forks; each of them will say what is wrong with it.
                    with contextlib.suppress(Exception):
                        read(request)
                    fork = Fork(request, absence)
                    selector.register(fork.replies, selectors.EVENT_READ, fork)


class InGroup(subprocess.Popen[bytes]):
    """What asv starts, in a group of its own.

    asv gives it that by a function that it calls after the fork, so that the fork has to have a
    copy of all of asv: that takes longer than git does. It might also hang beside our thread.
    """

    def __init__(self, *command: Any, preexec_fn: object = None, **options: Any) -> None:
        group = None if preexec_fn is None else 0
        super().__init__(*command, process_group=group, **options)


class Fork:
    """A fork of this process that does what one request says."""

    def __init__(self, request: Request, absence: str | None) -> None:
        self._name = request["name"]
        self._unread = b""
        self._has_answered = False
        self.replies, replies_end = os.pipe()
        sys.stdout.flush()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self.replies)
            _begin(request)
            with os.fdopen(replies_end, "w") as replies:
                try:
                    _serve(request, replies, absence)
                except KeyboardInterrupt:
                    end_descendants(os.getpid())
                    os._exit(EXIT_INTERRUPTED)
            sys.stdout.flush()
            os._exit(0)
        os.close(replies_end)

    def passes_on(self, replies: TextIO) -> bool:
        """Write what it has replied by now; False: that was all."""
        received = os.read(self.replies, READ_BYTES)
        *lines, self._unread = (self._unread + received).split(b"\n")
        for reply in map(json.loads, lines):
            self._has_answered = self._has_answered or "progress" not in reply
            _reply(replies, name=self._name, **reply)
        return bool(received)

    def reap(self, replies: TextIO) -> None:
        """Say how it ended, if it had no answer."""
        code = self.wait()
        if not self._has_answered:
            _reply(replies, name=self._name, ended=code)

    def wait(self) -> int:
        """Its exit code; a negative one is the signal that ended it."""
        os.close(self.replies)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


def _absence_of_asv() -> str | None:
    """Load asv; why that fails, if it does."""
    try:
        import asv.config
        import asv.console
        import asv.environment
        import asv.repo
        import asv.util
    except ImportError as error:
        return f"asv is not there ({error}): pip install hotloop[asv]"
    asv.util.subprocess = SimpleNamespace(**vars(subprocess) | {"Popen": InGroup})
    # asv looks for it, and would load it in each fork.
    with contextlib.suppress(ImportError):
        import virtualenv  # noqa: F401
    return None


def _begin(request: Request) -> None:
    """Use the request's log and settings in this fork; be interrupted when the gate ends."""
    # The gate waits for the end of this, which is the builder's.
    os.close(int(sys.argv[1]))
    gate = os.dup(sys.stdin.fileno())
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    # What asv starts would take the requests that come later.
    for descriptor, place in ((nothing, sys.stdin), (log, sys.stdout), (log, sys.stderr)):
        os.dup2(descriptor, place.fileno())
    os.environ.update(request["settings"])
    _restore_search_path(request["pythonpath"])
    threading.Thread(target=_interrupt_at_end, args=(gate,), daemon=True).start()


def _reply(replies: TextIO, **fields: object) -> None:
    # The end of stdin shows that the gate is gone.
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(fields), file=replies, flush=True)


def _serve(request: Request, replies: TextIO, absence: str | None) -> None:
    if absence is not None:
        _reply(replies, error=absence)
        return
    from asv.console import log
    from asv.environment import EnvironmentUnavailable

    log.enable(verbose=True)
    logging.getLogger().addHandler(Tap(lambda text: _reply(replies, progress=text), logging.INFO))
    try:
        _reply(replies, value=WORK[request["work"]](request))
    except (Exception, EnvironmentUnavailable) as error:
        # The log has the whole traceback.
        traceback.print_exc(file=sys.stdout)
        _reply(replies, error=reason_of(error))
    finally:
        log.flush()


def _restore_search_path(path: str | None) -> None:
    """Give asv's children the user's PYTHONPATH, not the one that this process was started with."""
    os.environ.pop("PYTHONPATH", None)
    if path is not None:
        os.environ["PYTHONPATH"] = path


def _interrupt_at_end(gate: int) -> None:
    """Wait until the other end of a pipe is closed; leave what comes from there to others."""
    poll = select.poll()
    poll.register(gate, select.POLLHUP)
    poll.poll()
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    signal.pthread_kill(main_thread, signal.SIGINT)


if __name__ == "__main__":
    main()

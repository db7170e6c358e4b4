"""Misbehaves on head, in every way that one can."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from .project import HEAD, note, work

# What they do in their first calls, they do at once.
warmup_time = 1e-3
STATE = {"calls": 0}
NUMBERS = (number for number in range(1000))
JOBS = [1] * 500


def misbehave(how: Callable[[], object], late: bool = False) -> None:
    """On head only; late: after the warm-up."""
    STATE["calls"] += 1
    work(500)
    if HEAD and (not late or STATE.get("ready")):
        how()


def boom() -> None:
    raise ValueError("boom\nand more")


def time_out() -> None:
    raise TimeoutError("no answer from the server")


def fall() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep() -> None:
    time.sleep(600)


def close() -> None:
    os.closerange(3, 256)


def fork() -> None:
    if os.fork() == 0:
        note(f"pid {os.getpid()}")
        time.sleep(600)


def fork_and_return() -> None:
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)


def daemonise() -> None:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            # One that lost its parent, and one that has it yet.
            os.fork()
            note(f"pid {os.getpid()}")
            time.sleep(600)
        os._exit(0)
    os.wait()


def spawn() -> None:
    note(f"pid {subprocess.Popen(['sleep', '600']).pid}")


class Early:
    timeout = 1

    def time_raise(self) -> None:
        misbehave(boom)

    def time_uses_up(self) -> None:
        work(500)
        if HEAD:
            sum(NUMBERS)

    def time_empties(self) -> None:
        while HEAD and JOBS:
            work(JOBS.pop())

    def time_exit(self) -> None:
        misbehave(lambda: sys.exit("good bye"))

    def time_hard_exit(self) -> None:
        misbehave(lambda: (print("last words", flush=True), os._exit(3)))

    def time_killed(self) -> None:
        misbehave(fall)

    def time_hangs(self) -> None:
        misbehave(sleep)

    def time_closes(self) -> None:
        misbehave(close)

    def time_times_out(self) -> None:
        misbehave(time_out)

    def time_memory(self) -> None:
        if HEAD:
            resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        misbehave(lambda: b"x" * 2**31)

    def track_raise(self) -> int:
        misbehave(boom)
        return 1


def being_timed() -> bool:
    """The worker is past warming up."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_name != "run":
        frame = frame.f_back
    return frame is not None


class Late:
    """Misbehaves in its fifth timed call: a copy of the process may have few on a busy machine."""

    warmup_time = 0

    def setup(self) -> None:
        STATE["timed"] = STATE.get("timed", 0) + being_timed()
        STATE["ready"] = STATE["timed"] == 5

    def time_raise(self) -> None:
        misbehave(boom, True)

    def time_killed(self) -> None:
        misbehave(fall, True)

    def time_hangs(self) -> None:
        misbehave(sleep, True)

    def time_closes(self) -> None:
        misbehave(close, True)


class Locks:
    """Nobody else can have its file until its teardown."""

    def setup(self) -> None:
        self.lock = f"{os.environ['NOTES']}.{os.environ['SIDE']}.lock"
        os.close(os.open(self.lock, os.O_CREAT | os.O_EXCL))
        note("locked")

    def time_it(self) -> None:
        work(500)

    def teardown(self) -> None:
        Path(self.lock).unlink()


class Crowds(Locks):
    """Who has the file keeps it until another wanted it."""

    def setup(self) -> None:
        try:
            super().setup()
        except FileExistsError:
            note("refused")
            raise
        end_s = time.monotonic() + 10
        while "refused" not in Path(os.environ["NOTES"]).read_text() and time.monotonic() < end_s:
            time.sleep(0.01)


class CrowdsToo(Crowds):
    pass


class BothLate(Late):
    def time_raise(self) -> None:
        work(500)
        if STATE["ready"]:
            boom()


class Shares:
    """Both sides run at the same time, and only one of them gets it."""

    def setup(self) -> None:
        os.close(os.open(os.environ["NOTES"] + ".lock", os.O_CREAT | os.O_EXCL))
        STATE["locked"] = True

    def time_it(self) -> None:
        work(500)

    def teardown(self) -> None:
        if STATE.pop("locked", False):
            Path(os.environ["NOTES"] + ".lock").unlink()


class Setup:
    def setup(self) -> None:
        if HEAD:
            raise KeyError("nothing here")

    def time_it(self) -> None:
        pass


class SetupHangs:
    def setup(self) -> None:
        if HEAD:
            note("hangs")
            time.sleep(600)

    def time_it(self) -> None:
        pass


class Teardown:
    def time_it(self) -> None:
        pass

    def teardown(self) -> None:
        if HEAD:
            raise OSError("cannot tidy")


def track_nothing() -> int:
    return 0


def time_prints() -> None:
    print("x" * 100)


def time_changes_folder() -> None:
    os.chdir("/")


def time_forks() -> None:
    fork() if not STATE["calls"] else None
    STATE["calls"] += 1


def time_forks_and_returns() -> None:
    fork_and_return()


def time_daemonises() -> None:
    daemonise() if not STATE["calls"] else None
    STATE["calls"] += 1


def time_spawns() -> None:
    spawn() if not STATE["calls"] else None
    STATE["calls"] += 1

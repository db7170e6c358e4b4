"""What ``tests.warm`` starts: the process that starts servers, and a server, by this file's path.

``python warm_server.py DESCRIPTOR``: the nursery, which starts the servers that it is asked for.
``python warm_server.py DESCRIPTOR MODULE ...``: a server, which loads modules and forks. Each takes
its requests from the socket DESCRIPTOR. Only the standard library is imported here.
"""

import atexit
import contextlib
import fcntl
import gc
import io
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

# Stands for a number that only the nursery knows.
DESCRIPTOR = "DESCRIPTOR"
# Stands for modules that only a pytest can name.
PLUGINS = "those that every pytest loads"
# A machine that has other things to do.
LIMIT_S = 60.0
# Above whatever a command was given.
HIGH_DESCRIPTOR = 500
SIZE_DIGITS = 9
ROOT = str(Path(__file__).resolve().parents[1])
# Packages of this checkout that tests copy, to change something.
OWN = ("hotloop", "implementations")


def send(
    connection: socket.socket, request: Mapping[str, object], descriptors: Sequence[int]
) -> None:
    """Send a request, its length first, with descriptors that the receiver gets copies of."""
    text = json.dumps(request).encode()
    connection.sendall(f"{len(text):<{SIZE_DIGITS}d}".encode())
    socket.send_fds(connection, [text[:1]], list(descriptors))
    connection.sendall(text[1:])


def _receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The next request; ends this process if there will be none."""
    size = _received(connection, SIZE_DIGITS)
    if not size:
        os._exit(0)
    first, descriptors, _, _ = socket.recv_fds(connection, 1, HIGH_DESCRIPTOR)
    return json.loads(first + _received(connection, int(size) - 1)), descriptors


def _received(connection: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = connection.recv(size - len(got))
        if not more:
            return b""
        got += more
    return got


def _start_servers(connection: socket.socket) -> None:
    while True:
        request, (descriptor,) = _receive(connection)
        words = [str(descriptor) if word == DESCRIPTOR else word for word in request["command"]]
        subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=request["environment"],
            pass_fds=(descriptor,),
        )
        os.close(descriptor)


def _main(descriptor: str, *loads: str) -> None:
    if not sys.flags.safe_path:
        # This file's folder; a process gets its own instead.
        del sys.path[0]
    # There is no garbage among what modules make when they are loaded.
    gc.disable()
    # Nobody would know whose warnings they are.
    shown, warnings.showwarning = warnings.showwarning, lambda *_, **__: None
    for name in loads:
        if name == PLUGINS:
            for plugin in sys.modules["_pytest.config"].default_plugins:
                import_module(f"_pytest.{plugin}")
        elif " " in name:
            _load_worker(*name.split())
        else:
            import_module(name)
    warnings.showwarning = shown
    if "tokenize" in sys.modules:
        # Compiles what its expressions are, which every reader of a source needs.
        list(sys.modules["tokenize"].generate_tokens(io.StringIO("1").readline))
    if "faust.serializers.codecs" in sys.modules:
        # An app reads the entry points of all libraries for its first record, and its first agent
        # looks for the file of each module.
        sys.modules["faust.serializers.codecs"].get_codec("json")
        sys.modules["inspect"].getmodule(sys._getframe())
    # A Python that has just started has nothing to look through.
    gc.freeze()
    gc.enable()
    # What asks a process which files its code is from, as a gate does, is not told of this one.
    del globals()["__file__"]
    request = _serve(socket.socket(fileno=int(descriptor)))
    sys.path[:0] = request["paths"]
    _forget_what_has_a_copy(request["paths"])
    try:
        if request["customized"]:
            _customize(request["paths"])
        _run(request["arguments"][1:], request["folder"])
        code = 0
    except SystemExit as ending:
        # Any other ending is left to Python.
        if not isinstance(ending.code, int | None):
            raise
        code = ending.code or 0
    # As Python ends, but that nothing of all that the server has loaded is cleared away.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code & 0xFF)


def _forget_what_has_a_copy(paths: Sequence[str]) -> None:
    """Let packages of this checkout be imported anew where ``paths`` hold others of their name."""
    for package in OWN:
        first = next((path for path in paths if Path(path, package).is_dir()), ROOT)
        if os.path.realpath(first) != ROOT:
            for name in [each for each in sys.modules if each.partition(".")[0] == package]:
                del sys.modules[name]


def _customize(paths: Sequence[str]) -> None:
    """Import what a Python that starts looks for in ``paths``; the server had none of them."""
    if any(Path(path, "sitecustomize.py").exists() for path in paths):
        sys.modules.pop("sitecustomize", None)
        import_module("sitecustomize")


def _load_worker(file: str, kind: str) -> None:
    """Import what a gate's worker of this kind begins with: by path, as it does."""
    own = runpy.run_path(os.fspath(Path(__file__).parents[1] / file))
    own["load"]()
    import_module(f"{own['PACKAGE']}.{kind}")


def _run(words: Sequence[str], folder: str) -> None:
    if "-c" in words[:2]:
        place = words.index("-c")
        sys.path[:0] = [] if place else [""]
        sys.argv[:] = ["-c", *words[place + 2 :]]
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(words[place + 1], "<string>", "exec"), main.__dict__)
        return
    if "-m" not in words[:2]:
        sys.path.insert(0, os.path.dirname(words[0]))  # noqa: PTH120
        sys.argv[:] = words
        runpy.run_path(words[0], run_name="__main__")
        return
    if words[0] != "-P":
        sys.path.insert(0, folder)
    sys.argv[:] = words[words.index("-m") + 1 :]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _serve(connection: socket.socket) -> Mapping[str, Any]:
    """Returns in each process that was asked for, with what was asked."""
    while True:
        request, descriptors = _receive(connection)
        middle = os.fork()
        if middle == 0:
            if os.fork():
                os._exit(0)
            connection.close()
            _become(request, descriptors)
            return request
        os.waitpid(middle, 0)
        for descriptor in descriptors:
            os.close(descriptor)


def _become(request: Mapping[str, Any], descriptors: list[int]) -> None:
    """Make this process the one that was asked for, and tell its number and an error's."""
    deadline = time.monotonic() + LIMIT_S
    while os.getppid() != request["parent"]:
        if time.monotonic() > deadline:
            os._exit(1)
        os.sched_yield()
    answer, *given = (fcntl.fcntl(each, fcntl.F_DUPFD, HIGH_DESCRIPTOR) for each in descriptors)
    for place, descriptor in zip(request["places"], given, strict=True):
        os.dup2(descriptor, place, inheritable=True)
    for each in Path("/proc/self/fd").iterdir():
        if int(each.name) not in (answer, *request["places"]):
            # The one that lists them is among them.
            with contextlib.suppress(OSError):
                os.close(int(each.name))
    if request["session"]:
        os.setsid()
    os.sched_setaffinity(0, request["cpus"])
    os.environ.clear()
    os.environ.update(request["environment"])
    # Its own TMPDIR decides, whatever the server looked up while it loaded.
    tempfile.tempdir = None
    error = 0
    try:
        os.chdir(request["folder"])
    except OSError as said:
        error = said.errno or 1
    os.write(answer, f"{os.getpid()} {error}".encode())
    os.close(answer)
    if error:
        os._exit(1)
    _open_standard_streams()


def _open_standard_streams() -> None:
    """As they are in a Python that starts; the server's have the encodings."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old, mode = getattr(sys, name), "w" if number else "r"
        at_once = old.write_through
        size = 0 if at_once and number else -1
        raw = open(number, f"{mode}b", size, closefd=False)  # noqa: SIM115
        by_lines = not at_once and (number == 2 or raw.isatty())
        new = io.TextIOWrapper(raw, old.encoding, old.errors, "\n", by_lines, at_once)
        new.mode = mode  # type: ignore[misc]
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        _start_servers(socket.socket(fileno=int(sys.argv[1])))
    _main(*sys.argv[1:])

"""Real processes of this checkout's modules, without loading anew what all of them load.

``python -m hotloop gate`` spends a third of a second on imports before it does anything, and a
consumer of the stream twice that: in each of hundreds of tests. Here a server has loaded all that,
and forks a process for each command. That is one of its own: with the command's arguments,
environment, folder, descriptors, CPUs and session, and a child of who started it. What a process
only has by its start (the search path, the encodings, the seed of its hashes) is the server's:
there is one for each set of variables that decide it.

The first two of most kinds start as ever. So does whatever is not of ``LOADS``, and what tests
start with ``subprocess``: those of the start itself, of closed descriptors and pipes, and of
Ctrl-C.

    tests ──command, descriptors──> server ──fork──> (ends at once) ──fork──> command
      ^                                                                          │
      '───────────────────────── its number, once it is ready ───────────────────'
"""

import atexit
import contextlib
import ctypes
import functools
import inspect
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests import warm_server
from tests.warm_server import DESCRIPTOR, PLUGINS, send

WORKER = "hotloop/gate/worker/__main__.py"
HOW = ("", "explained_", "watched_")
OF_ASV = ("asv_runner.discovery", "timeit", "cProfile", "importlib.util", "json", "ctypes")
# What suites of tests load.
OF_SUITES = (
    *("asyncio", "concurrent.futures.thread", "mmap", "multiprocessing.pool", "subprocess"),
    *("tempfile", "threading"),
)
OF_CYTHON = (
    *("setuptools", "setuptools.command.build_ext", "Cython.Build", "Cython.Compiler.Errors"),
    *(f"Cython.Compiler.{name}" for name in ("Main", "Pipeline", "ModuleNode", "Optimize")),
    *(f"Cython.Compiler.{name}" for name in ("ParseTreeTransforms", "FlowControl", "Annotate")),
)
# What pytest, its plugins and most tests load of the standard library.
OF_PYTEST = (
    *("pytest", "_pytest.config", PLUGINS, "asyncio", "cProfile", "concurrent.futures", "pdb"),
    *("multiprocessing.reduction", "readline", "ssl", "statistics", "timeit", "tomllib"),
)
OF_WHEELS = (
    *("setuptools.build_meta", "setuptools.dist"),
    *("setuptools.command.bdist_wheel", "setuptools.command.egg_info", "setuptools.extension"),
)
OF_FAUST = (
    *("faust.app", "faust.models", "faust.agents", "faust.tables", "faust.worker", "aiokafka"),
    *("faust.transport.drivers.aiokafka", "faust.web.drivers.aiohttp"),
    "faust.assignor.partition_assignor",
)
APPS = ("tests.broker.lane_app", "tests.broker.stopped_app")
OF_KAFKA = ("stream.load.generator", "stream.measure.limit")
# A program of -c is known by so much of it.
PROGRAM_CHARS = 60
CYTHON = "-c import sys import setuptools from Cython.Build import cython"
# Without Cython, which setuptools loads for each extension where there is one: half a second.
WHEEL = "-c import sys; sys.modules['Cython'] = None; import setuptools."
BUILDER = "-c from hotloop.techniques.inside.builder import main; main()"
# Those that load Cython: all of them from one server.
COMPILERS = (CYTHON, BUILDER)
OF_COMPILERS = (*OF_CYTHON, "numpy", "hotloop.techniques.inside.builder", "mypyc.build")
JUDGE = "-c from hotloop.compare.inside.judge import main; main()"
EXAMINER = "-c from hotloop.techniques.inside.examiner import main; main()"
DASK = tuple(f"distributed.cli.dask_{what}" for what in ("scheduler", "worker"))
OF_TILES = (
    *("hotloop.cli", "hotloop.tiles.command", "hotloop.report.progress", *DASK),
    *(f"implementations.tiles.{name}" for name in ("cluster", "flow", "store", "verify")),
)
TILE_POOL = "-c import sys; del sys.path[0]; from tests.tile_pool import mai"
ALONE = "-c from tests.oracle.alone import main; main()"
TIMING_WORKER = "-c from hotloop.timing.worker import main; main()"
GATE_BUILDER = "hotloop.gate.build.builder"
# Modules that are started, and what their processes load sooner or later: nothing that looks at its
# surroundings while it is loaded, as stream.app does.
LOADS = {
    "hotloop": (
        *("hotloop.cli", "hotloop.gate.measure", "hotloop.gate.annotations", "hotloop.gate.output"),
        *("hotloop.gate.shards", "hotloop.gate.explain.explain", "hotloop.calibrate.command"),
        *("hotloop.compare.command", "hotloop.compare.run", "hotloop.compare.output"),
        *("hotloop.compute.command", "hotloop.compute.check", "hotloop.compute.output"),
        *("hotloop.techniques.command", "hotloop.techniques.run", "hotloop.explain.command"),
        *("hotloop.report.progress", "hotloop.report.terminal", "hotloop.timing.processes"),
        *("scipy.special", "rich.console", "rich.table", "asv.config"),
    ),
    # All of them from one server.
    **dict.fromkeys(("hotloop tiles", TILE_POOL, *DASK), OF_TILES),
    GATE_BUILDER: (
        *(GATE_BUILDER, "asv.config", "asv.console", "asv.environment"),
        *("asv.repo", "asv.plugin_manager", "asv.build_cache", "virtualenv"),
    ),
    "stream.consume.worker": (
        "stream.consume.worker",
        *OF_FAUST,
        "stream.fastlane",
        "confluent_kafka",
        "numpy.random",
    ),
    # Those of equal loads come from one server.
    **dict.fromkeys(OF_KAFKA, ("stream.load.generator", "stream.measure.limit", "confluent_kafka")),
    **dict.fromkeys(APPS, (*OF_FAUST, "stream.fastlane")),
    # Of most of a gate's workers only what is not the gate's: theirs looks at its surroundings, the
    # current folder, the seed of its hashes or what to exchange.
    **{f"{WORKER} {how}asv": OF_ASV for how in HOW},
    f"{WORKER} asv": (*OF_ASV, *OF_SUITES, f"{WORKER} asv"),
    **{f"{WORKER} {how}pytests": OF_PYTEST for how in HOW},
    "pytest": OF_PYTEST,
    WHEEL: OF_WHEELS,
    **dict.fromkeys(COMPILERS, OF_COMPILERS),
    JUDGE: ("hotloop.compare.inside.judge",),
    EXAMINER: ("hotloop.techniques.inside.examiner", "json", "pickle"),
    # numba loads SciPy's when it compiles.
    ALONE: ("implementations.registry", "numba", "scipy.linalg", "tests.oracle.compiled"),
    # Without numba, which two of two hundred of these processes need: it makes each fork cost more.
    TIMING_WORKER: (
        *("numpy.random", "hotloop.timing.worker", "implementations.workload"),
        "implementations.limit",
        *(f"hotloop.{of}.inside.workload" for of in ("compare", "techniques")),
        "implementations.traps.workload",
    ),
}
# Where tests look at how a worker starts, or at what it loads, theirs start as ever.
GATE_WORKERS = tuple(name for name in LOADS if name.startswith(WORKER))
# Variables that decide how a Python starts, or that libraries read when they are loaded.
DECISIVE = (
    *("PYTHON", "LC_", "LANG", "LD_"),
    *("OMP_", "OPENBLAS_", "NUMBA_", "MKL_", "FAUST_", "DASK_"),
)
# numba reads this one anew before it compiles.
NOT_DECISIVE = ("NUMBA_OPT",)
# But for those of workers, which are others in each pair or set, and of compilers: their processes
# get the paths, and no seed for their hashes but the server's.
FREE = ("PYTHONPATH", "PYTHONHASHSEED")
STREAMS = ("stream.consume.worker", *OF_KAFKA)
WITH_ANY_PATHS = (*GATE_WORKERS, TIMING_WORKER, *STREAMS, *COMPILERS)
COLD = 2
# Who asks for one of these asks for several, and each loads for a second, or half of one; servers
# of a gate's workers load little more than a worker does.
AT_ONCE = (
    *(WHEEL, *COMPILERS, GATE_BUILDER, "stream.consume.worker", *OF_KAFKA, *APPS),
    *(f"{WORKER} asv", f"{WORKER} pytests", f"{WORKER} explained_pytests"),
    *(f"{WORKER} watched_asv", f"{WORKER} watched_pytests"),
    *(JUDGE, EXAMINER, ALONE, TIMING_WORKER, "hotloop tiles", TILE_POOL, "pytest", *DASK),
)
ROOT = Path(__file__).resolve().parents[1]
SERVER = warm_server.__file__
_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37

_lock, _choosing = threading.Lock(), threading.Lock()
_asked: Counter[tuple[str, ...]] = Counter()
_start_cold = subprocess.Popen._execute_child  # type: ignore[attr-defined]
_parameters = inspect.signature(_start_cold)


class Popen(subprocess.Popen[Any]):
    """A process of one of ``LOADS`` comes from a server; any other starts as ever."""

    def _execute_child(self, *given: Any) -> None:
        _start(self, *given)


def run(command: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[str]":
    """``subprocess.run`` with such a process, whose output is text."""
    limit_s = options.pop("timeout", None)
    if options.pop("capture_output", False):
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Popen(command, text=True, **options) as process:
        try:
            out, err = process.communicate(timeout=limit_s)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@contextlib.contextmanager
def everywhere(*modules: str) -> Iterator[None]:
    """Whoever starts one of ``modules`` in this context gets such a process, hotloop itself too."""

    nursery()
    before = subprocess.Popen._execute_child  # type: ignore[attr-defined]

    def start(process: "subprocess.Popen[Any]", *given: Any) -> None:
        command = _parameters.bind(process, *given).arguments["args"]
        (_start if _module(command) in modules else before)(process, *given)

    subprocess.Popen._execute_child = start  # type: ignore[attr-defined]
    try:
        yield
    finally:
        subprocess.Popen._execute_child = before  # type: ignore[attr-defined]


def _start(process: "subprocess.Popen[Any]", *given: Any) -> None:
    asked = _parameters.bind(process, *given).arguments
    server = _server_for(asked)
    if server is None:
        _start_cold(process, *given)
        return
    standard = {0: asked["p2cread"], 1: asked["c2pwrite"], 2: asked["errwrite"]}
    places = {place: place if given == -1 else given for place, given in standard.items()}
    places |= {int(descriptor): int(descriptor) for descriptor in asked["pass_fds"]}
    environment = dict(os.environ if asked["env"] is None else asked["env"])
    module = _module(asked["args"])
    free = environment.get("PYTHONPATH") if module in WITH_ANY_PATHS else None
    request = {
        "arguments": list(map(os.fspath, asked["args"])),
        "environment": environment,
        "paths": [str(Path(path).absolute()) for path in (free or "").split(os.pathsep) if path],
        # Tests change what those of streams do: others are as they would be without.
        "customized": module in STREAMS,
        "folder": os.fspath(asked["cwd"] or Path.cwd()),
        "places": list(places),
        "session": bool(asked["start_new_session"]),
        "parent": os.getpid(),
        # Those of the thread that asks.
        "cpus": sorted(os.sched_getaffinity(0)),
    }
    pid = server.start(request, list(places.values()))
    if pid is None:
        _start_cold(process, *given)
        return
    process.pid = pid
    process._child_created = True  # type: ignore[attr-defined]
    process._close_pipe_fds(  # type: ignore[attr-defined]
        *(asked[name] for name in ("p2cread", "p2cwrite", "c2pread", "c2pwrite")),
        *(asked[name] for name in ("errread", "errwrite")),
    )


def _module(command: object) -> str | None:
    """Which of ``LOADS`` ``command`` runs."""
    if not isinstance(command, list | tuple) or sys.platform != "linux":
        return None
    python, *words = (os.fspath(word) for word in command)
    if not words or os.path.realpath(python) != os.path.realpath(sys.executable):
        return None
    if python == sys.executable and "-m" in words[:2]:
        place = words.index("-m") + 1
        # A command that loads more than the others is one of its own.
        with_next = " ".join(words[place : place + 2])
        name = with_next if with_next in LOADS else words[place]
    elif "-c" in words[:2]:
        program = words[words.index("-c") + 1]
        name = f"-c {' '.join(program.split())[:PROGRAM_CHARS]}"
    else:
        name = " ".join(words[:2]).removeprefix(f"{ROOT}/")
    return name if name in LOADS else None


def _server_for(asked: Mapping[str, Any]) -> "Server | None":
    module = _module(asked["args"])
    environment = os.environ if asked["env"] is None else asked["env"]
    unusual = asked["preexec_fn"] or asked["shell"] or asked["umask"] >= 0
    if module is None or unusual or any(name.startswith("COVERAGE") for name in environment):
        return None
    free = (*NOT_DECISIVE, *(FREE if module in WITH_ANY_PATHS else ()))
    decisive = sorted(
        f"{k}={v}" for k, v in environment.items() if k.startswith(DECISIVE) and k not in free
    )
    python, first, *_ = map(os.fspath, asked["args"])
    # Compilers do not look whether it was asked for.
    is_safe = first == "-P" or module in COMPILERS
    kind = (module, python, *(["-P"] if is_safe else []), "", *decisive)
    # A gate starts both of a pair at once, in threads of its own.
    with _choosing:
        _asked[kind] += 1
        cold = 0 if module in AT_ONCE else COLD
        return _server(LOADS[module], *kind[1:]) if _asked[kind] > cold else None


@functools.cache
def _server(loads: tuple[str, ...], *kind: str) -> "Server":
    end = kind.index("")
    return Server(loads, kind[:end], dict(each.split("=", 1) for each in kind[end + 1 :]))


class Nursery:
    """The process that starts the servers: what looks for new children of ours finds none."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-E", "-S", SERVER, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=(theirs.fileno(),))
        atexit.register(self.end)

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], descriptor: int
    ) -> None:
        request = {"command": list(command), "environment": dict(environment)}
        send(self._socket, request, [descriptor])

    def end(self) -> None:
        self._socket.close()
        self._process.wait()


@functools.cache
def nursery() -> Nursery:
    """Ours; whoever will start processes where new children count makes it first."""
    return Nursery()


class Server:
    """The tests' end of a server, which lives as long as they do."""

    def __init__(
        self, loads: Sequence[str], python: Sequence[str], decisive: Mapping[str, str]
    ) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(DECISIVE)}
        self._socket, theirs = socket.socketpair()
        self._has_answered = False
        # Python would say of each that it was not closed, below the tests' results.
        atexit.register(self._socket.close)
        with theirs:
            command = [*python, SERVER, DESCRIPTOR, *loads]
            nursery().start(command, {**kept, **decisive}, theirs.fileno())

    def start(self, request: Mapping[str, object], descriptors: Sequence[int]) -> int | None:
        """The number of a new process, which is a child of this one.

        None: the server never came up, as a command would not that starts in that environment.
        """
        answer, theirs = socket.socketpair()
        with _lock, answer, taking_orphans():
            with theirs, contextlib.suppress(BrokenPipeError):
                send(self._socket, request, [theirs.fileno(), *descriptors])
            said = answer.makefile().read()
        if not said and not self._has_answered:
            return None
        self._has_answered = True
        if not said:
            raise RuntimeError(f"no process of {request['arguments']}")
        pid, error = map(int, said.split())
        if error:
            raise OSError(error, os.strerror(error), request["folder"])
        return pid


@contextlib.contextmanager
def taking_orphans() -> Iterator[None]:
    """Processes whose parent ends in this context become children of this one."""
    libc, before = ctypes.CDLL(None), ctypes.c_int()
    libc.prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(before))
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, before.value)

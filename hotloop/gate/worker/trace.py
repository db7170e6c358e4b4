"""What runs in this process, seen from within: code, files, and what could not be seen.

    code    every code object that is run, or is read as code (numba compiles what it reads in
            ``__code__``, and no Python code runs), with a fingerprint (fingerprints.py)
    files   read or listed, other than by the import system
    unseen  what ran where no tracer looks: other processes, threads that are not Python's

Two processes are compared by their code, not by lines of source: if all code that ran is the same,
and all that it read, then both did the same.

Nothing here belongs to a suite's kind: start a ``Trace``, run something, ask for its ``report``.
"""

from __future__ import annotations

import inspect
import sys
import threading
from types import CodeType, FrameType
from typing import (  # noqa: UP035  (evaluated by Python 3.8)
    Any,
    Callable,
    Mapping,
    Sequence,
)

from .fingerprints import MODULE, code_in, fingerprint, fingerprint_of_signature
from .own import gc, os, resource
from .places import Places, mapped

_gettrace = sys.gettrace
# Audit events of processes that begin here and are not seen (docs.python.org, "Audit events
# table"), and of others who take the tracer's place.
PROCESSES = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "pty.spawn",
        "subprocess.Popen",
    }
)
# multiprocessing starts processes by this function, which has no event.
SPAWNS = ("multiprocessing", "util.py", "spawnv_passfds")
TRACERS = frozenset({"sys.setprofile", "sys.settrace"})
# These ask the system's own programs (ldconfig, uname) for facts about the machine.
ASKING = frozenset({"platform.py", "uuid.py", "sysconfig.py", "util.py"})
# Functions of the standard library that look for modules without importing them. From Python 3.11
# on, importlib.util is frozen.
SEEKING = {
    "find_spec": (os.path.join("importlib", "util.py"), "<frozen importlib.util>"),
    "find_loader": ("pkgutil.py",),
    "iter_modules": ("pkgutil.py",),
    "walk_packages": ("pkgutil.py",),
}
# The attributes by which code is read that need not run.
CODE_OF = frozenset({"__code__", "gi_code", "cr_code", "ag_code"})
# Those of inspect that read a part of it: who asks for a signature gets no more.
SIGNATURE = frozenset({"_has_code_flag", "_signature_from_function"})
PARTS_OF_CODE = SIGNATURE | {"getfile"}
INSPECT = inspect.__file__
# What was read of it.
BODY, WHOLE, SIGNED = "body", "whole", "signature"
# How many frames lie between who reads code and the method that asks for its frame.
READER = 2
# How many frames lie between who causes an event and the methods that ask for its frame.
CALLER = 3
IMPORTING = "<frozen importlib._bootstrap_external>"
NO_CHILDREN = (0.0, 0)
PYTHON_HAS_IDS = (3, 9)
GREENLETS_ARE_TRACED = (3, 12)


class Trace:
    """Watches this process from ``start`` on, and its forks; ``report`` says what is new.

    It cannot be taken off: use it only where nothing is timed. What a file of one of ``runners``
    opens or lists for itself does not count: these are libraries that run the suite.
    """

    def __init__(self, runners: Sequence[str] = ()) -> None:
        self._codes: dict[int, CodeType] = {}
        self._read: dict[int, CodeType] = {}
        self._signed: dict[int, CodeType] = {}
        self._reading: int | None = None
        self._loaded: frozenset[int] | None = None
        self._files: dict[str, None] = {}
        self._folders: dict[str, None] = {}
        self._unseen: dict[str, None] = {}
        # How many of the codes, of those read and of those signed were told.
        self._told = [0, 0, 0]
        self._named: dict[int, str] = {}
        self._places = Places(runners)
        self._known_children = False
        self._python_threads = 0
        self._first_id: int | None = None
        self._seeks = False
        self._called = self._tracer()

    def start(self) -> None:
        """Begin; what was imported before counts as read."""
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and self._places.is_of_interest(file):
                self._files[file] = None
        # What is collected inside of the tracer would run unseen.
        gc.disable()
        self._first_id = _thread_id()
        self._begin_children_s = _children_usage()
        threading.settrace(self._called)
        sys.settrace(self._called)
        sys.addaudithook(self._hook())
        # Who asks whether it is traced would do other work then.
        sys.gettrace = lambda: None

    def call_alike(
        self, places: Mapping[str, str], runners: Sequence[str], asking: Sequence[str]
    ) -> None:
        """Name the folders ``places`` as the other process names its own; the ``runners`` now.

        ``asking`` are those of them that ask other programs for facts that matter to nobody.
        """
        self._places = Places(runners, places, asking)

    def begin_benchmark(self) -> None:
        """What it needs is imported; it is set up and called now, perhaps in a fork.

        From now on, a module that is run counts with all of its code, whether that runs or not:
        somebody waits for it to be loaded.
        """
        self._loaded = frozenset(self._codes)
        self._look_for_children()
        self._known_children = False
        self._begin_children_s = _children_usage()

    def count_all_modules_whole(self) -> None:
        """All code of all modules counts: it takes memory, whether it runs or not."""
        modules = [code for code in list(self._codes.values()) if code.co_name == MODULE]
        self._read.update((id(code), code) for code in modules)

    @property
    def size(self) -> int:
        """How many code objects were seen so far."""
        return len(self._codes) + len(self._read)

    def report(self) -> dict[str, Any]:
        """What was seen since the last report, here or before a fork.

        ``code``: file -> name -> fingerprints; ``files`` and ``folders`` that were read;
        ``mapped``: the files that this process has in memory, compiled modules among them;
        ``unseen``: sentences; ``seeks``: whether modules were looked for by name;
        ``python``: which one it is.
        """
        gc.collect()
        if _gettrace() is not self._called:
            self._unseen["it replaces the tracer"] = None
        sys.settrace(None)
        try:
            self._look_for_the_unseen()
            return {
                "code": self._code(),
                "files": list(self._files),
                "folders": list(self._folders),
                "mapped": sorted(mapped(self._places)),
                "unseen": list(self._unseen),
                "seeks": self._seeks,
                "python": sys.version,
            }
        finally:
            self._files.clear()
            self._folders.clear()
            sys.settrace(self._called)

    # ---- events

    def _tracer(self) -> Callable[[FrameType, str, Any], None]:
        """Keeps the code of every call, and traces no line."""
        codes = self._codes

        seekers: set[int] = set()

        def called(frame: FrameType, event: str, argument: Any) -> None:
            code = frame.f_code
            key = id(code)
            if key not in codes:
                codes[key] = code
                if code.co_name in SEEKING and code.co_filename.endswith(SEEKING[code.co_name]):
                    seekers.add(key)
            if key in seekers and not self._seeks:
                self._seeks = not self._is_ours(frame)

        return called

    def _hook(self) -> Callable[[str, tuple[Any, ...]], None]:
        """For audit events. Every call is one, because the tracer reads its frame's code."""
        note, code_of = self._note, CODE_OF

        def heard(event: str, arguments: tuple[Any, ...]) -> None:
            if event != "object.__getattr__":
                note(event, arguments)
            elif arguments[1] in code_of:
                self._note_code(arguments[0], arguments[1])

        return heard

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            self._note_file(*arguments[:3])
        elif event in ("os.listdir", "os.scandir", "glob.glob"):
            self._note_folder(arguments[0] if arguments else None)
        elif event in ("os.link", "os.symlink"):
            self._note_link(*arguments[:2])
        elif event == "sqlite3.connect":
            self._keep(self._files, arguments[0] if arguments else None)
        elif event in TRACERS:
            self._note_tracer(event)
        elif event in PROCESSES:
            self._note_process()
        elif event == "cpython.PyInterpreterState_New":
            self._unseen["it starts another interpreter"] = None

    def _note_code(self, owner: object, attribute: str) -> None:
        frame = sys._getframe(READER)
        reader = frame.f_code
        if reader.co_filename != INSPECT or reader.co_name not in PARTS_OF_CODE:
            into = self._read
        elif reader.co_name in SIGNATURE:
            into = self._signed
        else:
            # The name of its file; who reads that, opens it.
            return
        me = threading.get_ident()
        # Reading it here is an event again.
        if self._reading != me:
            self._reading = me
            try:
                code = getattr(owner, attribute, None)
            finally:
                self._reading = None
            if isinstance(code, CodeType) and not self._is_ours(frame):
                into[id(code)] = code

    def _note_file(self, path: object, mode: object = None, flags: object = 0) -> None:
        if isinstance(mode, str):
            reads = "r" in mode or "+" in mode
        else:
            reads = isinstance(flags, int) and flags & os.O_ACCMODE != os.O_WRONLY
        frame = sys._getframe(CALLER)
        if reads and not _is_importing(frame) and not self._is_ours(frame):
            self._keep(self._files, path)

    def _note_folder(self, path: object) -> None:
        frame = sys._getframe(CALLER)
        if frame.f_code.co_filename != IMPORTING and not self._is_ours(frame):
            self._keep(self._folders, path)

    def _note_link(self, old: object, new: object) -> None:
        """What is read by way of a link may be told under the link's name."""
        if isinstance(old, (str, bytes)) and isinstance(new, (str, bytes)):
            beside = os.path.join(os.path.dirname(os.fsdecode(new)), os.fsdecode(old))
            for path in {os.path.abspath(os.fsdecode(old)), os.path.abspath(beside)}:
                if os.path.isfile(path):
                    self._keep(self._files, path)

    def _note_tracer(self, event: str) -> None:
        code = sys._getframe(CALLER).f_code
        if code.co_name == "_bootstrap_inner" and self._places.is_standard(code.co_filename):
            # A thread of threading begins, with our tracer.
            self._python_threads += 1
        elif not self._places.is_the_workers(code.co_filename):
            self._unseen[f"it calls {event}"] = None

    def _note_process(self) -> None:
        frame: FrameType | None = sys._getframe(CALLER)
        while frame is not None:
            file = frame.f_code.co_filename
            if self._places.is_the_workers(file):
                # A copy of the worker, which inherits this trace.
                return
            name = os.path.basename(file)
            if self._places.is_standard(file) and name in ASKING:
                if name != "util.py" or "ctypes" in file:
                    self._known_children = True
                    return
            elif self._places.asks(file):
                self._known_children = True
                return
            elif not self._places.is_standard(file):
                break
            frame = frame.f_back
        self._unseen["it starts other processes"] = None

    def _keep(self, into: dict[str, None], path: object) -> None:
        if isinstance(path, (str, bytes)) or hasattr(path, "__fspath__"):
            name = os.path.abspath(os.fsdecode(path))
            if self._places.is_of_interest(name):
                into[name] = None

    def _is_ours(self, frame: FrameType | None) -> bool:
        """Whether the worker or a runner asked, which read a benchmark's source, and no other."""
        while frame is not None and self._places.is_standard(frame.f_code.co_filename):
            frame = frame.f_back
        return frame is not None and self._places.is_the_gates(frame.f_code.co_filename)

    # ---- reporting

    def _look_for_the_unseen(self) -> None:
        # Who answers is a thread of threading too; it has to begin before they are counted.
        last_id = _thread_id()
        if self._first_id is None or last_id is None:
            self._unseen["this Python does not number its threads, as 3.9 and later do"] = None
        elif last_id > self._first_id + self._python_threads:
            self._unseen["it runs Python in a thread that threading did not start"] = None
        self._look_for_children()
        if "greenlet" in sys.modules and sys.version_info < GREENLETS_ARE_TRACED:
            self._unseen["it uses greenlets"] = None

    def _look_for_children(self) -> None:
        # A fork begins without any.
        usage = _children_usage()
        if usage not in (self._begin_children_s, NO_CHILDREN) and not self._known_children:
            self._unseen["it starts other processes"] = None

    def _code(self) -> dict[str, dict[str, list[str]]]:
        """What is new, by file and name."""
        kept = [list(codes.values()) for codes in (self._codes, self._read, self._signed)]
        seen, read, signed = (c[n:] for c, n in zip(kept, self._told))  # noqa: B905  (Python 3.8)
        self._told = [len(codes) for codes in kept]
        for code in seen:
            if code.co_name == MODULE and not self._places.is_standard(code.co_filename):
                self._named.update((id(each), name) for each, name in code_in(code))
        found: dict[str, dict[str, list[str]]] = {}
        parts = [(c, BODY) for c in seen] + [(c, WHOLE) for c in read]
        for code, part in [*parts, *((c, SIGNED) for c in signed)]:
            if self._loaded is not None and code.co_name == MODULE:
                part = WHOLE if id(code) not in self._loaded else part
            file = code.co_filename
            if self._places.is_standard(file):
                if code.co_name == SPAWNS[-1] and all(part in file for part in SPAWNS[:-1]):
                    self._unseen["it starts other processes"] = None
                continue
            # The same on both sides. Runners look for byte code first, which one side may have.
            if self._places.is_the_gates(file):
                continue
            name = self._named.get(id(code)) or str(getattr(code, "co_qualname", code.co_name))
            if part == SIGNED:
                print_ = fingerprint_of_signature(code)
            else:
                print_ = fingerprint(code, part == WHOLE, self._places.plain)
            place = self._places.plain(os.path.normpath(file) if os.path.isabs(file) else file)
            prints = found.setdefault(place, {}).setdefault(name, [])
            if print_ not in prints:
                prints.append(print_)
        return found


def _is_importing(frame: FrameType) -> bool:
    """Whether the import system reads a module that it then runs."""
    code, caller = frame.f_code, frame.f_back
    return (
        code.co_filename == IMPORTING
        and caller is not None
        and caller.f_code.co_filename == IMPORTING
    )


def _children_usage() -> tuple[float, int]:
    """Changes when a child has ended and was waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime, usage.ru_minflt


def _thread_id() -> int | None:
    """How many threads have run Python here so far, the one that answers included.

    Each gets a number, whoever started it (PyThreadState_GetID). None if it cannot be known.
    """
    if sys.version_info < PYTHON_HAS_IDS:
        return None
    try:
        import ctypes

        current = ctypes.pythonapi.PyThreadState_Get
        current.restype = ctypes.c_void_p
        number = ctypes.pythonapi.PyThreadState_GetID
        number.argtypes, number.restype = [ctypes.c_void_p], ctypes.c_uint64
    except (ImportError, AttributeError):
        return None
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(int(number(current()))))
    asking.start()
    asking.join()
    return answers[0] if answers else None

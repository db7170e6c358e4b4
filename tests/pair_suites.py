"""What the tests of process pairs measure: a suite that does whatever one can do to its process."""

PROJECT = """
import os, sys, time, threading
HEAD = os.environ["SIDE"] == "head"

def work(turns):
    total = 0
    for i in range(turns):
        total += i * i
    return total

def note(what):
    with open(os.environ["NOTES"], "a") as file:
        file.write(os.environ["SIDE"] + " " + what + "\\n")
"""

SUITE = """
from . import project
from .project import *
import subprocess
from asv_runner.benchmarks.mark import SkipNotImplemented

def time_same(): work(500)
def time_twice(): work(1000 if HEAD else 500)
def time_slow(): work(400_000)
def time_sleep(): time.sleep(0.02 if HEAD else 0.01)

def time_number(): note("call")
time_number.number = 3
time_number.warmup_time = 0

KNOWN = set()
def time_pids():
    # Once a process: a file that is written in each call may be waited for.
    if os.getpid() not in KNOWN:
        KNOWN.add(os.getpid())
        note(str(os.getpid()))
    work(5000)
THREADS = []
def time_pids_beside_a_thread():
    if not THREADS:
        THREADS.append(threading.Thread(target=threading.Event().wait, daemon=True))
        THREADS[0].start()
    time_pids()
def time_own_timer(): Clock.seconds += 2.0 if HEAD else 1.0
def time_counted(): Clock.seconds += 4e-5
def time_counted_twice(): Clock.seconds += 8e-5 if HEAD else 4e-5
class Clock:
    seconds = 0.0
def read(): return Clock.seconds
time_own_timer.timer = time_counted.timer = time_counted_twice.timer = read

def time_threads():
    threads = [threading.Thread(target=work, args=(100_000,)) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

def time_children(): subprocess.run([sys.executable, "-S", "-c", "pass"], check=True)

class Fresh:
    def setup(self): self.left = [1]
    def time_pop(self): self.left.pop()
    def teardown(self): assert not self.left

class Outside:
    def setup(self):
        import tempfile
        self.folder = tempfile.mkdtemp()
        note("set up")
    def time_file(self):
        with open(self.folder + "/file", "w") as file: file.write("x" * 1000)
    def teardown(self):
        import shutil
        shutil.rmtree(self.folder)
        note("torn down")
class OutsideAndRaising(Outside):
    first = 0
    def time_file(self):
        super().time_file()
        OutsideAndRaising.first = self.first or os.getpid()
        if HEAD and os.getpid() != self.first: raise ValueError("I am a copy")

class Params:
    params = ([1, 2], ["a", "b"])
    def track_sum(self, number, letter): return number * 10 + "ab".index(letter)

class Cached:
    def setup_cache(self):
        note("setup_cache")
        with open("data.txt", "w") as file: file.write("12")
        return 30
    def track_cache(self, cache): return cache + int(open("data.txt").read())
    def time_cache(self, cache): assert cache == 30

class HangingCache:
    def setup_cache(self):
        if HEAD: note("hangs"); time.sleep(600)
    def track_it(self, cache): return 1

class BrokenCache:
    def setup_cache(self):
        if HEAD: raise ValueError("no data today")
    def track_it(self, cache): return 1
    def track_too(self, cache): return 1

class Skipping:
    def setup(self):
        if HEAD: raise NotImplementedError("not on this machine")
    def time_it(self): pass
def track_skip(): raise SkipNotImplemented()
def track_nan(): return float("nan")
def track_none(): return None

def track_sign(): return -1 if HEAD else 1
def track_appears(): return 5 if HEAD else 0
def mem_list(): return [0] * 1000
def peakmem_block(): return len(b"x" * (80_000_000 if HEAD else 40_000_000))
maps = []
def peakmem_files():
    import mmap, pathlib
    for path in pathlib.Path(sys.base_prefix, "lib").rglob("*") if HEAD else ():
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                maps.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            sum(maps[-1][::4096])
        if sum(map(len, maps)) > 40_000_000: break
def timeraw_nothing(): return "pass"
def track_address(): return id(object())
def track_stack():
    for line in open("/proc/self/maps"):
        if "[stack]" in line: return int(line.split("-")[0], 16)
def track_hash(): return hash("abc") % 2**50
def track_surroundings():
    assert os.listdir(".") == []
    assert sys.stdin.read() == ""
    assert not any(path.endswith("gate") for path in sys.path)
    assert "hotloop" not in sys.modules
    assert sys.argv[1:] == []
    assert "PYTHONPATH" not in os.environ
    return 0
def track_cpus(): return len(os.sched_getaffinity(0))
"""

COUNTED = """
from .project import *
note("import")
CALLS = []
def time_one(): work(500)
def time_two(): work(500)
def track_three(): return 3
def peakmem_four(): return 4
def track_calls(): CALLS.append(1); return len(CALLS)
"""

THREADED = """
from .project import *
threading.Thread(target=threading.Event().wait, daemon=True).start()
class NeedsItsThread:
    def setup(self): assert threading.active_count() == 2
    def time_it(self): work(500)
"""

FATAL = """
from .project import *
if HEAD:
    print("no licence", flush=True)
    os._exit(7)
def time_it(): work(500)
"""

FAULTS = '''
from .project import *
import signal
STATE = {"calls": 0}

def misbehave(how, late=False):
    """On head only; late: after the warm-up."""
    STATE["calls"] += 1
    work(500)
    if HEAD and (not late or STATE.get("ready")): how()

def boom(): raise ValueError("boom\\nand more")
def fall(): os.kill(os.getpid(), signal.SIGKILL)
def sleep(): time.sleep(600)
def close(): os.closerange(3, 256)
def fork():
    if os.fork() == 0:
        note("pid %d" % os.getpid())
        time.sleep(600)
def fork_and_return():
    pid = os.fork()
    if pid: os.waitpid(pid, 0)
def daemonise():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            # One that lost its parent, and one that has it yet.
            os.fork()
            note("pid %d" % os.getpid())
            time.sleep(600)
        os._exit(0)
    os.wait()
def spawn():
    import subprocess
    note("pid %d" % subprocess.Popen(["sleep", "600"]).pid)

class Early:
    timeout = 1
    def time_raise(self): misbehave(boom)
    def time_exit(self): misbehave(lambda: sys.exit("good bye"))
    def time_hard_exit(self): misbehave(lambda: (print("last words", flush=True), os._exit(3)))
    def time_killed(self): misbehave(fall)
    def time_hangs(self): misbehave(sleep)
    def time_closes(self): misbehave(close)
    def time_memory(self):
        import resource
        if HEAD: resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        misbehave(lambda: b"x" * 2**31)
    def track_raise(self): misbehave(boom); return 1

def being_timed():
    """The worker is past warming up."""
    frame = sys._getframe()
    while frame and frame.f_code.co_name != "run": frame = frame.f_back
    return frame is not None

class Late:
    """Misbehaves in its fifth timed call: a copy of the process may have few on a busy machine."""
    warmup_time = 0
    def setup(self):
        STATE["timed"] = STATE.get("timed", 0) + being_timed()
        STATE["ready"] = STATE["timed"] == 5
    def time_raise(self): misbehave(boom, True)
    def time_killed(self): misbehave(fall, True)
    def time_hangs(self): misbehave(sleep, True)
    def time_closes(self): misbehave(close, True)

class BothLate(Late):
    def time_raise(self):
        work(500)
        if STATE["ready"]: boom()

class Setup:
    def setup(self):
        if HEAD: raise KeyError("nothing here")
    def time_it(self): pass
class SetupHangs:
    def setup(self):
        if HEAD: note("hangs"); time.sleep(600)
    def time_it(self): pass
class Teardown:
    def time_it(self): pass
    def teardown(self):
        if HEAD: raise OSError("cannot tidy")

def time_prints(): print("x" * 100)
def time_changes_folder(): os.chdir("/")
def time_forks():
    fork() if not STATE["calls"] else None
    STATE["calls"] += 1
def time_forks_and_returns():
    fork_and_return()
def time_daemonises():
    daemonise() if not STATE["calls"] else None
    STATE["calls"] += 1
def time_spawns():
    spawn() if not STATE["calls"] else None
    STATE["calls"] += 1
'''

MODULES = {
    "project": PROJECT,
    "suite": SUITE,
    "faults": FAULTS,
    "counted": COUNTED,
    "fatal": FATAL,
    "threaded": THREADED,
    "unimportable": "import no_such_module\ndef time_it(): pass\n",
}

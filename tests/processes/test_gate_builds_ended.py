"""Builds that are ended before they are done leave no process behind, and no lock."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hotloop.gate.model import Request
from hotloop.gate.prepare_asv import prepare
from hotloop.gate.source import project
from tests import environments
from tests.gate_sites import BASE, ENDLESS, HEAD, Site, made_in, says

ROOT = Path(__file__).parents[2]
# The first test makes two environments: half a minute on a busy machine, or two.
pytestmark = pytest.mark.timeout(600)
LOOK_S = 0.05
SOON_S = 60.0
BUILDING = "Building"
SCRIPT = """
import sys
from pathlib import Path
from hotloop.gate.source import project
from hotloop.gate.model import Request
from hotloop.gate.preparation import Prepared
from hotloop.gate.prepare_asv import prepare
loaded, request = project.load(Path(sys.argv[1])), Request(*sys.argv[2:4])
with prepare(loaded, request, lambda text: print(text, flush=True)):
    pass
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = made_in(tmp_path_factory.mktemp("site") / "tiny")
    environments.lend(made.folder, tmp_path_factory)
    return made


def test_a_gate_that_is_killed_while_building_leaves_no_process_and_no_lock(site: Site) -> None:
    with gate_process(site, BASE, ENDLESS) as gate:
        assert gate.stdout is not None
        for line in gate.stdout:
            if line.startswith(f"head: {BUILDING}"):
                break
        else:
            pytest.fail("it ended before it built")
        wait_for(lambda: len(processes_below(site.folder)) > 0)
        gate.kill()
        gate.wait(SOON_S)
    wait_for(lambda: not processes_below(site.folder))
    with (site.gate / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    prepared = site.prepare(BASE, HEAD)
    assert (says(prepared.base), says(prepared.head)) == ("1", "2")


def test_a_builder_that_cannot_end_in_time_is_killed_with_what_it_started(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotloop.gate.build.process.PARTING_S", 0.0)

    def interrupt(said: str) -> None:
        if said.startswith(f"head: {BUILDING}"):
            # The builder, its fork, and the command that this waits for.
            wait_for(lambda: len(processes_below(site.folder)) > 2)
            raise KeyboardInterrupt

    loaded = project.load(site.folder / "asv.conf.json")
    with pytest.raises(KeyboardInterrupt), prepare(loaded, Request(BASE, ENDLESS), interrupt):
        pass
    wait_for(lambda: not processes_below(site.folder))


def test_what_asv_had_just_started_ends_with_the_builder(tmp_path: Path) -> None:
    """An interrupt inside of Popen leaves nobody who knows the new process."""
    script = (
        "import subprocess\n"
        "import os\n"
        "from hotloop.gate.build.descendants import end_descendants\n"
        "with subprocess.Popen(['sh', '-c', 'echo; sleep 600; echo'], stdout=-1) as p:\n"
        "    p.stdout.readline()\n"
        "    end_descendants(os.getpid())\n"
    )
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        timeout=SOON_S,
    )
    wait_for(lambda: not processes_below(tmp_path))


@contextlib.contextmanager
def gate_process(site: Site, base: str, head: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(site.folder / "asv.conf.json"), base, head],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def processes_below(folder: Path) -> list[psutil.Process]:
    """Processes of this folder's builds: asv's pip and what it started."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = [process.cwd(), *process.cmdline()]
            if any(str(folder) in word for word in words):
                found.append(process)
    return found


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(LOOK_S)

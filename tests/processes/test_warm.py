"""A process of a server is what one that starts as ever would be: the other tests rest on it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests import warm

TOLD = """
import atexit, json, os, signal, sys, tempfile, threading, time
def told():
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return {
        "arguments": sys.argv,
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "temporary": tempfile.gettempdir(),
        "path": sys.path,
        "name": __name__,
        "is child": os.getppid() == int(sys.argv[1]),
        "leads": os.getsid(0) == os.getpid(),
        "descriptors": sorted(os.listdir("/proc/self/fd")),
        "given": [os.read(int(number), 99).decode() for number in sys.argv[2].split()],
        "streams": [
            [s.encoding, s.errors, s.line_buffering, s.write_through, s.mode, s.fileno()]
            for s in streams
        ],
        "signals": [str(signal.getsignal(n)).split(" at ")[0] for n in signal.valid_signals()],
        "read": sys.stdin.read(),
        "threads": threading.active_count(),
        "hash": hash("text"),
        "flags": str(sys.flags),
    }
if __name__ == "__main__":
    atexit.register(print, "at the end")
    print(json.dumps(told()))
    print("an error", file=sys.stderr)
    if not sys.argv[3]:
        # What it waits for is that this thread ends.
        wait = threading.main_thread().join
        threading.Thread(target=lambda: (wait(), print("a thread"))).start()
    exec(sys.argv[3])
"""
KINDS_AT_ONCE = 4
ENDINGS = {
    "": 0,
    "sys.exit(417)": 417 & 0xFF,
    "sys.exit('a word')": 1,
    "os._exit(3)": 3,
    "raise ValueError('a value')": 1,
    "raise KeyboardInterrupt": -signal.SIGINT,
    "os.kill(os.getpid(), signal.SIGTERM)": -signal.SIGTERM,
    "os.abort()": -signal.SIGABRT,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "told.py").write_text(TOLD)
    (tmp_path / "looks_up.py").write_text("import tempfile\ntempfile.gettempdir()\n")
    monkeypatch.setitem(warm.LOADS, "told", ("json", "looks_up"))
    return tmp_path


def ended(
    folder: Path, code: str, *options: str, is_warm: bool, **variables: str
) -> tuple[int, str, str]:
    """One process of ``told``; as many as it takes for it to be ``is_warm``."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONHASHSEED": "7", **variables}
    given, end = os.pipe()
    os.write(end, b"for it")
    os.close(end)
    words = [str(os.getpid()), str(given), code]
    start: Any = warm.Popen if is_warm else subprocess.Popen
    with start(
        [sys.executable, *options, "-m", "told", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
        pass_fds=[given],
        start_new_session=not options,
    ) as process:
        os.close(given)
        out, err = process.communicate("some text")
    return process.returncode, out.replace(f'"{given}"', '"given"'), err


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first process on."""
    monkeypatch.setattr(warm, "COLD", 0)


@pytest.mark.usefixtures("servers")
@pytest.mark.parametrize("options", [(), ("-P",)])
@pytest.mark.parametrize(
    "variables",
    [{}, {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "ascii"}, {"TMPDIR": "/dev/shm"}],
)
def test_it_finds_what_any_process_finds(
    folder: Path, options: tuple[str, ...], variables: Mapping[str, str]
) -> None:
    cold, warmed = (
        ended(folder, "", *options, is_warm=is_warm, **variables) for is_warm in (False, True)
    )
    assert warmed == cold
    lines = warmed[1].splitlines()
    told = json.loads(lines[0])
    assert told["is child"]
    assert told["leads"] is not bool(options)
    assert (told["given"], told["read"], told["threads"]) == (["for it"], "some text", 1)
    assert lines[1:] == ["a thread", "at the end"]


@pytest.mark.usefixtures("servers")
def test_it_ends_as_any_process_ends(folder: Path) -> None:
    for code, expected in ENDINGS.items():
        cold, warmed = (ended(folder, code, is_warm=is_warm) for is_warm in (False, True))
        assert (warmed[0], warmed[1]) == (expected, cold[1]), code
        # But for the frames of the server below its own.
        assert warmed[2].splitlines()[-1:] == cold[2].splitlines()[-1:], code


@pytest.mark.usefixtures("servers")
def test_where_no_python_comes_up_no_server_does_and_it_ends_as_any_process(folder: Path) -> None:
    (folder / "sitecustomize.py").write_text("raise SystemExit('no luck')")
    warmly = [ended(folder, "", is_warm=True) for _ in range(2)]
    assert warmly == [ended(folder, "", is_warm=False)] * 2
    assert "no luck" in warmly[0][2]


@pytest.mark.usefixtures("servers")
def test_those_of_streams_begin_with_what_their_own_paths_hold(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, "STREAMS", ("told",))
    monkeypatch.setattr(warm, "WITH_ANY_PATHS", ("told",))
    monkeypatch.setattr(warm, "_asked", Counter())
    told = []
    for value in ("1", "2"):
        own = folder / value
        own.mkdir()
        (own / "sitecustomize.py").write_text(f"import os\nos.environ['CUSTOM'] = '{value}'\n")
        paths = os.pathsep.join(map(str, (own, folder)))
        _, out, err = ended(folder, "", "-P", is_warm=True, PYTHONPATH=paths)
        told.append(json.loads(out.splitlines()[0])["environment"].get("CUSTOM"))
        assert err == "an error\n"
    assert told == ["1", "2"]
    # All from one server.
    assert len(warm._asked) == 1


@pytest.mark.usefixtures("servers")
def test_a_folder_that_is_not_there_is_an_error_of_who_starts_it(folder: Path) -> None:
    for start in (subprocess.Popen, warm.Popen):
        with pytest.raises(FileNotFoundError, match="nowhere"):
            start(
                [sys.executable, "-P", "-m", "told"],
                cwd=folder / "nowhere",
                env={"PYTHONPATH": str(folder)},
            )


@pytest.mark.usefixtures("servers")
def test_servers_of_several_kinds_can_be_asked_for_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A request that no pipe takes in one piece.
    for name in "ABCD":
        monkeypatch.setenv(name, "x" * 100_000)
    everybody = threading.Barrier(KINDS_AT_ONCE)

    def number_told(number: int) -> str:
        environment = {**os.environ, "PYTHONPATH": str(folder), "FAUST_NUMBER": str(number)}
        everybody.wait()
        words = [sys.executable, "-m", "told", str(os.getpid()), "", ""]
        ended = warm.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
        return str(json.loads(ended.stdout.splitlines()[0])["environment"]["FAUST_NUMBER"])

    with ThreadPoolExecutor(KINDS_AT_ONCE) as threads:
        told = list(threads.map(number_told, range(KINDS_AT_ONCE)))
    assert told == [str(number) for number in range(KINDS_AT_ONCE)]


def test_the_first_of_a_kind_and_those_of_a_coverage_run_start_as_ever(folder: Path) -> None:
    words = [sys.executable, "-m", "told", str(os.getpid()), "", ""]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    kinds = []
    for more in ({}, {}, {}, {"COVERAGE_RUN": "true"}):
        with warm.Popen(
            words,
            env={**environment, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            # It waits for its input.
            kinds.append(b"warm_server.py" in Path(f"/proc/{process.pid}/cmdline").read_bytes())
            process.communicate()
    assert kinds == [False, False, True, False]


@pytest.mark.usefixtures("servers")
@pytest.mark.parametrize("options", [(), ("-P",)])
def test_a_program_of_the_command_line_is_one_too(
    folder: Path, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "import json, sys; print(json.dumps([sys.argv, sys.path, __name__]))"
    monkeypatch.setitem(warm.LOADS, f"-c {program[: warm.PROGRAM_CHARS]}", ("json",))
    command = [sys.executable, *options, "-c", program, "one", "another"]
    said = []
    for start in (subprocess.Popen, warm.Popen):
        with start(command, stdout=subprocess.PIPE, cwd=folder) as process:
            said.append(process.communicate()[0])
    assert json.loads(said[0])[0] == ["-c", "one", "another"]
    assert said[0] == said[1]

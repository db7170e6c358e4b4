"""Suites whose configuration, layout or surroundings are unlike most, as a user runs the gate."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import pytest_gate, pytest_project, tiny_project

ADDOPTS = " ".join(pytest_project.ADDOPTS)
MORE = {"pure/__init__.py": pytest_project.AT_HEAD + "more = work\n"}

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("gate_workers")]


class Judged:
    """One pair of each benchmark; ``rows`` by their names without the file."""

    def __init__(self, folder: Path, *options: str, base: str = "base") -> None:
        self.stored = pytest_gate.stored_result(folder, "--quick", "--quiet", *options, base=base)
        self.rows = {
            row["name"].partition("::")[2] or row["name"]: row for row in self.stored["benchmarks"]
        }
        self.warnings = " ".join(self.stored["warnings"])

    def said(self, name: str) -> tuple[str, str]:
        return self.rows[name]["verdict"], self.rows[name]["reason"]

    def has_ratio(self, name: str, between: tuple[float, float] = pytest_project.SLOWER) -> bool:
        ratio = self.rows[name]["ratio"]
        return ratio is not None and between[0] < ratio < between[1]


def made(folder: Path, files: Mapping[str, str], more: Mapping[str, str] | None = None) -> Path:
    """A project whose head takes four times as long; ``more`` is head's alone."""
    pytest_project.make(folder, files)
    if more:
        tiny_project.commit(folder, "more", more)
    return folder


def test_settings_around_the_project_and_a_package_that_only_imports_tell_are_heads(
    tmp_path: Path,
) -> None:
    repository = tmp_path / "all"
    folder = repository / "packages/pure"
    speed = (
        "import engine.core\n"
        "def test_root(benchmark, turns, request):\n"
        "    assert (request.config.rootpath / 'packages').is_dir()\n"
        "    benchmark(engine.core.work, turns)\n"
    )
    configured = (
        f"[pytest]\naddopts = {ADDOPTS} --strict-markers\n"
        "testpaths = packages/*/backend/tests\npythonpath = packages/pure/backend\n"
    )
    turns = "import pytest\n@pytest.fixture\ndef turns(): return 2000\n"
    tests = {
        "pyproject.toml": "",
        "pytest.ini": configured,
        "conftest.py": turns,
        "packages/pure/backend/tests/test_speed.py": speed,
        "packages/other/backend/tests/test_other.py": (
            "def test_other(benchmark): benchmark(len, '')\n"
        ),
    }
    head = {"pytest.ini": f"{configured}markers = speed: of head\n"}
    pytest_project.make(repository, tests, {"conftest.py": ""})
    source = "packages/pure/backend/engine/core.py"
    for branch in ("main", "base"):
        tiny_project.git(repository, "checkout", "--quiet", branch)
        tiny_project.git(repository, "rm", "--quiet", "-r", "pure")
        tiny_project.git(repository, "commit", "--quiet", "-m", "not here")
    tiny_project.commit(repository, "old", {source: pytest_project.AT_BASE})
    tiny_project.git(repository, "branch", "--force", "old")
    tiny_project.git(repository, "checkout", "--quiet", "main")
    marked = speed.replace("def test_root", "import pytest\n@pytest.mark.speed\ndef test_root")
    new = {source: pytest_project.AT_HEAD, **head}
    new["packages/pure/backend/tests/test_speed.py"] = marked
    tiny_project.commit(repository, "new", new)
    found = Judged(folder, base="old")
    assert list(found.rows) == ["test_root"]
    assert found.stored["benchmarks"][0]["name"].startswith("packages/pure/backend/tests/")
    assert found.has_ratio("test_root")
    assert found.stored["unproved"] == []


def test_tests_beside_the_folder_with_the_settings_are_found_and_are_heads(tmp_path: Path) -> None:
    """pytest calls them by the argument that it is given, whatever it is."""
    settings = pytest_project.WITH_ADDOPTS.replace('["tests"]', '["../perf"]')
    speed = (
        "import help, pure\ndef test_work(benchmark):\n    benchmark(pure.work, help.TURNS['{}'])\n"
    )
    at_base = {
        "python/pyproject.toml": settings,
        "python/pure/__init__.py": pytest_project.AT_BASE,
        "perf/help.py": "TURNS = {'base': 2000}\n",
        "perf/test_speed.py": speed.format("base"),
    }
    at_head = {
        "python/pure/__init__.py": MORE["pure/__init__.py"],
        "perf/help.py": "TURNS = {'head': 2000}\n",
        "perf/test_speed.py": speed.format("head"),
        "perf/test_new.py": NEW["tests/test_new.py"],
        "perf/test_broken.py": ENDING["tests/test_broken.py"],
    }
    tiny_project.git(tmp_path, "init", "--quiet", "--initial-branch=main")
    tiny_project.commit(tmp_path, "old", at_base)
    tiny_project.git(tmp_path, "branch", "base")
    tiny_project.commit(tmp_path, "new", at_head)
    found = Judged(tmp_path / "python")
    names = [row["name"] for row in found.stored["benchmarks"]]
    assert sorted(names) == ["../perf/test_new.py::test_new", "../perf/test_speed.py::test_work"]
    assert found.has_ratio("test_work"), found.said("test_work")
    verdict, reason = found.said("test_new")
    assert verdict == "new"
    assert "../perf/test_new.py cannot be imported: ImportError: cannot import name" in reason
    assert "collected at head: ../perf/test_broken.py (ModuleNotFoundError: " in found.warnings


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def port() -> str:
    """A test that wants a port which the other side may have."""
    return (
        "import pure, pytest, socket\n"
        "@pytest.fixture\n"
        "def port():\n"
        "    with socket.socket() as one:\n"
        f"        one.bind(('127.0.0.1', {free_port()}))\n"
        "        yield one\n"
        "def test_port(benchmark, port): benchmark(pure.work, 2000)\n"
        "def test_without(benchmark): benchmark(pure.work, 2000)\n"
    )


def server() -> str:
    """One whose own server has not got its port, but somebody answers there."""
    return (
        "import pure, pytest, socket, subprocess, sys, time\n"
        f"PLACE = ('127.0.0.1', {free_port()})\n"
        "SERVE = f'import socket, time; s = socket.create_server({PLACE}); time.sleep(60)'\n"
        "@pytest.fixture\n"
        "def server():\n"
        "    with subprocess.Popen([sys.executable, '-S', '-c', SERVE]) as serving:\n"
        "        with socket.socket() as one:\n"
        "            while one.connect_ex(PLACE): time.sleep(0.01)\n"
        "            yield one\n"
        "        serving.kill()\n"
        "def test_server(benchmark, server): benchmark(pure.work, 2000)\n"
    )


USUAL = (
    "import pure, pytest, random, time\n"
    "@pytest.mark.parametrize('number', [random.randrange(10**9) for _ in range(2)])\n"
    "def test_random(benchmark, number): benchmark(pure.work, 2000)\n"
    "DRAWN = random.random()\n"
    "def test_drawn(benchmark):\n"
    "    assert random.random() != DRAWN\n"
    "    benchmark(pure.work, 2000)\n"
    "def test_files(benchmark, tmp_path):\n"
    "    (tmp_path / 'x').write_text('2000')\n"
    "    benchmark(lambda: pure.work(int((tmp_path / 'x').read_text())))\n"
    "def test_long(benchmark):\n"
    "    benchmark(time.sleep, 0.2)\n"
    "    assert benchmark.stats.stats.rounds >= 5\n"
)
# Files that cannot be imported to their ends, at base or everywhere.
ENDING = {
    "tests/test_broken.py": "import absent\n\ndef test_broken(benchmark): pass\n",
    "tests/test_absent.py": (
        "import pytest\npytest.importorskip('absent')\ndef test_skips(benchmark): pass\n"
    ),
    "tests/test_late.py": (
        "import pure, pytest\n"
        "if not hasattr(pure, 'more'):\n"
        "    pytest.skip('too old', allow_module_level=True)\n"
        "def test_late(benchmark): benchmark(pure.more, 9)\n"
    ),
}
NEW = {"tests/test_new.py": "from pure import more\ndef test_new(benchmark): benchmark(more, 9)\n"}
# From a submodule, and from a module that git ignores.
DATA = (
    "import pathlib, pure\nimport pure.about\n"
    "TURNS = int(pathlib.Path(__file__).with_name('data').joinpath('turns.txt').read_text())\n"
    "def test_data(benchmark):\n"
    "    assert pure.about.version == '1.2'\n"
    "    benchmark(pure.work, TURNS)\n"
)
STRICT = f"{ADDOPTS} --strict-config -W error -x --basetemp=made"
NO_CACHE = "--pytest-args=-p no:cacheprovider"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """A project with a strict configuration, and with tests that are not like most."""
    place = tmp_path_factory.mktemp("usual")
    data = place / "data"
    data.mkdir()
    tiny_project.git(data, "init", "--quiet")
    tiny_project.commit(data, "data", {"turns.txt": "2000"})
    tests = {
        "pyproject.toml": f"{pytest_project.PYPROJECT}addopts = '{STRICT}'\n",
        ".gitignore": "_version.py\n",
        "pure/about.py": "from pure._version import version\n",
        "tests/test_data.py": DATA,
        "tests/test_server.py": server(),
        "tests/test_usual.py": USUAL,
        **ENDING,
    }
    folder = made(place / "pure", tests, MORE)
    add = ("-c", "protocol.file.allow=always", "submodule", "add", "--quiet", "../data")
    tiny_project.git(folder, *add, "tests/data")
    tiny_project.git(folder, "commit", "--quiet", "-m", "with data")
    data.rename(place / "moved")
    (folder / "pure/_version.py").write_text("version = '1.2'\n")
    return Judged(folder, NO_CACHE)


def test_what_keeps_one_file_from_being_imported_does_so_for_no_other(judged: Judged) -> None:
    assert judged.has_ratio("test_files")
    assert judged.said("test_late") == ("new", "does not run at base: too old")
    assert "tests/test_broken.py (ModuleNotFoundError: No module named 'absent')" in judged.warnings
    assert "tests/test_absent.py (could not import 'absent'" in judged.warnings


@pytest.mark.thorough(
    "test_what_keeps_one_file_from_being_imported_does_so_for_no_other",
    "processes/test_gate_pytest_files.py::"
    "test_what_ends_pytest_for_one_file_does_so_for_no_other_of_its_start",
    "processes/test_pytest_worker.py::"
    "test_a_conftest_that_cannot_be_imported_is_what_is_wrong_with_its_tests",
)
def test_what_ends_pytest_for_one_file_does_so_for_no_other(tmp_path: Path) -> None:
    tests = {
        "pyproject.toml": f"{pytest_project.PYPROJECT}addopts = '{STRICT}'\n",
        "tests/test_speed.py": pytest_project.SPEED,
        "tests/sub/conftest.py": "from pure import more\n",
        "tests/sub/test_sub.py": "def test_sub(benchmark): benchmark(len, '')\n",
        "tests/test_exits.py": (
            "import pure, sys\nhasattr(pure, 'more') or sys.exit('too old to go on')\n"
            "def test_exits(benchmark): benchmark(pure.more, 9)\n"
        ),
        **ENDING,
        **NEW,
    }
    found = Judged(made(tmp_path / "pure", tests, MORE), NO_CACHE)
    assert found.has_ratio("test_work")
    for name in ("test_new", "test_sub"):
        verdict, reason = found.said(name)
        assert verdict == "new"
        assert "cannot import name 'more' from 'pure'" in reason
    assert "SystemExit: too old to go on" in found.said("test_exits")[1]
    assert found.said("test_late") == ("new", "does not run at base: too old")


def test_what_a_checkout_lacks_comes_from_the_users(judged: Judged) -> None:
    """Submodules, though their own repository is gone, and the module with the version."""
    assert judged.has_ratio("test_data")
    assert "submodule" not in judged.warnings


ALONE = "alone it passes: both sides run at the same time"


def test_sides_that_talk_to_one_server_are_neither_broken_nor_new(judged: Judged) -> None:
    verdict, reason = judged.said("test_server")
    assert verdict == "failed"
    assert "talks to a server" in reason
    assert ALONE in reason


@pytest.mark.thorough(
    "test_sides_that_talk_to_one_server_are_neither_broken_nor_new",
    "processes/gate_pairs/test_faults.py::"
    "test_pairs_that_want_one_file_are_measured_one_after_the_other",
    "processes/test_pytest_worker.py::test_what_is_wrong_with_a_test_is_its_trouble",
)
def test_sides_that_want_one_port_are_neither_broken_nor_new(tmp_path: Path) -> None:
    found = Judged(made(tmp_path / "pure", {"tests/test_port.py": port()}))
    verdict, reason = found.said("test_port")
    assert verdict == "failed"
    assert "Address already in use" in reason
    assert ALONE in reason
    assert found.has_ratio("test_without")


@pytest.mark.thorough(
    "processes/gate_pairs/test_faults.py::"
    "test_pairs_that_want_one_file_are_measured_one_after_the_other",
    "test_sides_that_talk_to_one_server_are_neither_broken_nor_new",
)
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="two pairs at once need two CPUs")
def test_pairs_that_want_one_file_are_measured_one_after_the_other(tmp_path: Path) -> None:
    lock = (
        "import os, pure, pytest, time\n"
        "@pytest.fixture\n"
        "def lock():\n"
        "    os.close(os.open('it.lock', os.O_CREAT | os.O_EXCL))\n"
        "    time.sleep(0.5)  # Whoever starts a little later wants it too.\n"
        "    yield\n"
        "    os.remove('it.lock')\n"
        "def test_lock(benchmark, lock): benchmark(pure.work, 2000)\n"
    )
    tests = {f"tests/test_{name}.py": lock for name in "ab"}
    folder = made(tmp_path / "pure", tests)
    found = Judged(folder, "--lanes", "2")
    assert {row["reason"] for row in found.stored["benchmarks"]} == {None}


def test_random_parameters_have_the_same_names_in_all_processes(judged: Judged) -> None:
    names = [name for name in judged.rows if name.startswith(("test_random", "test_drawn"))]
    assert len(names) == 3
    assert all(map(judged.has_ratio, names))


def test_statistics_of_long_calls_have_the_fewest_rounds_that_the_plugin_makes(
    judged: Judged,
) -> None:
    assert judged.said("test_long")[1] is None


@pytest.mark.thorough(
    "unit/test_gate_worker_process.py::test_what_numba_has_run_in_parallel_is_not_copied"
)
def test_what_numba_has_run_in_parallel_is_not_copied(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    speed = (
        "import os\n"
        "os.environ.update(NUMBA_NUM_THREADS='1', NUMBA_THREADING_LAYER='omp', NUMBA_OPT='0')\n"
        # What one process has compiled the others of its side find.
        f"os.environ['NUMBA_CACHE_DIR'] = {str(tmp_path / 'compiled')!r}\n"
        "import numba\n"
        "@numba.njit(parallel=True, cache=True)\n"
        "def add(turns):\n"
        "    total = 0.0\n"
        "    for number in numba.prange(turns): total += number\n"
        "    return total\n"
        "def test_parallel(benchmark):\n"
        "    add(9)\n"
        "    assert benchmark.pedantic(add, args=(100000,), rounds=3) > 0\n"
    )
    found = Judged(made(tmp_path / "pure", {"tests/test_speed.py": speed}))
    assert found.said("test_parallel")[1] is None

"""Suites whose configuration, layout or surroundings are unlike most, as a user runs the gate."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import pytest_gate, pytest_project, tiny_project

ADDOPTS = " ".join(pytest_project.ADDOPTS)
TWICE = (1.5, 2.7)
EQUAL = (0.7, 1.4)
MORE = {"pure/__init__.py": pytest_project.WORK.format(percent=200) + "more = work\n"}

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

    def has_ratio(self, name: str, between: tuple[float, float] = TWICE) -> bool:
        ratio = self.rows[name]["ratio"]
        return ratio is not None and between[0] < ratio < between[1]


def made(folder: Path, files: Mapping[str, str], more: Mapping[str, str] | None = None) -> Path:
    """A project whose head takes twice as long; ``more`` is head's alone."""
    pytest_project.make(folder, files)
    if more:
        tiny_project.commit(folder, "more", more)
    return folder


def test_what_ends_pytest_for_one_file_does_so_for_no_other(tmp_path: Path) -> None:
    options = f"{ADDOPTS} --strict-config -W error -x --basetemp=made"
    tests = {
        "pyproject.toml": f"{pytest_project.PYPROJECT}addopts = '{options}'\n",
        "tests/test_speed.py": pytest_project.SPEED,
        "tests/test_broken.py": "import absent\n\ndef test_broken(benchmark): pass\n",
        "tests/test_absent.py": (
            "import pytest\npytest.importorskip('absent')\ndef test_skips(benchmark): pass\n"
        ),
        "tests/test_new.py": "from pure import more\ndef test_new(benchmark): benchmark(more, 9)\n",
        "tests/test_late.py": (
            "import pure, pytest\n"
            "if not hasattr(pure, 'more'):\n"
            "    pytest.skip('too old', allow_module_level=True)\n"
            "def test_late(benchmark): benchmark(pure.more, 9)\n"
        ),
        "tests/test_exits.py": (
            "import pure, sys\nhasattr(pure, 'more') or sys.exit('too old to go on')\n"
            "def test_exits(benchmark): benchmark(pure.more, 9)\n"
        ),
        "tests/sub/conftest.py": "from pure import more\n",
        "tests/sub/test_sub.py": "def test_sub(benchmark): benchmark(len, '')\n",
        "tests/test_files.py": (
            "import pure\n"
            "def test_files(benchmark, tmp_path):\n"
            "    (tmp_path / 'x').write_text('2000')\n"
            "    benchmark(lambda: pure.work(int((tmp_path / 'x').read_text())))\n"
        ),
    }
    folder = made(tmp_path / "pure", tests, MORE)
    found = Judged(folder, "--pytest-args=-p no:cacheprovider")
    assert found.has_ratio("test_work")
    assert found.has_ratio("test_files")
    for name in ("test_new", "test_sub"):
        verdict, reason = found.said(name)
        assert verdict == "new"
        assert "cannot import name 'more' from 'pure'" in reason
    assert "SystemExit: too old to go on" in found.said("test_exits")[1]
    assert found.said("test_late") == ("new", "does not run at base: too old")
    assert "tests/test_broken.py (ModuleNotFoundError: No module named 'absent')" in found.warnings
    assert "tests/test_absent.py (could not import 'absent'" in found.warnings


def test_settings_and_conftest_around_the_projects_folder_are_heads_and_count(
    tmp_path: Path,
) -> None:
    repository = tmp_path / "all"
    folder = repository / "packages/pure"
    speed = (
        "import pure\n"
        "def test_root(benchmark, turns, request):\n"
        "    assert (request.config.rootpath / 'packages').is_dir()\n"
        "    benchmark(pure.work, turns)\n"
    )
    configured = f"[pytest]\naddopts = {ADDOPTS} --strict-markers\ntestpaths = packages/*/tests\n"
    turns = "import pytest\n@pytest.fixture\ndef turns(): return 2000\n"
    tests = {
        "pyproject.toml": "",
        "pytest.ini": configured,
        "conftest.py": turns,
        "packages/pure/tests/test_speed.py": speed,
        "packages/other/tests/test_other.py": "def test_other(benchmark): benchmark(len, '')\n",
    }
    head = {"pytest.ini": f"{configured}markers = speed: of head\n"}
    pytest_project.make(repository, tests, {"conftest.py": ""})
    source = "packages/pure/pure/__init__.py"
    for branch in ("main", "base"):
        tiny_project.git(repository, "checkout", "--quiet", branch)
        tiny_project.git(repository, "rm", "--quiet", "-r", "pure")
        tiny_project.git(repository, "commit", "--quiet", "-m", "not here")
    tiny_project.commit(repository, "old", {source: pytest_project.WORK.format(percent=100)})
    tiny_project.git(repository, "branch", "--force", "old")
    tiny_project.git(repository, "checkout", "--quiet", "main")
    marked = speed.replace("def test_root", "import pytest\n@pytest.mark.speed\ndef test_root")
    new = {source: pytest_project.WORK.format(percent=200), **head}
    tiny_project.commit(repository, "new", {**new, "packages/pure/tests/test_speed.py": marked})
    found = Judged(folder, base="old")
    assert list(found.rows) == ["test_root"]
    assert found.stored["benchmarks"][0]["name"].startswith("packages/pure/tests/")
    assert found.has_ratio("test_root")


def test_a_package_that_the_layout_does_not_tell_is_known_by_what_tests_import(
    tmp_path: Path,
) -> None:
    tests = {
        "pyproject.toml": "",
        "pytest.ini": f"[pytest]\naddopts = {ADDOPTS}\npythonpath = backend\n",
        "backend/tests/test_speed.py": (
            "import engine.core\ndef test_core(benchmark): benchmark(engine.core.work, 2000)\n"
        ),
        "backend/engine/core.py": pytest_project.WORK.format(percent=100),
        "pure/__init__.py": "",
    }
    more = {"backend/engine/core.py": pytest_project.WORK.format(percent=200)}
    folder = tmp_path / "some"
    pytest_project.make(folder, tests)
    tiny_project.git(folder, "rm", "--quiet", "-r", "pure")
    tiny_project.commit(folder, "none", {})
    tiny_project.git(folder, "branch", "--force", "base")
    tiny_project.commit(folder, "slower", more)
    found = Judged(folder)
    assert found.has_ratio("test_core")
    assert found.stored["unproved"] == []


def test_what_a_checkout_lacks_comes_from_the_users(tmp_path: Path) -> None:
    """Submodules, though their own repository is gone, and the module with the version."""
    data = tmp_path / "data"
    data.mkdir()
    tiny_project.git(data, "init", "--quiet")
    tiny_project.commit(data, "data", {"turns.txt": "2000"})
    folder = tmp_path / "pure"
    speed = (
        "import pathlib\nimport pure.about\n"
        "TURNS = int(pathlib.Path(__file__).with_name('data').joinpath('turns.txt').read_text())\n"
        "def test_data(benchmark):\n"
        "    assert pure.about.version == '1.2'\n"
        "    benchmark(pure.work, TURNS)\n"
    )
    tests = {
        "tests/test_speed.py": speed,
        "pure/about.py": "from pure._version import version\n",
        ".gitignore": "_version.py\n",
    }
    pytest_project.make(folder, tests)
    add = ("-c", "protocol.file.allow=always", "submodule", "add", "--quiet", "../data")
    tiny_project.git(folder, *add, "tests/data")
    tiny_project.git(folder, "commit", "--quiet", "-m", "with data")
    data.rename(tmp_path / "moved")
    (folder / "pure/_version.py").write_text("version = '1.2'\n")
    found = Judged(folder)
    assert found.has_ratio("test_data")
    assert "submodule" not in found.warnings


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def ports() -> Mapping[str, str]:
    """Tests of which each wants a port that another may have."""
    port = (
        "import pure, pytest, socket\n"
        "@pytest.fixture\n"
        "def port():\n"
        "    with socket.socket() as one:\n"
        f"        one.bind(('127.0.0.1', {free_port()}))\n"
        "        yield one\n"
        "def test_port(benchmark, port): benchmark(pure.work, 2000)\n"
        "def test_without(benchmark): benchmark(pure.work, 2000)\n"
    )
    # Its own server has not got the port, but somebody answers there.
    server = (
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
    return {"tests/test_port.py": port, "tests/test_server.py": server}


RANDOM = (
    "import pure, pytest, random\n"
    "@pytest.mark.parametrize('number', [random.randrange(10**9) for _ in range(2)])\n"
    "def test_random(benchmark, number): benchmark(pure.work, 2000)\n"
    "DRAWN = random.random()\n"
    "def test_drawn(benchmark):\n"
    "    assert random.random() != DRAWN\n"
    "    benchmark(pure.work, 2000)\n"
)
ROUNDS = (
    "import itertools, pure, pytest, time\n"
    "seconds = itertools.count(step=3).__next__\n"
    "@pytest.mark.benchmark(timer=seconds)\n"
    "def test_rounds(benchmark):\n"
    "    benchmark.pedantic(pure.work, args=(2000,), rounds=7, iterations=3)\n"
    "    assert benchmark.stats['rounds'] == 7\n"
    "    assert benchmark.stats['iterations'] == 3\n"
    "    assert benchmark.stats['mean'] == benchmark.stats.stats.max == 1\n"
)
LONG = (
    "import time\n"
    "def test_long(benchmark):\n"
    "    benchmark(time.sleep, 0.2)\n"
    "    assert benchmark.stats.stats.rounds >= 5\n"
)
ANOTHERS = (
    "import pytest\n"
    "@pytest.fixture\n"
    "def benchmark(): return lambda function, *given: function(*given)\n"
)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project like most, with tests that are not."""
    tests = {
        **ports(),
        "tests/test_random.py": RANDOM,
        "tests/test_rounds.py": ROUNDS,
        "tests/test_long.py": LONG,
        "tests/another/test_speed.py": pytest_project.SPEED,
        "tests/another/conftest.py": ANOTHERS,
    }
    return made(tmp_path_factory.mktemp("usual") / "pure", tests)


@pytest.fixture(scope="module")
def judged(usual: Path) -> Judged:
    return Judged(usual, "--bench", "port|server|without|random|drawn|rounds|long")


@pytest.fixture(scope="module")
def without_plugin(usual: Path) -> Judged:
    return Judged(usual, "--pytest-args=-p no:benchmark", "--bench", "rounds|work")


def test_sides_that_want_one_port_are_neither_broken_nor_new(judged: Judged) -> None:
    for name, why in {
        "test_port": "Address already in use",
        "test_server": "talks to a server",
    }.items():
        verdict, reason = judged.said(name)
        assert verdict == "failed"
        assert why in reason
        assert "alone it passes: both sides run at the same time" in reason
    assert judged.has_ratio("test_without")


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="two pairs at once need two CPUs")
def test_pairs_that_want_one_file_are_measured_one_after_the_other(tmp_path: Path) -> None:
    lock = (
        "import os, pure, pytest\n"
        "@pytest.fixture\n"
        "def lock():\n"
        "    os.close(os.open('it.lock', os.O_CREAT | os.O_EXCL))\n"
        "    yield\n"
        "    os.remove('it.lock')\n"
        "@pytest.mark.parametrize('number', range(2))\n"
        "def test_lock(benchmark, lock, number): benchmark(pure.work, 2000)\n"
    )
    tests = {f"tests/test_{name}.py": lock for name in "ab"}
    folder = made(tmp_path / "pure", tests)
    found = Judged(folder, "--lanes", "2")
    assert {row["reason"] for row in found.stored["benchmarks"]} == {None}


def test_random_parameters_have_the_same_names_in_all_processes(judged: Judged) -> None:
    names = [name for name in judged.rows if name.startswith(("test_random", "test_drawn"))]
    assert len(names) == 3
    assert all(map(judged.has_ratio, names))


def test_a_fixture_of_that_name_that_times_nothing_is_named(without_plugin: Judged) -> None:
    verdict, reason = without_plugin.said("test_work")
    assert verdict == "failed"
    assert "its fixture `benchmark` is another one, of tests/another/conftest.py" in reason


def test_statistics_have_the_rounds_that_a_test_asked_for(
    judged: Judged, without_plugin: Judged
) -> None:
    for found in (judged, without_plugin):
        assert found.said("test_rounds")[1] is None


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

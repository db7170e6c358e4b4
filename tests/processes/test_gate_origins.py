"""Real workers whose modules do not come from where they should, and what asv's settings do."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate.build import builds, siblings
from hotloop.gate.build.differences import Differences
from hotloop.gate.model import (
    Benchmark,
    Contender,
    Kind,
    Origin,
    Pair,
    Proof,
    Request,
    Revision,
    Side,
)
from hotloop.gate.pairs.lanes import lanes_on
from hotloop.gate.pairs.pairs import ProcessPairs
from hotloop.gate.prepare_asv import lay_out
from hotloop.gate.source import project
from hotloop.gate.source.project import Project
from hotloop.gate.suites.asv import discover
from tests import tiny_project, warm
from tests.environments import bare_python
from tests.parameters import marked
from tests.process_pairs import measure_briefly

pytestmark = pytest.mark.timeout(300)
TINY = "def work(): pass"
SUITE = """
import os, sys
from pathlib import Path
warmup_time = 1e-3

def early():
    sys.path.insert(0, os.environ["SHARED"])

def time_early():
    early()
    import hl_tiny

def time_raising():
    early()
    import hl_tiny
    raise ValueError("as on the other side")

def timeraw_script():
    return "import hl_tiny", "import os, sys; sys.path.insert(0, os.environ['SHARED'])"

def track_parent(): return os.getppid()

class Made:
    def setup_cache(self):
        early()
        import hl_tiny
        return 1
    def time_it(self, cache): pass

class Hashed:
    def setup_cache(self): return hash("a name")
    def track_it(self, cache): return float(cache == hash("a name"))

class Files:
    def setup_cache(self): Path("numbers.txt").write_text("12")
    def track_it(self): return int(Path("numbers.txt").read_text())
    def time_it(self): return int(Path("numbers.txt").read_text())
class Cached:
    def setup_cache(self): return 30
    def track_it(self, cache): return cache

class Reloads:
    def setup(self):
        sys.path.insert(0, os.environ["SHARED"])
        import hl_tiny
        self.work = hl_tiny.work
        del sys.modules["hl_tiny"], sys.path[0]
    def time_it(self): self.work()
    def time_early(self): self.setup()
"""
Run = Callable[..., Pair]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Measures one benchmark of the suite once, by the name of its function.

    ``cold``: in processes that all start as ever.
    """
    tiny_project.write(tmp_path, {"suite/__init__.py": "", "suite/all.py": SUITE})
    tiny_project.write(tmp_path, {"shared/hl_tiny.py": TINY, "roots/hl_tiny.py": ""})

    measure_briefly(monkeypatch)

    def measure(
        name: str,
        kind: Kind = Kind.TIME,
        cached: bool = False,
        forks: bool = True,
        cold: bool = False,
        **variables: str,
    ) -> Pair:
        own = (str(tmp_path / "shared" / "hl_tiny.py"),)
        origin = Origin(("hl_tiny",), (str(tmp_path / "roots"),), own=own)
        shared = {"SHARED": str(tmp_path / "shared")} | variables
        base, head = (
            Contender(
                side,
                Revision(side.value * 10, side.value, ""),
                "here",
                bare_python(),
                tmp_path / "suite",
                tuple(shared.items()),
                origin,
            )
            for side in (Side.BASE, Side.HEAD)
        )
        key = name if cached else None
        started = nullcontext() if cold else warm.everywhere(*warm.GATE_WORKERS)
        with started, ProcessPairs(base, head, lanes_on(2), forks) as pairs:
            return pairs.measure(0, Benchmark(f"all.{name}", (), None, kind, "", 30.0, key), 1)

    return measure


OTHERWISE = pytest.mark.thorough(
    "test_a_project_that_both_sides_import_from_one_file_ends_the_run",
    "unit/test_gate_origins.py::test_a_script_of_a_timeraw_benchmark_is_run_for_the_question_once",
    "unit/test_gate_origins.py::test_strays_of_the_interpreter_of_a_script_are_told",
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("time_early", Kind.TIME),
        ("time_raising", Kind.TIME),
        pytest.param("timeraw_script", Kind.TIMERAW, marks=OTHERWISE),
        ("Made.time_it", Kind.TIME),
        ("Reloads.time_it", Kind.TIME),
        pytest.param("Reloads.time_early", Kind.TIME, marks=OTHERWISE),
    ],
)
def test_a_project_that_both_sides_import_from_one_file_ends_the_run(
    name: str, kind: Kind, run: Run, tmp_path: Path
) -> None:
    with pytest.raises(MeasurementError) as caught:
        run(name, kind, cached="Made" in name)
    file = tmp_path / "shared" / "hl_tiny.py"
    assert f"both sides import the project from one file: {file} (module hl_tiny)" in str(
        caught.value
    )


@pytest.mark.thorough(
    "processes/test_gate_command.py::test_what_the_change_touches_is_judged_and_the_rest_is_listed",
    "unit/test_gate_origins.py::test_modules_below_a_name_are_told_that_lie_outside_of_the_roots",
)
def test_a_project_that_is_imported_from_its_build_is_measured(run: Run, tmp_path: Path) -> None:
    pair = run("time_early", SHARED=str(tmp_path / "roots"))
    assert pair.log_ratio is not None


ANOTHER = pytest.mark.thorough(
    "test_a_seed_of_the_configuration_holds_in_set_up_caches_and_in_workers"
)


@pytest.mark.parametrize("seed", ["0", *marked(ANOTHER, "77")])
def test_a_seed_of_the_configuration_holds_in_set_up_caches_and_in_workers(
    seed: str, run: Run
) -> None:
    pair = run("Hashed.track_it", Kind.TRACK, cached=True, cold=True, PYTHONHASHSEED=seed)
    assert (pair.base, pair.head) == (1.0, 1.0)


ALL_OTHERS = pytest.mark.thorough(
    "processes/test_gate_forks.py::test_threads_that_end_themselves_before_a_fork_do_not_hinder_it"
)


@pytest.mark.parametrize("forks", [*marked(ALL_OTHERS, True), False])
def test_a_configuration_that_wants_new_processes_gets_them(forks: bool, run: Run) -> None:
    pair = run("track_parent", Kind.TRACK, forks=forks, cold=True)
    assert (pair.base == os.getpid()) is not forks


@pytest.fixture(scope="module")
def old_runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Before 0.3 of asv_runner a cache was the first parameter."""
    folder = tmp_path_factory.mktemp("runner")
    # Not uv, which does not read where pip finds packages.
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    command = [*pip, "--no-deps", "--target", str(folder), "asv_runner==0.2.1"]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    # It imports this, for Pythons that had no such module of their own.
    (folder / "importlib_metadata.py").write_text("from importlib.metadata import *\n")
    return folder


@pytest.mark.thorough(
    "unit/test_gate_asv_caches.py::test_to_an_old_runner_a_cache_is_the_first_parameter",
    "processes/gate_pairs/test_values.py::test_a_set_up_cache_is_made_once_for_each_side",
)
@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [("Files.track_it", Kind.TRACK, 12), ("Cached.track_it", Kind.TRACK, 30)],
)
def test_an_old_runner_passes_on_a_cache_and_none_where_there_is_none(
    name: str, kind: Kind, value: float, run: Run, old_runner: Path
) -> None:
    pair = run(name, kind, cached=True, cold=True, ASV_PYTHONPATH=str(old_runner))
    assert (pair.base, pair.head) == (value, value)


def laid_out(config: Path) -> tuple[Project, tuple[Revision, Revision], Path, Differences]:
    """The project, its last two commits, the checkout of head's suite, and what differs."""
    found = project.load(config)
    source, base, head, checkout = lay_out(found, Request("HEAD~1", "HEAD"))
    assert checkout is not None
    return found, (base, head), checkout, Differences.of(found, source, base, head)


def builds_of(both: tuple[Revision, Revision], *proofs: Proof) -> list[Contender]:
    """What was built of base and head, as far as ``proofs`` tell of it."""
    return [
        Contender(side, at, "", Path(sys.executable), Path(), proof=proof)
        for side, at, proof in zip(Side, both, proofs, strict=True)
    ]


# ---------------------------------------------------------------- what a suite loads by its path

BY_PATH = """
import importlib.util
from pathlib import Path
root = Path(__file__).parent.parent
for number, file in enumerate((FILES)):
    spec = importlib.util.spec_from_file_location("loaded_%d" % number, root / file)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
def time_x(): pass
"""


def loaded(folder: Path, *files: str) -> list[str]:
    """What is said of a suite that loads ``files`` of the checkout of head by their paths."""
    module = BY_PATH.replace("FILES", ", ".join(map(repr, files)) + ",")
    tiny_project.commit(
        folder, "loads", {"benchmarks/speed.py": module, "data/same.py": "", "src/tiny/x.py": ""}
    )
    tiny_project.commit(
        folder, "changes", {"data/made.py": "VALUE = 1\n", "src/tiny/x.py": "VALUE = 1\n"}
    )
    found, (_, head), checkout, differences = laid_out(folder / "asv.conf.json")
    at_head = Contender(Side.HEAD, head, "here", bare_python(), checkout)
    listed = discover(found, at_head, None, None, ())
    return list(differences.loaded_by_both(("tiny",), listed.executed))


def test_the_projects_code_is_not_loaded_by_its_path(tmp_path: Path) -> None:
    tiny_project.make(tmp_path)
    with pytest.raises(MeasurementError, match=r"import the project from one file: .*/x"):
        loaded(tmp_path, "src/tiny/x.py")


def test_of_other_code_it_is_told_where_base_has_another(tmp_path: Path) -> None:
    tiny_project.make(tmp_path)
    (said,) = loaded(tmp_path, "data/same.py", "data/made.py")
    assert said.startswith("both sides run head's data/made.py, which differs at base")


CHANGED = {"src/tiny/x.py": "X = 2\n", "tools/new.py": "", "benchmarks/a.py": "", "doc.txt": "2"}
DATA = {"src/tiny/words.json": "[]", "benchmarks/input.json": "[]"}


def test_what_both_sides_could_read_as_it_is_at_head_is_watched(tmp_path: Path) -> None:
    tiny_project.make(tmp_path)
    tiny_project.commit(tmp_path, "1", {"src/tiny/x.py": "", "src/tiny/y.py": "", "setup.py": ""})
    tiny_project.commit(tmp_path, "2", {**CHANGED, **DATA, "setup.py": "2"})
    _, _, checkout, differences = laid_out(tmp_path / "asv.conf.json")
    executed = (str((checkout.parent / "setup.py").resolve()),)
    found = differences.readable_by_both(checkout, ("tiny",), executed)
    assert found.own == (str(checkout.parent / "src/tiny/x.py"),)
    places = ("src/tiny/words.json", "tools/new.py")
    assert found.others == tuple(str(checkout.parent / place) for place in places)
    assert found.data == (str(checkout.parent / "doc.txt"),)


# ---------------------------------------------------------------- another project of the repository


def test_what_was_installed_from_the_users_folder_is_known_with_its_copies(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    config = tiny_project.make(folder)
    tiny_project.commit(folder, "1", {"core/src/core/it.py": "", "core/src/core/same.py": ""})
    changed = ["core/setup.py", "core/src/core/it.py", "tiny/__init__.py"]
    tiny_project.commit(folder, "2", dict.fromkeys([*changed, "lib/src/fast.c"], "IT = 2\n"))
    library = tmp_path / "env" / "lib" / "python3.11" / "site-packages"
    sources = {
        # From its folder, a wheel of it, or in place; the others are not the user's.
        "core": folder / "core/dist/core-1.whl",
        "fast": folder / "lib",
        "other": folder / "core",
        "placed": folder / "lib",
        "stranger": tmp_path / "core",
        "tiny": checkout_in(folder),
        "wheel": checkout_in(folder).parent / "asv-build-cache/wheel-1.whl",
    }
    for name, source in sources.items():
        note = json.dumps({"url": source.as_uri(), "dir_info": {"editable": name == "placed"}})
        record = f"{name}.so,,\n{name}.py,,\n"
        about = {"direct_url.json": note, "RECORD": record, "METADATA": f"Name: {name}\n"}
        installed = {f"{name}-1.dist-info/{key}": text for key, text in about.items()}
        tiny_project.write(library, installed | {f"{name}.so": ""})
    copies = ("core/it.py", "core/same.py", "it.py", "tiny/__init__.py")
    tiny_project.write(library, dict.fromkeys(copies, ""))
    tiny_project.write(folder, {"lib/build/fast.so": "", "lib/src/beside.so": ""})
    _, both, _, differences = laid_out(config)
    side = Contender(Side.HEAD, both[1], "", tmp_path / "env" / "bin" / "python", tmp_path)
    found = siblings.files(differences, (side, side))
    assert sorted(found) == sorted(
        [
            *(str(folder / path) for path in (*changed, "lib/build/fast.so", "lib/src/beside.so")),
            *(str(library / path) for path in ("core/it.py", "fast.so", "placed.so")),
        ]
    )


def checkout_in(folder: Path) -> Path:
    """Where the gate's own checkout of a commit is, from which it installs."""
    return folder / ".asv/env/gate/a/env/project"


# ---------------------------------------------------------------- a suite that is the package


def of_a_suite_in(folder: Path, place: str, names: tuple[str, ...]) -> None:
    """Raises what is said where the benchmarks lie in ``place`` and ``names`` are installed."""
    tiny_project.make(folder)
    tiny_project.commit(folder, "move", {f"{place}/__init__.py": ""})
    config = tiny_project.configure(folder, benchmark_dir=place)
    _, both, checkout, differences = laid_out(config)
    base, head = builds_of(both, *[Proof(names, (), None)] * 2)
    differences.refuse_the_package_as_suite(checkout, builds.Builds(base, head, (), (), ()))


@pytest.mark.parametrize("names", [("tiny",), ("_tiny_fast", "tiny")])
def test_the_package_itself_is_no_suite(names: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match=r"from one file: .*/tiny/__init__.py; .*benchmark"):
        of_a_suite_in(tmp_path, "tiny", names)


@pytest.mark.parametrize(
    ("place", "names"),
    [("tiny/benchmarks", ("tiny",)), ("benchmarks", ("benchmarks", "tiny")), ("b/tiny", ("tiny",))],
)
def test_a_suite_in_or_beside_the_package_may_be_installed_too(
    place: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    of_a_suite_in(tmp_path, place, names)


# ---------------------------------------------------------------- builds out of a cache


@pytest.mark.parametrize(
    ("changed", "at_head", "said"),
    [
        ("fast.c.in", "same", True),
        ("src/lib.rs", "same", True),
        ("src/lib.rs", "another", False),
        ("tests/check.c", "same", False),
        ("tiny/__init__.py", "same", False),
        ("notes.txt", "same", False),
    ],
)
def test_compiled_sources_that_make_no_difference_are_told(
    changed: str, at_head: str, said: bool, tmp_path: Path
) -> None:
    config = tiny_project.make(tmp_path)
    tiny_project.commit(tmp_path, "change", {changed: "int x;\n"})
    _, both, _, differences = laid_out(config)
    proofs = (
        Proof(("tiny",), (), None, {}, {"tiny/fast.so": digest}) for digest in ("same", at_head)
    )
    doubts = list(differences.equal_builds(*builds_of(both, *proofs)))
    assert [f"differ in {changed}, and their builds are the same" in one for one in doubts] == (
        [True] if said else []
    )

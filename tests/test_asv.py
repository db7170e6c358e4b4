"""The asv suite: its lists, pins and thresholds fit the project, and all of it runs."""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asv.config import Config
from asv_runner.discovery import disc_benchmarks

from benchmarks import compute, stream
from implementations.problems import PROBLEMS
from implementations.registry import LADDER, ON_A_GPU
from stream import registry as stream_registry

ROOT = Path(__file__).parents[1]
CONFIG_FILE = ROOT / "asv.conf.json"
BENCHMARKS = tuple(disc_benchmarks(str(ROOT / "benchmarks")))
# Interpreted, compiled ahead, compiled at run time.
OF_EACH_KIND = ("python", "cython", "numba")
# Others that are compiled when they are first called, for one or two seconds.
COMPILED_AGAIN = {"numba_threads", "numba_lanes"}
# Those of the stream need a broker: tests/broker/apart/test_asv_stream.py.
COMPUTE = tuple(benchmark for benchmark in BENCHMARKS if benchmark.name.startswith("compute."))


def configuration() -> Any:
    return Config.load(str(CONFIG_FILE))


def full_names() -> list[str]:
    """Benchmarks with their parameters, as asv names them in its pages and thresholds."""
    return [
        f"{benchmark.name}({', '.join(values)})"
        for benchmark in BENCHMARKS
        for values in itertools.product(*benchmark.params)
    ]


def test_the_suite_names_every_rung_and_problem_of_the_subject() -> None:
    assert [variant.name for variant in (*LADDER, *ON_A_GPU)] == list(compute.VARIANTS)
    assert list(PROBLEMS) == list(compute.SIZES)
    assert [variant.name for variant in stream_registry.VARIANTS] == list(stream.VARIANTS)


def test_asv_builds_with_the_pinned_versions() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    pins = dict(line.split("==") for line in lines)
    for name, versions in configuration().matrix["req"].items():
        assert versions == [pins[name.removeprefix("pip+")]]


def test_asv_builds_the_extensions_which_installing_leaves_out() -> None:
    (command,) = configuration().build_command
    assert command.startswith("HOTLOOP_EXTENSIONS=1 ")


def test_every_benchmark_has_a_threshold_and_every_threshold_a_benchmark() -> None:
    patterns = configuration().regressions_thresholds
    for name in full_names():
        assert any(re.match(pattern, name) for pattern in patterns), name
    for pattern in patterns:
        assert any(re.match(pattern, name) for name in full_names()), pattern


def smallest(benchmark: Any) -> list[int]:
    """Numbers of the parameters of the smallest size: sizes come last, in rising order."""
    combinations = list(itertools.product(*benchmark.params))
    return [
        number
        for number, values in enumerate(combinations)
        if not values or values[-1] == benchmark.params[-1][0]
    ]


@pytest.mark.parametrize(
    "again",
    [
        False,
        pytest.param(
            True,
            marks=pytest.mark.thorough(
                "test_every_benchmark_runs_at_its_smallest_size",
                "oracle/test_variants.py::test_a_variant_is_right",
                "oracle/test_variants_workloads.py::test_numba_tells_the_threads_that_it_may_use",
            ),
        ),
    ],
    ids=["", "compiled again"],
)
@pytest.mark.parametrize("benchmark_", COMPUTE, ids=lambda benchmark_: benchmark_.name)
def test_every_benchmark_runs_at_its_smallest_size(benchmark_: Any, again: bool) -> None:
    assert benchmark_.check(str(ROOT / "benchmarks"))
    for number in smallest(benchmark_):
        benchmark_.set_param_idx(number)
        if bool(COMPILED_AGAIN & set(benchmark_._current_params)) is not again:
            continue
        skipped = benchmark_.do_setup()
        # Without a card, what needs one says so.
        assert not skipped or {v.name for v in ON_A_GPU} & set(benchmark_._current_params)
        if skipped:
            continue
        benchmark_.func(*benchmark_._current_params)
        benchmark_.do_teardown()


def test_a_variant_that_a_commit_lacks_is_skipped() -> None:
    with pytest.raises(NotImplementedError, match="nosuch"):
        compute.Mandelbrot().setup("nosuch", "small")


def test_a_problem_that_a_commit_lacks_is_skipped() -> None:
    with pytest.raises(NotImplementedError, match="nosuch"):
        compute.Mandelbrot().setup("python", "nosuch")


def test_a_commit_without_the_subject_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    # None makes the import fail, as it would where the package is not there.
    monkeypatch.setitem(sys.modules, "implementations.workload", None)
    with pytest.raises(NotImplementedError, match="lacks the subject"):
        compute.Mandelbrot().setup("python", "small")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with asv's configuration, for a repository of one commit, and a home for asv."""
    settings = vars(configuration()) | {
        "version": Config.api_version,
        "repo": str(tmp_path),
        "benchmark_dir": str(ROOT / "benchmarks"),
    }
    (tmp_path / CONFIG_FILE.name).write_text(json.dumps(settings), encoding="utf-8")
    author = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        [*author, "commit", "--quiet", "--allow-empty", "--message=the only one"],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    return tmp_path


# Several commands in one process: each loads the same for a third of a second.
ONE_BY_ONE = """
import json, sys
from asv.main import main
for words in json.loads(sys.argv.pop()):
    sys.argv[1:] = words
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
"""


def asv(folder: Path, *commands: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONE_BY_ONE, json.dumps(commands)],
        cwd=folder,
        # asv drops PYTHONPATH; the subject is found also where it is not installed.
        env=os.environ | {"HOME": str(folder), "ASV_PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "variants",
    [
        pytest.param(
            OF_EACH_KIND,
            marks=pytest.mark.thorough(
                "test_asv_times_the_suite_and_publishes_the_pages",
                "test_every_benchmark_runs_at_its_smallest_size",
            ),
        ),
        # What is compiled ahead is measured no slower than it is loaded.
        OF_EACH_KIND[1:2],
    ],
    ids="-".join,
)
def test_asv_times_the_suite_and_publishes_the_pages(
    elsewhere: Path, variants: tuple[str, ...]
) -> None:
    """Above, all of them run."""
    small = rf"compute\.Mandelbrot\.time_grid\('({'|'.join(variants)})', 'small'\)"
    run = ["run", "--python=same", "--quick", "--set-commit-hash=HEAD", f"--bench={small}"]
    asv(elsewhere, ["machine", "--yes"], run, ["publish"])
    pages = elsewhere / ".asv" / "html"
    assert (pages / "index.html").is_file()
    (graph,) = pages.glob("graphs/Cython-*/**/compute.Mandelbrot.time_grid.json")
    ((_, seconds),) = json.loads(graph.read_text(encoding="utf-8"))
    calls = itertools.product(compute.VARIANTS, compute.SIZES)
    timed = dict(zip(calls, seconds, strict=True))
    for variant in variants:
        assert timed[variant, "small"] > 0

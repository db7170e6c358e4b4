"""implementations/cuda_mandel.py without a GPU: a point's arithmetic as C++, stretches, refusals.

What needs a card is in ``scripts/try-cuda``.
"""

import ctypes
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from implementations import cuda_mandel, registry
from implementations.problems import WINDOW, Problem, Window
from implementations.registry import Unavailable
from scripts.try_cuda import command
from scripts.try_cuda.checks import PROBLEMS
from tests.oracle.escape_time import height

# Compiled, so that no type checker knows what is in it.
point_by_point: Any = importlib.import_module("implementations.memoryview_mandel").compute_mandel

ROOT = Path(__file__).parents[2]
HOST = r"""
#include <cmath>
#include <cstdint>
#include <cstring>
#define DEVICE static inline
static inline bool same(double a, double b) { return !std::memcmp(&a, &b, sizeof a); }
static inline unsigned upper_half(double a) {
    uint64_t all;
    std::memcpy(&all, &a, sizeof a);
    return all >> 32;
}
#define SAME(a, b) same(a, b)
#define UPPER_HALF(a) upper_half(a)
#define FUSED(a, b, c) fma(a, b, c)
#define UNROLL
#define BLOCK {block}
#define PROBE {probe}
{point}
static unsigned counter;
extern "C" long long every_step(double cx, double cy, long long steps) {
    return escape<false>(cx, cy, steps, &counter);
}
extern "C" long long skipping(double cx, double cy, long long steps) {
    return escape<true>(cx, cy, steps, &counter);
}
extern "C" long long stopped(double cx, double cy, long long steps) {
    counter = STOPPED;
    const long long found = escape<false>(cx, cy, steps, &counter);
    counter = 0;
    return found;
}
"""


@pytest.fixture(scope="module")
def on_host(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("cuda")
    text = HOST.replace("{block}", str(cuda_mandel.BLOCK)).replace("{point}", cuda_mandel.POINT)
    text = text.replace("{probe}", str(cuda_mandel.PROBE))
    (folder / "point.cpp").write_text(text)
    flags = ["-O1", "-std=c++17", "-ffp-contract=off", "-shared", "-fPIC"]
    done = subprocess.run(
        ["c++", *flags, "point.cpp", "-o", "point.so"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    library = ctypes.CDLL(str(folder / "point.so"))
    for name in ("every_step", "skipping", "stopped"):
        function = getattr(library, name)
        function.argtypes = (ctypes.c_double, ctypes.c_double, ctypes.c_longlong)
        function.restype = ctypes.c_longlong
    return library


SMALL = [
    pytest.param(min(n_x, 33), min(n_y, 29), min(steps, 1500), window, id=name)
    for name, n_x, n_y, steps, window in PROBLEMS
]


@pytest.mark.parametrize(("width", "height", "steps", "window"), SMALL)
def test_a_point_is_right_with_blocks_and_marks(
    on_host: ctypes.CDLL, width: int, height: int, steps: int, window: Window
) -> None:
    # Which tests of its own hold to the definition, in less time than Python takes for that.
    expected = point_by_point(width, height, steps, window)
    with np.errstate(all="ignore"):
        x_vals = np.linspace(window[0], window[1], width).tolist()
        y_vals = np.linspace(window[2], window[3], height).tolist()
    for function in (on_host.every_step, on_host.skipping):
        found = [[function(x, y, steps) for y in y_vals] for x in x_vals]
        assert np.array_equal(np.array(found), expected)


def test_an_orbit_whose_x_repeats_before_it_escapes_is_followed(on_host: ctypes.CDLL) -> None:
    # docs/ladder.md, lanes_skip: x is on a circle for a thousand steps, y grows.
    assert on_host.skipping(-1.7903274919993457, 5e-324, 5000) == 1701


def test_no_operand_of_the_blocks_falls_below_the_normal_numbers_unnoticed(
    on_host: ctypes.CDLL,
) -> None:
    """Around the axes, where twice the orbit would have other bits."""
    generator = np.random.default_rng(19)
    exponents = generator.integers(-1074, 1, size=(500, 2))
    points = np.ldexp(generator.uniform(-1, 1, size=(500, 2)), exponents)
    points[::2, 0] = generator.uniform(-2, 0.5, size=250)
    for x, y in points.tolist():
        assert on_host.every_step(x, y, 2000) == height(x, y, 2000)


@pytest.mark.parametrize("point", [(-0.1, 0.1), (-0.1, 0.0), (-2.0 + 2e-13, 0.0)])
def test_what_is_no_longer_wanted_is_left_after_some_steps(
    on_host: ctypes.CDLL, point: tuple[float, float]
) -> None:
    assert on_host.stopped(*point, 2**31 - 1) < 2**20


def test_a_launch_has_as_many_columns_as_it_may() -> None:
    assert cuda_mandel.longest_stretch(320, 240, 255) == 320
    assert cuda_mandel.longest_stretch(1920, 1080, 1000) == 768
    # 128 MiB.
    assert cuda_mandel.longest_stretch(50_000, 2**15, 255) == 2**9
    assert cuda_mandel.longest_stretch(101, 2**30, 255) == 1
    # A second on a slow card.
    assert cuda_mandel.longest_stretch(101, 9, 2**31 - 1) == 7
    assert cuda_mandel.longest_stretch(1, 1, 0) == 1


@pytest.mark.parametrize("n_x", [1, 2, 3, 1919, 1920])
@pytest.mark.parametrize("longest", [1, 2, 3, 768, 1920, 5000])
def test_launches_cover_every_column_once(n_x: int, longest: int) -> None:
    found = cuda_mandel.stretches(n_x, longest)
    assert [column for first, end in found for column in range(first, end)] == list(range(n_x))
    assert all(0 < end - first <= longest for first, end in found)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    cuda_mandel.cupy.cache_clear()
    monkeypatch.setattr(cuda_mandel, "kernel", cuda_mandel.kernel.__wrapped__)
    return monkeypatch


def test_without_cupy_it_says_what_to_install(fresh: pytest.MonkeyPatch) -> None:
    fresh.setitem(sys.modules, "cupy", None)
    with pytest.raises(Unavailable, match=r"pip install 'hotloop\[cuda\]'"):
        cuda_mandel.compute_mandel(3, 2, 5)


def _cupy(count: Any) -> ModuleType:
    module = ModuleType("cupy")
    module.cuda = SimpleNamespace(runtime=SimpleNamespace(getDeviceCount=count))  # type: ignore[attr-defined]
    return module


def _no_driver() -> int:
    raise RuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient")


@pytest.mark.parametrize(
    ("count", "said"), [(_no_driver, "no GPU for CUDA here: cudaErrorIns"), (lambda: 0, "no GPU")]
)
def test_without_a_gpu_it_says_so(fresh: pytest.MonkeyPatch, count: Any, said: str) -> None:
    fresh.setitem(sys.modules, "cupy", _cupy(count))
    with pytest.raises(Unavailable, match=said):
        cuda_mandel.compute_mandel(3, 2, 5)


def test_arguments_are_refused_before_a_gpu_is_looked_for(fresh: pytest.MonkeyPatch) -> None:
    fresh.setitem(sys.modules, "cupy", None)
    with pytest.raises(ValueError, match="the steps N_iter must be from 0 to 2147483647"):
        cuda_mandel.compute_mandel(3, 2, 2**31)
    with pytest.raises(TypeError, match="the width N_x must be an integer"):
        cuda_mandel.compute_mandel(3.5, 2, 5)  # type: ignore[arg-type]


def test_it_is_a_rung_beyond_the_processor(fresh: pytest.MonkeyPatch) -> None:
    fresh.setitem(sys.modules, "cupy", None)
    with pytest.raises(Unavailable, match=r"cupy is not installed: pip install 'hotloop\[cuda\]'"):
        registry.load("cuda")


def test_the_script_ends_with_a_sentence_without_a_gpu(
    fresh: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.setitem(sys.modules, "cupy", None)
    assert command.main([str(tmp_path / "record.json")]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "try-cuda: cupy is not installed: pip install 'hotloop[cuda]'\n"
    assert list(tmp_path.iterdir()) == []


def test_the_script_starts() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "try-cuda"), "--help"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "the JSON file to write" in done.stdout


def test_every_window_of_the_checks_is_a_problem() -> None:
    assert [Problem(n_x, n_y, steps, window) for _, n_x, n_y, steps, window in PROBLEMS]
    assert WINDOW in [window for *_, window in PROBLEMS]

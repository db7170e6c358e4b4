"""implementations/cuda.py without a GPU: a point's arithmetic as C++, tiling, refusals, the script.

What needs a card is in ``scripts/try-cuda``; until it has passed, the file is no rung.
"""

import ctypes
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from implementations import cuda, registry
from implementations.problems import WINDOW, Problem, Window
from implementations.registry import Unavailable
from scripts.cuda import command
from scripts.cuda.checks import PROBLEMS
from tests.oracle.escape_time import heights

ROOT = Path(__file__).parents[2]
HOST = r"""
#include <cstring>
#define DEVICE static inline
static inline bool same(double a, double b) { return !std::memcmp(&a, &b, sizeof a); }
#define SAME(a, b) same(a, b)
#define UNROLL
#define BLOCK {block}
{point}
extern "C" long long every_step(double cx, double cy, long long steps) {
    return escape<false>(cx, cy, steps);
}
extern "C" long long skipping(double cx, double cy, long long steps) {
    return escape<true>(cx, cy, steps);
}
"""


@pytest.fixture(scope="module")
def on_host(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("cuda")
    text = HOST.replace("{block}", str(cuda.BLOCK)).replace("{point}", cuda.POINT)
    (folder / "point.cpp").write_text(text)
    flags = ["-O1", "-std=c++17", "-ffp-contract=off", "-shared", "-fPIC"]
    done = subprocess.run(
        ["c++", *flags, "point.cpp", "-o", "point.so"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    library = ctypes.CDLL(str(folder / "point.so"))
    for name in ("every_step", "skipping"):
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
    problem = Problem(width, height, steps, window)
    expected = heights(problem)
    with np.errstate(all="ignore"):
        x_vals = np.linspace(window[0], window[1], width).tolist()
        y_vals = np.linspace(window[2], window[3], height).tolist()
    for function in (on_host.every_step, on_host.skipping):
        found = [[function(x, y, steps) for y in y_vals] for x in x_vals]
        assert np.array_equal(np.array(found), expected)


def test_an_orbit_whose_x_repeats_before_it_escapes_is_followed(on_host: ctypes.CDLL) -> None:
    # docs/ladder.md, lanes_skip: x is on a circle for a thousand steps, y grows.
    assert on_host.skipping(-1.7903274919993457, 5e-324, 5000) == 1701


def test_parts_cover_every_column_once() -> None:
    for n_x, n_y, steps, free in ((7, 5, 9, 10**9), (7, 5, 9, 200), (101, 9, 2**31 - 1, 10**9)):
        found = list(cuda.parts(n_x, n_y, steps, free))
        assert [first for first, _ in found] == [
            sum(count for _, count in found[:place]) for place in range(len(found))
        ]
        assert sum(count for _, count in found) == n_x
        assert all(count * n_y * 8 <= free * cuda.MOST_OF_MEMORY for _, count in found)
    assert list(cuda.parts(1920, 1080, 1000, 10**9)) == [(0, 1920)]
    # At the most steps, a launch has one column.
    assert len(list(cuda.parts(101, 9, 2**31 - 1, 10**9))) == 101


def test_a_card_without_room_for_a_column_is_refused() -> None:
    with pytest.raises(MemoryError, match="hold no column of 1,000 pixels"):
        list(cuda.parts(3, 1000, 10, 100))


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    cuda.cupy.cache_clear()
    monkeypatch.setattr(cuda, "kernel", cuda.kernel.__wrapped__)
    return monkeypatch


def test_without_cupy_it_says_what_to_install(fresh: pytest.MonkeyPatch) -> None:
    fresh.setitem(sys.modules, "cupy", None)
    with pytest.raises(Unavailable, match=r"pip install 'cupy-cuda13x\[ctk\]'"):
        cuda.compute_mandel(3, 2, 5)


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
        cuda.compute_mandel(3, 2, 5)


def test_arguments_are_refused_before_a_gpu_is_looked_for(fresh: pytest.MonkeyPatch) -> None:
    fresh.setitem(sys.modules, "cupy", None)
    with pytest.raises(ValueError, match="the steps N_iter must be from 0 to 2147483647"):
        cuda.compute_mandel(3, 2, 2**31)
    with pytest.raises(TypeError, match="the width N_x must be an integer"):
        cuda.compute_mandel(3.5, 2, 5)  # type: ignore[arg-type]


def test_it_is_no_rung_yet() -> None:
    assert "cuda" not in {variant.name for variant in registry.VARIANTS}
    assert "NOT ON THE LADDER YET" in (cuda.__doc__ or "")


def test_the_script_ends_with_a_sentence_without_a_gpu(
    fresh: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.setitem(sys.modules, "cupy", None)
    assert command.main([str(tmp_path / "record.json")]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "try-cuda: cupy is not installed: pip install 'cupy-cuda13x[ctk]'\n"
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

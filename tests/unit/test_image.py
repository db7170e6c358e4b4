"""The picture: which way up, over which window, and what happens where it cannot be drawn."""

import sys
from pathlib import Path

import numpy as np
import pytest

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.compute import image
from hotloop.report import pictures

WINDOW = (-2.5, 0.5, -1.2, 1.2)


def test_the_first_index_runs_right_and_the_second_up(tmp_path: Path) -> None:
    imread = pytest.importorskip("matplotlib.image").imread
    heights = np.zeros((30, 20), dtype=np.int64)
    heights[:10, 10:] = 255  # the left third of the upper half
    file = tmp_path / "set.png"
    image.draw(heights, WINDOW, file)
    pixels = imread(file)[..., :3]
    # viridis ends in yellow: much red, much green, little blue.
    yellow = (pixels[..., 0] > 0.9) & (pixels[..., 1] > 0.8) & (pixels[..., 2] < 0.3)
    rows, columns = np.nonzero(yellow[:, : pixels.shape[1] * 3 // 4])  # without the colour bar
    assert rows.max() < pixels.shape[0] / 2
    assert columns.max() < pixels.shape[1] / 2


def test_the_axes_are_the_window() -> None:
    pytest.importorskip("matplotlib")
    axes, colour_bar = image.figure(np.zeros((3, 2), dtype=np.int64), WINDOW).axes
    assert (*axes.get_xlim(), *axes.get_ylim()) == WINDOW
    assert colour_bar.get_ylabel() == "escape step"


again = pytest.mark.thorough("test_any_window_can_be_drawn_and_the_name_says_the_format")


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("set.png", (-1e300, 1e300, -1e300, 1e300)),
        ("set.SVG", (0.0, 5e-324, 0.0, 5e-324)),
        ("set.pdf", WINDOW),
        *(
            pytest.param("set.png", window, marks=again)
            for window in (
                WINDOW,
                (0.0, 5e-324, 0.0, 5e-324),
                (-0.75, -0.75 + 1e-13, 0.1, 0.1 + 1e-13),
                (1.0, np.nextafter(1.0, 2.0), 0.0, 1.0),
                (-10.0, 10.0, 0.0, 1e-6),
            )
        ),
    ],
)
def test_any_window_can_be_drawn_and_the_name_says_the_format(
    tmp_path: Path, name: str, window: tuple[float, float, float, float]
) -> None:
    pytest.importorskip("matplotlib")
    pictures.check_can_draw(tmp_path / name)
    # All equal, over the usual window.
    heights = np.arange(12, dtype=np.int64).reshape(4, 3) * (window != WINDOW)
    image.draw(heights, window, tmp_path / name)
    starts = {"set.png": b"\x89PNG", "set.SVG": b"<?xml", "set.pdf": b"%PDF"}
    assert (tmp_path / name).read_bytes().startswith(starts[name])


@pytest.mark.parametrize("name", ["set", "set.gif", ".png"])
def test_another_format_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"the name must end in one of \.png, \.svg, \.pdf"):
        pictures.check_can_draw(Path(name))


def test_without_matplotlib_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install hotloop\[plot\]"):
        pictures.check_can_draw(Path("set.png"))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(MeasurementError, match=r"cannot write .*gone"):
        pictures.write(pictures.blank(), tmp_path / "gone" / "set.png")

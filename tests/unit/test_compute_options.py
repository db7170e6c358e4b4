"""What ``hotloop compute`` accepts, and the sentence for each thing that it does not."""

import argparse
import os
import sys
from pathlib import Path

import pytest

from hotloop import cli
from hotloop.base.errors import UsageError
from hotloop.compute import options as compute_options
from hotloop.compute.options import Options
from implementations.problems import RECIPE, WINDOW, Problem
from implementations.registry import VARIANTS

LADDER = tuple(variant.name for variant in VARIANTS)


def parse(*words: str) -> Options:
    parser = cli.Parser(prog="hotloop compute", allow_abbrev=False)
    compute_options.add_arguments(parser)
    return compute_options.parse_options(parser.parse_args(words))


def refusal(*words: str) -> str:
    with pytest.raises(UsageError) as refused:
        parse(*words)
    return str(refused.value)


def test_the_default_is_the_whole_ladder_on_the_recipe_s_problem() -> None:
    options = parse()
    assert options.variants == LADDER
    assert options.asked == ()
    assert options.problem == RECIPE
    assert options.seed is None
    assert not options.quiet
    assert (options.json, options.csv, options.markdown, options.image) == (None,) * 4


def test_every_option_has_its_effect(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    names = {name: tmp_path / f"result.{name}" for name in ("json", "csv", "markdown")}
    options = parse(
        *("python", "--size", "64x48", "--steps", "99", "--window=-1,0,-0.5,0.5"),
        *("--budget", "0.5", "--seed", "417", "--quiet", "--image", str(tmp_path / "set.png")),
        *(word for name, path in names.items() for word in (f"--{name}", str(path))),
    )
    assert options == Options(
        asked=("python",),
        variants=("python",),
        interpreters=(),
        problem=Problem(64, 48, 99, (-1.0, 0.0, -0.5, 0.5)),
        budget_s=0.5,
        seed=417,
        **names,
        image=tmp_path / "set.png",
        quiet=True,
    )


def test_variants_are_put_in_ladder_order() -> None:
    assert parse("numba", "python").variants == ("python", "numba")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["cyton"], "no variant is called 'cyton': did you mean cython or python?"),
        (["xyzzy"], "no variant is called 'xyzzy': the variants are python, hybrid, "),
        (["numba", "numba"], "numba is named 2 times; name each variant once"),
        (["--size=320"], "--size 320: give two whole numbers, width x height, as in 320x240"),
        (["--size=-1x4"], "--size -1x4: give two whole numbers"),
        (["--size=-1"], "--size -1: give two whole numbers"),
        (["--size=1e400"], "--size 1e400: give two whole numbers"),
        (["--size=3x4x5"], "--size 3x4x5: give two whole numbers"),
        (["--size=1.5x4"], "--size 1.5x4: give two whole numbers"),
        (["--size=²x4"], "--size ²x4: give two whole numbers"),
        (["--size=0x0"], "not 0 (--size 0x0 --steps 255 --window -2.5,0.5,-1.2,1.2)"),
        (["--size=4x0"], "the height N_y must be from 1 to 2147483647, not 0"),
        (["--size=1000000x1000000"], "a grid of 1000000 x 1000000 pixels needs up to"),
        ([f"--size={'9' * 5000}x1"], f"--size {'9' * 40}: give a whole number"),
        (["--steps=-1"], "--steps -1: give a whole number, 0 or more"),
        (["--steps=1.5"], "--steps 1.5: give a whole number"),
        (["--steps=1_000"], "--steps 1_000: give a whole number"),
        (["--steps=99999999999"], "the steps N_iter must be from 0 to"),
        (["--window=1,2,3"], "--window 1,2,3: give four numbers, XMIN,XMAX,YMIN,YMAX, not 3"),
        (["--window=1,2,3,4,5"], "give four numbers, XMIN,XMAX,YMIN,YMAX, not 5"),
        (["--window=a,2,3,4"], "--window: 'a' is not a number"),
        (["--window=1,,3,4"], "--window: '' is not a number"),
        (["--window=nan,0,0,1"], "the window must be finite, not (nan, 0.0, 0.0, 1.0)"),
        (["--window=-1e400,0,0,1"], "the window must be finite"),
        (["--window=1,0,0,1"], "the window must have x low < x high, not 1.0, 0.0"),
        (["--window=0,1,1,1"], "the window must have y low < y high, not 1.0, 1.0"),
        (["--budget=0"], "--budget 0: give a time in seconds above 0"),
        (["--budget=-1"], "--budget -1: give a time in seconds above 0"),
        (["--budget=nan"], "--budget nan: give a time in seconds above 0"),
        (["--budget=inf"], "--budget inf: give a time in seconds above 0"),
        (["--budget=soon"], "--budget: 'soon' is not a number"),
        (["--seed=-1"], "--seed -1: give a whole number, 0 or more"),
        (["--seed=x"], "--seed x: give a whole number"),
    ],
)
def test_what_cannot_be_is_refused_with_its_value(words: list[str], complaint: str) -> None:
    assert complaint in refusal(*words)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--size=1x7"], Problem(1, 7, 255, WINDOW)),
        (["--size=7X1"], Problem(7, 1, 255, WINDOW)),
        (["--steps=0"], Problem(320, 240, 0, WINDOW)),
        (["--window=-0.75,-0.7499999999999,0,1e-13"],
         Problem(320, 240, 255, (-0.75, -0.7499999999999, 0.0, 1e-13))),
    ],
)  # fmt: skip
def test_odd_problems_are_accepted(words: list[str], problem: Problem) -> None:
    assert parse(*words).problem == problem


def test_a_folder_that_is_not_there_is_found_before_measuring(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "result.json"
    said = refusal("--json", str(path))
    assert said == f"--json {path}: cannot write there (No such file or directory)"


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    assert refusal("--csv", str(tmp_path)).endswith("that is not a file; give a file's name")


def test_a_device_is_not_replaced_by_a_file() -> None:
    assert refusal("--csv", os.devnull).endswith("that is not a file; give a file's name")


@pytest.mark.parametrize("name", ["x" * 300 + ".json", "zero\0byte.json"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    assert "cannot write there (" in refusal("--json", str(tmp_path / name))


def test_a_folder_in_which_nobody_may_write_is_found() -> None:
    assert "--json /proc/result.json: cannot write there (" in refusal(
        "--json", "/proc/result.json"
    )


def test_the_trial_leaves_nothing_behind(tmp_path: Path) -> None:
    parse("--json", str(tmp_path / "result.json"))
    assert list(tmp_path.iterdir()) == []


def test_two_exports_to_one_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "result")
    said = refusal("--json", str(tmp_path / "result"), "--csv", str(tmp_path / "link"))
    assert said.endswith("link: another export goes to the same file")


def test_a_link_is_followed_to_its_file(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "result.json")
    assert parse("--json", str(tmp_path / "link.json")).json == tmp_path / "result.json"


def test_an_image_that_cannot_be_drawn_is_refused_before_measuring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "the name must end in one of" in refusal("--image", str(tmp_path / "set.bmp"))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install hotloop[plot]" in refusal("--image", str(tmp_path / "set.png"))


def test_values_stay_text_until_they_are_parsed() -> None:
    parser = argparse.ArgumentParser()
    compute_options.add_arguments(parser)
    defaults = parser.parse_args([])
    assert (defaults.size, defaults.window) == ("320x240", "-2.5,0.5,-1.2,1.2")

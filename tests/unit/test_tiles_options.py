"""What hotloop tiles refuses, in one sentence and before anything starts."""

import argparse
import sys
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from hotloop.tiles import options as tiles_options
from hotloop.tiles.options import Options


def parsed(*words: str) -> Options:
    parser = argparse.ArgumentParser()
    tiles_options.add_arguments(parser)
    return tiles_options.parse_options(parser.parse_args([*words, "--variant", "cython"]))


@pytest.fixture
def out(tmp_path: Path) -> str:
    return str(tmp_path / "heights.npy")


def test_everything_that_can_be_asked_for_arrives(out: str) -> None:
    words = "--size 70000x50000 --steps 9 --window 0,1,0,2 --tile 100x200 --workers 3 --check"
    options = parsed(*words.split(), "--out", out, "--memory-limit", "1.5GiB", "--quiet")
    picture = options.tiling.picture
    assert (picture.width, picture.height, picture.steps) == (70_000, 50_000, 9)
    assert picture.window == (0.0, 1.0, 0.0, 2.0)
    assert (options.tiling.width, options.tiling.height) == (100, 200)
    assert (options.workers, options.memory_limit_bytes) == (3, 3 * 2**29)
    assert options.out == Path(out)
    assert (options.check, options.quiet, options.scheduler) == (True, True, None)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("2GB", 2 * 10**9),
        ("2gb", 2 * 10**9),
        ("900 MB", 9 * 10**8),
        ("4G", 4 * 10**9),
        ("1TiB", 2**40),
        ("500000000", 5 * 10**8),
        ("0.5GB", 5 * 10**8),
    ],
)
def test_sizes_are_read_as_people_write_them(out: str, text: str, size_bytes: int) -> None:
    options = parsed("--out", out, "--tile", "64x64", "--memory-limit", text)
    assert options.memory_limit_bytes == size_bytes


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--size", "12"], "--size 12: give two whole numbers"),
        (["--size", "0x9"], "the width N_x must be from 1"),
        (["--size", "3000000000x9"], "the width N_x must be from 1 to 2147483647"),
        (["--tile", "0x9"], "the width N_x must be from 1 .*--tile 0x9"),
        (["--tile", "x"], "--tile x: give two whole numbers"),
        (["--steps", "-1"], "--steps -1: give a whole number"),
        (["--window", "1,0,0,1"], "x low < x high"),
        (["--workers", "0"], "--workers 0: give 1 or more"),
        (["--workers", "two"], "--workers two: give a whole number"),
        (["--memory-limit", "much"], "--memory-limit much: give a size as in 2GB"),
        (["--memory-limit", "1 iB"], "give a size as in 2GB"),
        (["--memory-limit=-1GB"], "give a size as in 2GB"),
        (["--size", "2000x2000", "--memory-limit", "300MB"], "with tiles of 2000x2000 a worker"),
        (["--scheduler", "host"], "--scheduler host: give an address as in tcp://host:8786"),
        (["--scheduler", "http://host:1"], "give an address as in tcp://host:8786"),
        (["--scheduler", "tcp://h:1", "--workers", "2"], "--workers is for workers started here"),
        (["--scheduler", "tcp://h:1", "--memory-limit", "2GB"], "--memory-limit is for workers"),
    ],
)
def test_nonsense_is_refused_with_its_value(out: str, words: list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parsed("--out", out, *words)


@pytest.mark.parametrize("address", ["tcp://10.0.0.7:8786", "tls://h.example:1", "tcp://[::1]:9"])
def test_a_schedulers_address_is_taken_as_it_is(out: str, address: str) -> None:
    assert parsed("--out", out, "--scheduler", address).scheduler == address


@pytest.mark.parametrize("name", ["heights.csv", "heights", ".npy"])
def test_a_form_that_is_not_known_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"the name must end in \.npy or \.zarr"):
        parsed("--out", str(tmp_path / name))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        parsed("--out", str(tmp_path / "no" / "heights.npy"))


def test_an_array_is_replaced_only_where_that_is_asked_for(out: str) -> None:
    Path(out).touch()
    with pytest.raises(UsageError, match="is there already: add --overwrite to replace it"):
        parsed("--out", out)
    assert parsed("--out", out, "--overwrite").out == Path(out)


def test_a_folder_that_is_no_array_is_never_replaced(tmp_path: Path) -> None:
    for name in ("mine.npy", "mine.zarr"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.txt").touch()
        with pytest.raises(UsageError, match="something else has that name"):
            parsed("--out", str(tmp_path / name), "--overwrite")
    (tmp_path / "mine.zarr" / "zarr.json").touch()
    assert parsed("--out", str(tmp_path / "mine.zarr"), "--overwrite").out.name == "mine.zarr"


@pytest.mark.parametrize(("package", "name"), [("distributed", "a.npy"), ("zarr", "a.zarr")])
def test_a_package_that_is_missing_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str, name: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    sentence = rf"^{package} is not installed: pip install hotloop\[dask\]$"
    with pytest.raises(UsageError, match=sentence):
        parsed("--out", str(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("fastes", "did you mean fastest"), ("jax", "jax is not installed|may differ")],
)
def test_a_variant_that_cannot_be_trusted_or_run_is_refused(
    out: str, name: str, sentence: str
) -> None:
    parser = argparse.ArgumentParser()
    tiles_options.add_arguments(parser)
    with pytest.raises(UsageError, match=f"--variant {name}: .*({sentence})"):
        tiles_options.parse_options(parser.parse_args(["--out", out, "--variant", name]))

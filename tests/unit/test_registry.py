import hashlib
import importlib
import sys
from dataclasses import replace
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from implementations import registry
from implementations.problems import Problem
from implementations.registry import (
    COMPILER,
    EXTENSION,
    LADDER,
    ON_A_GPU,
    OTHERS,
    STAND_INS,
    VARIANTS,
    Threads,
    Unavailable,
    Variant,
    get,
    load,
)
from implementations.workload import prepare

NEW = Variant(
    name="new",
    module="new_mandel",
    idea="a file of its own",
    needs=("numpy",),
    exact=True,
    threads=Threads.ONE,
)


def add(monkeypatch: pytest.MonkeyPatch, folder: Path, variant: Variant) -> None:
    """The entry that a new variant takes; its file is in the folder."""
    monkeypatch.setattr(registry, "VARIANTS", (*VARIANTS, variant))
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, variant.module, raising=False)


def test_the_ladder_starts_at_the_reference_and_keeps_its_order() -> None:
    names = [variant.name for variant in VARIANTS]
    first_six = ["python", "hybrid", "floats", "numpy", "cython", "numba"]
    assert [name for name in names if name in first_six] == first_six
    assert names[0] == registry.REFERENCE


def test_every_rung_is_exact_and_those_who_may_judge_are_rungs() -> None:
    assert all(variant.exact for variant in LADDER)
    assert set(STAND_INS) <= {variant.name for variant in LADDER}
    assert (*LADDER, *ON_A_GPU, *OTHERS) == VARIANTS


def test_every_variant_says_what_it_is() -> None:
    for variant in VARIANTS:
        assert variant.idea
        assert "numpy" in variant.needs
        assert get(variant.name) is variant


@pytest.mark.parametrize("name", [variant.name for variant in LADDER])
def test_every_rung_loads_here(name: str) -> None:
    assert callable(load(name))


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="no variant is called 'nubma': did you mean numba"):
        get("nubma")
    with pytest.raises(ValueError, match="'numb': did you mean numba or numpy"):
        load("numb")


def test_a_name_like_no_other_is_answered_with_all() -> None:
    names = ", ".join(variant.name for variant in VARIANTS)
    with pytest.raises(ValueError, match=f"the variants are {names}$"):
        get("cobol")


def test_a_variant_is_one_file_and_one_entry(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = Path(registry.__file__).with_name("floats_mandel.py")
    (tmp_path / "new_mandel.py").write_bytes(source.read_bytes())
    add(monkeypatch, tmp_path, NEW)
    assert prepare("new", Problem(3, 2, 10)).call().shape == (3, 2)


def test_a_variants_settings_are_handed_to_its_function(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "def compute_mandel(width, height, steps, window=None, threads=None): return threads\n"
    (tmp_path / "new_mandel.py").write_text(text, encoding="utf-8")
    add(monkeypatch, tmp_path, replace(NEW, settings=(("threads", 3),)))
    assert load("new")(3, 2, 10) == 3


def test_hybrid_is_the_compiled_module_and_python_is_not() -> None:
    for variant in LADDER:
        load(variant.name)
        file = importlib.import_module(variant.module).__file__
        assert file is not None
        compiled = any(file.endswith(suffix) for suffix in EXTENSION_SUFFIXES)
        assert compiled == (EXTENSION in variant.needs)


def test_a_missing_distribution_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "implementations.numba_mandel", raising=False)
    with pytest.raises(Unavailable, match=r"^numba is not installed: pip install numba$"):
        load("numba")


def test_an_extension_that_is_not_built_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add(monkeypatch, tmp_path, replace(NEW, needs=("numpy", EXTENSION)))
    with pytest.raises(Unavailable, match=r"^the extension new_mandel is not built: run"):
        load("new")


def test_an_extension_that_another_one_needs_is_named_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "import implementations.no_such_helpers\n"
    (tmp_path / "new_mandel.py").write_text(text, encoding="utf-8")
    add(monkeypatch, tmp_path, NEW)
    expected = "^the extension implementations.no_such_helpers is not built: run"
    with pytest.raises(Unavailable, match=expected):
        load("new")


def test_a_source_file_does_not_pass_for_its_extension(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "new_mandel.py").write_text("def compute_mandel(): ...\n", encoding="utf-8")
    add(monkeypatch, tmp_path, replace(NEW, needs=("numpy", EXTENSION)))
    with pytest.raises(Unavailable, match="is not built"):
        load("new")


def test_a_compiled_file_does_not_pass_for_its_source(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "new_mandel.py").write_text("def compute_mandel(): ...\n", encoding="utf-8")
    (tmp_path / f"new_mandel{EXTENSION_SUFFIXES[0]}").touch()
    add(monkeypatch, tmp_path, NEW)
    with pytest.raises(Unavailable, match="hides the source of its name: delete it"):
        load("new")


@pytest.mark.parametrize("note", [None, "", "one-word\n", "digest name and-more\n"])
def test_an_extension_of_unknown_source_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, note: str | None
) -> None:
    (tmp_path / f"new_mandel{EXTENSION_SUFFIXES[0]}").touch()
    if note is not None:
        (tmp_path / "new_mandel.sha256").write_text(note, encoding="utf-8")
    add(monkeypatch, tmp_path, replace(NEW, needs=("numpy", EXTENSION)))
    with pytest.raises(Unavailable, match=r"no note says what .* was built from: run"):
        load("new")


def test_an_extension_is_refused_once_its_source_has_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digest = hashlib.sha256(b"x = 1\n").hexdigest()
    (tmp_path / f"new_mandel{EXTENSION_SUFFIXES[0]}").touch()
    (tmp_path / "new_mandel.sha256").write_text(f"{digest}  source.py\n", encoding="utf-8")
    (tmp_path / "source.py").write_bytes(b"x = 2\n")
    add(monkeypatch, tmp_path, replace(NEW, needs=("numpy", EXTENSION)))
    with pytest.raises(Unavailable, match=r"^source\.py has changed since it was compiled: "):
        load("new")

    # With its source as it was, the empty file is found out only by the import.
    (tmp_path / "source.py").write_bytes(b"x = 1\n")
    with pytest.raises(Unavailable, match=r"^new_mandel cannot be imported: ImportError: "):
        load("new")


def test_every_file_that_an_extension_was_made_from_is_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digest = hashlib.sha256(b"x = 1\n").hexdigest()
    (tmp_path / f"new_mandel{EXTENSION_SUFFIXES[0]}").touch()
    note = f"{digest}  source.pyx\n{digest}  kernels/header.h\n"
    (tmp_path / "new_mandel.sha256").write_text(note, encoding="utf-8")
    (tmp_path / "source.pyx").write_bytes(b"x = 1\n")
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "header.h").write_bytes(b"x = 2\n")
    add(monkeypatch, tmp_path, replace(NEW, needs=("numpy", EXTENSION)))
    with pytest.raises(Unavailable, match=r"^kernels/header\.h has changed since it was compiled"):
        load("new")


def test_a_broken_installation_is_a_reason_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "raise ValueError('numpy.dtype size changed,\\n\\n  may indicate incompatibility')\n"
    (tmp_path / "new_mandel.py").write_text(text, encoding="utf-8")
    add(monkeypatch, tmp_path, NEW)
    with pytest.raises(Unavailable) as caught:
        load("new")
    assert str(caught.value) == (
        "new_mandel cannot be imported: "
        "ValueError: numpy.dtype size changed, may indicate incompatibility"
    )


def test_what_was_compiled_and_does_not_load_is_a_reason_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "def build(): raise OSError('x.so: GLIBC_2.99\\n  not found')\n"
    (tmp_path / "new_mandel.py").write_text(text, encoding="utf-8")
    add(monkeypatch, tmp_path, replace(NEW, needs=("numpy", COMPILER)))
    with pytest.raises(Unavailable) as caught:
        load("new")
    assert str(caught.value) == "new_mandel cannot be built: OSError: x.so: GLIBC_2.99 not found"


def test_numba_without_its_compiler_is_not_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    numba = pytest.importorskip("numba")
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    with pytest.raises(Unavailable, match="unset NUMBA_DISABLE_JIT"):
        load("numba")

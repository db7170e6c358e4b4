"""The ladder's list: complete, light, and clear about what is missing."""

import dataclasses
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from stream import registry
from stream.registry import VARIANTS, Unavailable, get, load

LIBRARIES = {"faust", "aiokafka", "confluent_kafka", "quixstreams", "faststream", "uvloop"}
VARIANTS_FOLDER = Path(registry.__file__).parent / "variants"


def test_the_ladder_has_its_order() -> None:
    assert [variant.name for variant in VARIANTS] == [
        "faust",
        "faust_uvloop",
        "faust_tuned",
        "faust_take",
        "faust_event",
        "faust_bulk",
        "faust_bulk_uvloop",
        "aiokafka",
        "aiokafka_batch",
        "confluent",
        "confluent_tuned",
        "quix",
        "faststream",
        "faststream_batch",
    ]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_module_is_named_after_its_variant_and_after_no_library(
    variant: registry.Variant,
) -> None:
    stem = variant.module.rpartition(".")[2]
    default = f"{variant.name}_default"
    assert stem == (default if variant.name in LIBRARIES else variant.name)
    assert (VARIANTS_FOLDER / f"{stem}.py").is_file()


def test_listing_the_ladder_imports_no_client() -> None:
    code = "import sys, stream.registry; print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=VARIANTS_FOLDER.parent.parent,
    ).stdout
    assert not LIBRARIES & set(printed.split())


def test_an_unknown_name_is_answered_with_what_comes_close() -> None:
    with pytest.raises(UsageError, match="did you mean faust_tuned"):
        get("faust_tunde")


def test_an_unknown_name_that_resembles_nothing_is_answered_with_the_list() -> None:
    with pytest.raises(UsageError, match="there are faust, faust_uvloop"):
        get("xyzzy")


def test_a_missing_client_is_a_reason_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(registry, "distribution", nothing)
    expected = r"^quixstreams is not installed: pip install 'hotloop\[peers\]'$"
    with pytest.raises(Unavailable, match=expected):
        load("quix")
    assert get("faust_uvloop").missing() == ("faust-streaming", "uvloop")


def test_a_client_that_does_not_import_costs_only_its_own_variant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = dataclasses.replace(get("aiokafka"), stem="nowhere", needs=())
    monkeypatch.setitem(registry._BY_NAME, "aiokafka", broken)
    with pytest.raises(Unavailable, match="aiokafka does not import: ModuleNotFoundError"):
        load("aiokafka")

"""``hotloop list``: what can run here, and why something cannot."""

import io
import json
import sys
import warnings
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from hotloop import cli
from hotloop.list import command as list_command
from hotloop.list.command import Listed, render
from implementations import registry
from implementations.others import mypyc_mandel


@dataclass(frozen=True)
class Variant:
    name: str
    idea: str
    needs: tuple[str, ...]


class Unavailable(Exception):
    pass


class OddRegistry(ModuleType):
    VARIANTS = (Variant("plain", "a loop", ("numpy",)), Variant("fast", "a JIT", ("numba", "llvm")))
    Unavailable = Unavailable

    def load(self, name: str) -> object:
        warnings.simplefilter("always", UserWarning)  # as some libraries do when imported
        warnings.warn("something will be different one day", UserWarning, stacklevel=2)
        if name == "fast":
            raise Unavailable("numba is not installed: pip install numba")
        return print


@pytest.fixture
def odd_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "odd_registry", OddRegistry("odd_registry"))
    monkeypatch.setattr(list_command, "SUBJECTS", {"odd": "odd_registry"})


def listed(*words: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    assert cli.main(["list", *words], out, err) == 0
    assert err.getvalue() == ""
    return out.getvalue()


@pytest.mark.usefixtures("odd_ladder")
def test_what_cannot_run_says_why() -> None:
    assert listed().splitlines() == [
        "odd    idea    needs  here",
        "plain  a loop  numpy  available",
        "fast   unavailable: numba is not installed: pip install numba",
    ]


@pytest.mark.usefixtures("odd_ladder")
def test_what_libraries_warn_of_is_not_shown() -> None:
    with warnings.catch_warnings(record=True) as shown:
        listed()
    assert shown == []


@pytest.mark.usefixtures("odd_ladder")
def test_json_tells_the_same() -> None:
    content = json.loads(listed("--json"))
    assert content["schema"] == list_command.SCHEMA
    assert content["subjects"]["odd"] == [
        {
            "name": "plain",
            "idea": "a loop",
            "needs": ["numpy"],
            "available": True,
            "reason": None,
        },
        {
            "name": "fast",
            "idea": "a JIT",
            "needs": ["numba", "llvm"],
            "available": False,
            "reason": "numba is not installed: pip install numba",
        },
    ]


def compute_ladder(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    registries = {"compute": list_command.SUBJECTS["compute"]}  # the other takes seconds to load
    monkeypatch.setattr(list_command, "SUBJECTS", registries)
    ladder: list[dict[str, Any]] = json.loads(listed("--json"))["subjects"]["compute"]
    assert [entry["name"] for entry in ladder] == [variant.name for variant in registry.VARIANTS]
    assert ladder[0]["available"]
    return ladder


def test_the_compute_ladder_is_listed_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    # Otherwise the list compiles what is compiled when it is first asked for.
    for variable in ("CC", "CXX"):
        monkeypatch.setenv(variable, "no-such-compiler")
    mypyc_mandel.build.cache_clear()
    reasons = {entry["name"]: entry["reason"] for entry in compute_ladder(monkeypatch)}
    assert "there is no C compiler (no-such-compiler)" in reasons["mypyc"]


@pytest.mark.thorough("unit/test_list.py::test_the_compute_ladder_is_listed_in_its_order")
def test_what_is_compiled_first_is_listed_as_available(monkeypatch: pytest.MonkeyPatch) -> None:
    available = {entry["name"]: entry["available"] for entry in compute_ladder(monkeypatch)}
    assert available["mypyc"]


def test_two_ladders_are_two_tables() -> None:
    entry = Listed("plain", "a loop", ("numpy",), available=True, reason=None)
    lines = [line.text for line in render({"one": (entry,), "two": (entry,)}, 80)]
    assert lines.count("") == 1
    assert lines[3].startswith("two ")

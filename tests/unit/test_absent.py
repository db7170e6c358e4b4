"""What is not installed and was not asked for: what would install it, in one line."""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hotloop.base.machine import read_machine
from hotloop.compute.command import DISTRIBUTIONS, _install
from hotloop.report.absent import not_installed
from implementations import registry

PROJECT = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text())["project"]


@dataclass(frozen=True)
class Row:
    name: str
    left_out: str | None


def test_one_line_names_them_by_what_installs_them() -> None:
    rows = [
        Row("jax", "pip a"),
        Row("rust", "pip a, and cargo"),
        Row("c", None),
        Row("mojo", "pip a"),
    ]
    assert not_installed(rows) == ["not installed: jax, mojo: pip a; rust: pip a, and cargo"]
    assert not_installed([Row("c", None)]) == []


def test_a_variant_without_its_package_says_its_extra_and_what_pip_does_not_bring() -> None:
    machine = read_machine(DISTRIBUTIONS)
    without = replace(machine, versions={**machine.versions, "maturin": None, "numba": None})
    assert _install(registry.get("numba"), without) == "pip install 'hotloop[compute]'"
    rust = "pip install 'hotloop[others]', and cargo, from rustup or the system"
    assert _install(registry.get("rust"), without) == rust
    assert _install(registry.get("cython"), without) is None


@pytest.mark.parametrize("variant", registry.VARIANTS, ids=lambda variant: variant.name)
def test_its_extra_brings_what_it_needs(variant: registry.Variant) -> None:
    extras = PROJECT["optional-dependencies"]
    brought = " ".join(PROJECT["dependencies"] + extras["compute"] + extras[variant.extra])
    for need in set(variant.needs) - {registry.EXTENSION, registry.COMPILER}:
        assert need in DISTRIBUTIONS
        assert need in brought

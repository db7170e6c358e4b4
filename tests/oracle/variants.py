"""The variants as parameters of tests; one that is no rung of every machine may be skipped."""

from pathlib import Path
from typing import Any

import pytest

from implementations.registry import (
    LADDER,
    OTHERS,
    VARIANTS,
    ComputeMandel,
    Unavailable,
    Variant,
    get,
    load,
)

# What libraries say of each other's future when they are imported.
_UNHEARD = pytest.mark.filterwarnings("ignore")

# Compiled when they are first asked for, which takes 10, 6 and 4 CPU seconds; cffi and c take one.
_COMPILED_AT_LENGTH = ("pybind11", "mypyc", "pythran")
_LATER = pytest.mark.thorough(
    "oracle/test_variants_others.py::test_an_ordinary_picture_is_right_or_nearly",
    "oracle/test_variants_arguments.py::test_a_bad_argument_is_refused_and_named",
)


def parameter(variant: Variant, value: object) -> Any:
    """``value`` for a test of ``variant``."""
    marks = [_UNHEARD] if variant in OTHERS else []
    marks += [_LATER] if variant.name in _COMPILED_AT_LENGTH else []
    return pytest.param(value, id=variant.name, marks=marks)


EVERY: list[Any] = [parameter(variant, variant.name) for variant in VARIANTS]
"""Every rung, and what stands beside the ladder."""


def loaded(name: str) -> ComputeMandel:
    """``registry.load``; a rung of every machine must be there, the others need not."""
    try:
        return load(name)
    except Unavailable as reason:
        if get(name) in LADDER:
            raise
        pytest.skip(str(reason))


def compiled_in(factory: pytest.TempPathFactory) -> Path:
    """Where this process of pytest's and those that it starts keep what numba has compiled."""
    return factory.getbasetemp() / "compiled"

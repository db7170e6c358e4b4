"""The variants as parameters of tests; one that is no rung of every machine may be skipped."""

from pathlib import Path
from typing import Any

import pytest

from implementations.registry import LADDER, OTHERS, VARIANTS, ComputeMandel, Unavailable, get, load

# What libraries say of each other's future when they are imported.
_UNHEARD = pytest.mark.filterwarnings("ignore")

EVERY: list[Any] = [
    pytest.param(variant.name, marks=_UNHEARD if variant in OTHERS else ()) for variant in VARIANTS
]
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

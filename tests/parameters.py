"""Parameters of tests that bear a mark."""

import pytest
from _pytest.mark.structures import ParameterSet


def marked(mark: pytest.MarkDecorator, *values: object) -> list[ParameterSet]:
    """One parameter for each value."""
    return [pytest.param(value, marks=mark) for value in values]

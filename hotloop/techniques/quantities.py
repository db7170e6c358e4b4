"""What ``hotloop try`` gives ``hotloop diff`` to compare."""

from collections.abc import Iterator

from hotloop.compare import quantities
from hotloop.report.quantities import Absent, Quantity
from hotloop.techniques.result import Attempt


def terms(result: Attempt) -> dict[str, str]:
    """What must be equal, so that two of them are of the same work."""
    return {"function": result.function, **quantities.terms(result.comparison)}


def entries(result: Attempt) -> Iterator[Quantity | Absent]:
    """The time of each technique, or why it has none."""
    return quantities.entries(result.comparison)

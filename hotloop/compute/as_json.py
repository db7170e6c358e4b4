"""The stored form itself: base units, full precision, every sample."""

from hotloop.compute.result import ComputeResult, to_json


def render(result: ComputeResult) -> str:
    """JSON text of the schema ``hotloop.compute/1``."""
    return to_json(result)

"""``hotloop compare``: any callables side by side: are they equal, and which is faster.

From Python::

    from hotloop.compare import Variant, compare
"""

# Not from ``typing``: each contender's process would import it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from hotloop.compare.api import Variant, compare
    from hotloop.compare.result import Comparison

__all__ = ["Comparison", "Variant", "compare"]

_HOMES = {"Comparison": "result", "Variant": "api", "compare": "api"}


def __getattr__(name: str) -> object:
    """The names of the API, loaded when they are asked for: contenders' processes need none."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)

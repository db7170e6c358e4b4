"""What is ``hotloop.timing``'s, from its files: a worker does not find hotloop's packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotloop.timing.rest import come_to_rest as come_to_rest
    from hotloop.timing.small_objects import SmallObjects as SmallObjects
else:
    import importlib.util
    from pathlib import Path

    def _load(name):
        file = Path(__file__).parents[2] / "timing" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"_hotloop_{name}", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    come_to_rest = _load("rest").come_to_rest
    SmallObjects = _load("small_objects").SmallObjects

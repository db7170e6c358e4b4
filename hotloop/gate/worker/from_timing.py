"""``hotloop.timing.small_objects``, from its file: a worker does not find hotloop's packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotloop.timing.small_objects import SmallObjects as SmallObjects
else:
    import importlib.util
    from pathlib import Path

    def _load():
        file = Path(__file__).parents[2] / "timing" / "small_objects.py"
        spec = importlib.util.spec_from_file_location("_hotloop_small_objects", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    SmallObjects = _load().SmallObjects

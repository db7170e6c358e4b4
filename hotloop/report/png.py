"""A chart's SVG as PNG, in its light colours, by resvg (https://github.com/linebender/resvg).

resvg knows neither variables of CSS nor media queries, so that both are settled beforehand.
"""

import importlib.util
import re
from pathlib import Path

from hotloop.base.errors import UsageError

# Points of the picture to one of the chart: sharp on fine screens.
ZOOM = 2
_DARK = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.DOTALL)
_VARIABLE = re.compile(r"(--[\w-]+):\s*([^;]+);")
_USED = re.compile(r"var\((--[\w-]+)\)")


def check_can_write() -> None:
    """Raise UsageError, before anything is read, if a library is missing."""
    missing = [name for name in ("resvg_py", "matplotlib") if not importlib.util.find_spec(name)]
    if missing:
        raise UsageError(f"--png needs {' and '.join(missing)}: pip install hotloop[plot]")


def rendered(alone: str) -> bytes:
    """The PNG of an SVG document that ``svg.alone`` made."""
    import resvg_py

    font = _font()
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=_settled(alone),
            zoom=ZOOM,
            background="white",
            font_files=[str(font)],
            sans_serif_family="DejaVu Sans",
        )
    )


def _settled(alone: str) -> str:
    """The document with the values of its variables, and without its dark colours."""
    light = _DARK.sub("", alone)
    values = dict(_VARIABLE.findall(light))
    named = _USED.sub(lambda use: values[use[1]], light)
    return named.replace("system-ui", "DejaVu Sans")


def _font() -> Path:
    """The letters that matplotlib brings, so that a picture needs none of the system's."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"

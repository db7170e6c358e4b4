"""Whether a folder configures pytest."""

import contextlib
from pathlib import Path

# Where pytest reads its settings, and what shows that a file has some.
SETTINGS = (
    ("pytest.toml", ""),
    (".pytest.toml", ""),
    ("pytest.ini", ""),
    (".pytest.ini", ""),
    ("pyproject.toml", "[tool.pytest"),
    ("tox.ini", "[pytest]"),
    ("setup.cfg", "[tool:pytest]"),
)


def settings_of(folder: Path) -> Path | None:
    """The file in ``folder`` that configures pytest; None: there is none."""
    for name, mark in SETTINGS:
        file = folder / name
        with contextlib.suppress(OSError, ValueError):
            if mark in file.read_text(encoding="utf-8"):
                return file
    return None

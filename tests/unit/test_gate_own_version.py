"""Code that asks for its own project's version, where nothing is installed."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hotloop.gate.build import here
from hotloop.gate.model import Revision, Side
from hotloop.gate.source import tree
from tests import tiny_project

PYPROJECT = "[project]\nname = 'Tiny.Tool'\n{}\n"
ASKS = "from importlib.metadata import version\nOLD = version('tiny-tool') < '2'\n"
KEEPS = "from importlib.metadata import version\n__version__ = version('tiny_tool')\n"


def doubts(
    folder: Path, base: Mapping[str, str], head: Mapping[str, str], code: Mapping[str, str]
) -> list[str]:
    """What is said of two commits that have ``code``, and files of their own."""
    folder.mkdir(exist_ok=True)
    tiny_project.git(folder, "init", "--quiet")
    (folder / "pyproject.toml").write_text(PYPROJECT.format(""))
    for side, files in zip(Side, (base, head), strict=True):
        own = {"pyproject.toml": PYPROJECT.format(""), "tiny/__init__.py": "", **code, **files}
        tiny_project.write(folder / side.value, own)
    commits = {side: Revision(side.value * 10, side.value, "") for side in Side}
    folders = {side: folder / side.value for side in Side}
    return here.contenders(tree.load(folder), commits, folders)[1]


def released(folder: Path, code: Mapping[str, str]) -> list[str]:
    """What is said where the version differs, as pyproject.toml has it."""
    base, head = ({"pyproject.toml": PYPROJECT.format(f"version = '{n}'")} for n in "12")
    return doubts(folder, base, head, code)


@pytest.mark.parametrize(
    "asks",
    [
        ASKS,
        "import importlib.metadata\nOLD = importlib.metadata.version('tiny-tool') < '2'\n",
        "from importlib import metadata as m\nOLD = m.version(distribution_name='Tiny.Tool')\n",
        "import importlib_metadata\nOLD = importlib_metadata.metadata(__package__)['Version']\n",
        "import pkg_resources\nOLD = pkg_resources.get_distribution(__name__).version < '2'\n",
        "from pkg_resources import get_distribution as g\ndef old(): return g('tiny').version\n",
        "from importlib.metadata import version as v\nDIST = 'tiny'\nOLD = v(DIST) < '2'\n",
        "from importlib.metadata import version as v\nOLD = v(__name__.partition('.')[0]) < '2'\n",
        f"{KEEPS}OLD = __version__.startswith('1.')\n",
        f"{KEEPS}OLD = int(__version__[0]) < 2\n",
        f"{KEEPS}from packaging.version import Version\nOLD = Version(__version__).major < 2\n",
        f"{KEEPS}import tiny\nOLD = tiny.__version__ < '2'\n",
    ],
)
def test_a_version_that_may_decide_what_the_code_does_is_a_doubt(tmp_path: Path, asks: str) -> None:
    (doubt,) = released(tmp_path, {"tiny/core.py": asks})
    assert "code: tiny/core.py asks for the project's version, which differs" in doubt
    assert doubt.endswith("leave out --environment here")


@pytest.mark.parametrize(
    "code",
    [
        KEEPS,
        f"{KEEPS}AGENT = f'tiny/{{__version__}}'\nprint('tiny ' + __version__)\n",
        f"{KEEPS}import numpy\nOLD = numpy.__version__ < '2'\n",
        "from importlib.metadata import version\n__version__ = version(__name__) or '0'\n",
        "from importlib.metadata import version\nAGENT = f\"tiny/{version('tiny')}\"\n",
        "from importlib.metadata import version\nOLD = version('numpy') < '2'\n",
        "from importlib.metadata import version\ndef of(package): return version(package)\n",
        "from importlib.metadata import version\nAGENT = 'tiny/' + version('tiny')\n",
        "from importlib.metadata import version\nshow(version=version('tiny'))\n",
        "import pkg_resources\n__version__ = pkg_resources.get_distribution('tiny').version\n",
        (
            "def __getattr__(name):\n    import importlib.metadata\n"
            "    found = importlib.metadata.version('tiny')\n    return found\n"
        ),
        "from importlib.metadata import entry_points\nPLUGINS = entry_points(group='tiny')\n",
        "__version__ = '1'\nOLD = __version__ < '2'\n",
        "def version(name): return name\nOLD = version('tiny')\n",
        "from importlib.metadata import version\nOLD = version('tiny'\n",
        "",
    ],
)
def test_a_version_that_is_only_kept_or_shown_is_none(tmp_path: Path, code: str) -> None:
    assert released(tmp_path, {"tiny/core.py": code}) == []


def test_what_only_tests_ask_for_is_none(tmp_path: Path) -> None:
    assert released(tmp_path, {"tiny/tests/test_x.py": ASKS, "tests/test_x.py": ASKS}) == []


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("pyproject.toml", "[tool.poetry]\nversion = '{}'\n"),
        ("setup.cfg", "[metadata]\nversion = {}\n"),
        ("setup.py", "from setuptools import setup\nsetup(version='{}')\n"),
        ("tiny/__about__.py", "__version__: str = '{}'\n"),
        ("tiny/__init__.py", "VERSION = ({}, 0)\n"),
        ("VERSION", "{}"),
        ("tiny/version.txt", "{}"),
    ],
)
def test_the_version_is_found_where_projects_keep_it(
    tmp_path: Path, file: str, content: str
) -> None:
    old, new = ({file: content.format(number)} for number in (1, 2))
    code = {"tiny/core.py": ASKS}
    assert len(doubts(tmp_path / "a", old, new, code)) == 1
    assert doubts(tmp_path / "b", new, new, code) == []


def test_settings_that_cannot_be_read_tell_no_version(tmp_path: Path) -> None:
    damaged = {"pyproject.toml": "damaged", "setup.cfg": "damaged", "setup.py": "version("}
    assert doubts(tmp_path, damaged, damaged, {"tiny/core.py": ASKS}) == []

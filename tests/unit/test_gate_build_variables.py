"""Which variables of the shell make another build of the same commit."""

from pathlib import Path

import pytest

from hotloop.gate.build.variables import fingerprint
from tests import tiny_project

FILES = {
    "setup.py": "import os\npure = os.environ.get('TINY_PURE') or os.environ['HOME']\n",
    "packaging/backend.py": "'TINY_NO_EXTENSIONS' in os.environ\n",
    "build_ext.py": "SKIP = os.environ.get('SKIP_CYTHON')\n",
    "tiny/__init__.py": "os.environ['TINY_DEBUG']\n",
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    tiny_project.git(folder, "init", "--quiet")
    tiny_project.commit(folder, "base", FILES)
    return folder


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("TINY_PURE", True),
        ("TINY_NO_EXTENSIONS", True),
        ("SKIP_CYTHON", True),
        ("CC", True),
        ("CFLAGS", True),
        ("CMAKE_ARGS", True),
        ("HATCH_BUILD_HOOKS_ENABLE", True),
        ("HOME", False),
        ("MAKEFLAGS", False),
        ("TINY_DEBUG", False),
        ("SSH_AUTH_SOCK", False),
    ],
)
def test_builds_depend_on_what_compilers_read_and_what_the_projects_settings_name(
    name: str, counts: bool, checkout: Path
) -> None:
    plain = fingerprint(checkout, {"LANG": "C"})
    assert fingerprint(checkout, {"LANG": "de"}) == plain
    assert (fingerprint(checkout, {"LANG": "C", name: "1"}) != plain) is counts

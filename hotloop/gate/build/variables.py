"""Variables of the shell that decide what a build makes.

A build of a commit is kept. If one of these has changed since, it is not what a build now would
make, and the other side's may be: a commit built without its extension, or with other flags, is
then compared with one built otherwise.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from hotloop.gate.build.differences import SETTINGS
from hotloop.gate.source.git import Git

# What compilers and build backends read, whatever the project's files say.
OF_BUILDS = re.compile(
    r"(CC|CXX|CPP|FC|AR|LD|LDSHARED|LDCXXSHARED|ARCHFLAGS|RUSTC\w*|SETUPTOOLS_\w+|DISTUTILS_\w+|"
    r"(?!MAKE|_)\w*FLAGS(_\w+)?|CMAKE_\w+|SKBUILD_\w+|HATCH_BUILD\w*|CYTHON\w*|MYPYC\w*)$"
)
# Settings name these, too, and they are another in each shell.
OF_SHELLS = frozenset(
    {"PATH", "HOME", "PWD", "OLDPWD", "SHELL", "TERM", "USER", "TMPDIR", "PYTHONPATH"}
)
NAME = re.compile(rb"[A-Z_][A-Z0-9_]{2,}")
# Scripts of builds that settings name: a backend in the repository, a function that poetry calls.
SCRIPT = re.compile(r"(^|/)(_?build\w*|packaging|_custom_build|[\w-]*backend\w*)(/.*)?\.py$")
# A file of settings is much shorter; a lock is not, and names no variables.
MOST_BYTES = 1 << 18


def fingerprint(checkout: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The same for builds of ``checkout`` for which all such variables are the same."""
    named = set(_named(checkout))
    found = {
        name: value
        for name, value in environment.items()
        if OF_BUILDS.match(name) or (name in named and name not in OF_SHELLS)
    }
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def _named(checkout: Path) -> Iterator[str]:
    """All words of the committed files that say how the project is built."""
    for path in Git(checkout).run("ls-files", "-z").split("\0"):
        file = checkout / path
        says_how = SETTINGS.search(path) or SCRIPT.search(path)
        if says_how and file.is_file() and file.stat().st_size < MOST_BYTES:
            for name in NAME.findall(file.read_bytes()):
                yield name.decode()

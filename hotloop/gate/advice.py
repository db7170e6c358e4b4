"""What to do about errors of asv, pip and others: their message, the cause and a remedy.

Patterns are searched in the message; the first that matches gives the advice, whose ``{0}`` is the
first group of the pattern. If the message itself is no help, the advice replaces it (``INSTEAD``).
"""

import re
from collections.abc import Iterable

Rule = tuple[str, str]

PIP_WHEEL = '"python -m pip wheel --no-deps -w {{build_cache_dir}} {{build_dir}}"'
# asv names a folder, or prints all of its variables.
INSTEAD: tuple[Rule, ...] = (
    (
        r"Found multiple wheels in",
        "build_command left more than one wheel, of the project's dependencies too, and asv "
        f"cannot tell which is the project's: --no-deps is missing, as in {PIP_WHEEL}",
    ),
    (
        r"\{wheel_file\} not available when substituting",
        "build_command left no wheel in {{build_cache_dir}}: let it write one there, as in "
        f"{PIP_WHEEL}, or let install_command do without {{{{wheel_file}}}}",
    ),
    (
        r"\{(\w*)\} not available when substituting",
        "a command of the configuration names {{{0}}}, which asv does not know; a brace of the "
        "command's own is written twice",
    ),
)
# Without an index pip finally says that there is no such package.
BEHIND: tuple[Rule, ...] = (
    (
        r"(?i)name resolution|failed to establish a new connection|Max retries exceeded|"
        r"Network is unreachable|Connection refused",
        "the package index cannot be reached; asv installs asv_runner and build from it: see "
        "PIP_INDEX_URL, or PIP_NO_INDEX with PIP_FIND_LINKS",
    ),
)
# These hold for every build, the others below for those of asv.
NO_PROGRAM: Rule = (
    r"Could not find '([^']+)' in",
    "install {0}, or put it on PATH",
)
NO_PACKAGE: Rule = (
    r"No matching distribution found for ([^\s;]+)|satisfies the requirement ([^\s;]+)",
    "pip finds no such package: is the name right, and the index, and is there one for this "
    "Python?",
)
NO_COMPILER: Rule = (
    r"command '[^']*(?:gcc|cc|clang|\+\+)[^']*' failed: No such file|"
    r"(?:gcc|cc|clang|\+\+): (?:command )?not found",
    "there is no C compiler: install one",
)
LOCAL_SUBMODULE: Rule = (
    r"transport 'file' not allowed",
    "a submodule lies on this machine: set GIT_ALLOW_PROTOCOL=file",
)
BUILD: tuple[Rule, ...] = (
    (
        r"Cannot import '([\w.]+)'|BackendUnavailable",
        "with --no-build-isolation the build's backend has to be in the environment: add it to "
        'the matrix, as in "req": {{"pip+setuptools": [""]}}, or leave that option out',
    ),
    (
        r"No module named '?(build|pip|wheel|virtualenv)\b",
        'add it to the matrix, as in "req": {{"pip+{0}": [""]}}, or leave the command that needs '
        "it out of build_command",
    ),
    (
        r"No module named '([\w.]+)'",
        "{0} has to be there when the project is built: name it in build-system.requires of "
        "pyproject.toml, or with --no-build-isolation in the matrix of asv's configuration",
    ),
    (
        r"requires a different Python",
        'the project does not take this Python: name another in "pythons"',
    ),
    NO_PACKAGE,
    NO_COMPILER,
    (
        r"is not a supported wheel on this platform",
        "the wheel was built with another Python than the environment's: begin the command with "
        "python, which asv takes from the environment",
    ),
    (
        r"setuptools[-_]scm was unable to detect version|cannot describe anything",
        "the version comes from a tag that no commit here has: fetch the tags, or set "
        'SETUPTOOLS_SCM_PRETEND_VERSION in the matrix, "env"',
    ),
    (
        r"does not appear to be a Python project|neither 'setup\.py' nor",
        '"repo_subdir" names the folder of the repository that is built',
    ),
    LOCAL_SUBMODULE,
    (
        r"already exists, but is not a mirror",
        "delete the gate's folder, which is made anew",
    ),
    (
        r"Environment type must be specified",
        'say which, as in "environment_type": "virtualenv"',
    ),
    (
        r"Unknown keys in \"matrix\"",
        'packages belong below "req", variables below "env" or "env_nobuild"',
    ),
    NO_PROGRAM,
)
ENVIRONMENT: tuple[Rule, ...] = (
    (
        r"No executable found for python (\S+)",
        'install Python {0}, put it on PATH, or name another in "pythons"',
    ),
    (r"virtualenv package not installed", "pip install virtualenv"),
    (
        r"Unknown environment type '([^']*)'",
        'is "environment_type" right, and the tool installed that it names?',
    ),
    *BUILD,
)
SUITE: tuple[Rule, ...] = (
    (
        r"No module named 'asv_runner'",
        "install asv_runner in that environment: pip install asv_runner",
    ),
    (
        r"No module named '([\w.]+)'",
        "{0} is not in the environment: what the suite imports is added to the matrix, as in "
        '"req": {{"pip+numpy": [""]}}; what the project needs, an install_command without '
        "--no-deps adds",
    ),
)

INSTALL: tuple[Rule, ...] = (
    (
        # Relative to where pip runs: not of the project's checkout, which may lack what it needs.
        r"is not a valid editable requirement|/gate/[ab](?: \(from.*\))? does not appear to be|"
        r"Directory '\.[^']*' is not installable|Invalid requirement: '\.",
        "a file of requirements may name no folder here, such as -e . or ../core: each side's "
        "project is installed as it was built; leave that line out, or have it installed in each "
        'side\'s checkout, as in --install "pip install -r requirements.txt"',
    ),
    (
        r"No module named '?ensurepip'?|ensurepip is not available",
        "this Python lacks what a virtual environment needs: install it (on Debian python3-venv), "
        "or name another with --python",
    ),
    (
        r"requires a different Python",
        "the project does not take this Python: name another with --python",
    ),
    NO_PACKAGE,
    NO_COMPILER,
    LOCAL_SUBMODULE,
    NO_PROGRAM,
    (
        r"setuptools[-_]scm was unable to detect version|cannot describe anything",
        "the version comes from a tag that no commit here has: fetch the tags, or set "
        "SETUPTOOLS_SCM_PRETEND_VERSION",
    ),
)
PYTEST: tuple[Rule, ...] = (
    (
        r"No module named '?pytest'?\b",
        "pytest is not in this environment: install it there, or name what the tests need with "
        "--install, --requirement, --extra or --group",
    ),
    (
        r"Missing required plugins: (.*)|No module named '([\w.]+)'",
        "{0}{1} is not in the environment: name what the tests need with --install, "
        "--requirement, --extra or --group",
    ),
    (
        r"unrecognized arguments: (.*)",
        "the plugin of {0} is not in the environment: install it, or leave the option out",
    ),
    (
        r"Unknown config option: (\S+)",
        "the plugin with this setting is not in the environment: name it with --install, "
        "--requirement, --extra or --group",
    ),
)


def advised(words: str, rules: Iterable[Rule], output: str = "") -> str:
    """``words`` with what to do about them, if that is known.

    ``output`` is searched if the words themselves do not help.
    """
    instead = _first(words, INSTEAD)
    if instead is not None:
        return instead
    known = tuple(rules)
    advice = _first(output, BEHIND) or _first(words, known) or _first(output, known)
    return words if advice is None else f"{words}; {advice}"


def _first(text: str, rules: Iterable[Rule]) -> str | None:
    for pattern, advice in rules:
        found = re.search(pattern, text)
        if found:
            return advice.format(*found.groups(""))
    return None

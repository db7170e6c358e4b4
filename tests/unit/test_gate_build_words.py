"""One line out of a failed build's many, and who gets which slot."""

import errno
import os
import re
from pathlib import Path

import pytest
from asv.util import TIMEOUT_RETCODE, ProcessError, UserError

from hotloop.gate.advice import BEHIND, ENVIRONMENT, INSTALL, INSTEAD, PYTEST, SUITE, advised
from hotloop.gate.build import builds, process
from hotloop.gate.build.reasons import reason_of
from hotloop.gate.model import Contender, Revision, Side
from hotloop.gate.source import project
from tests import tiny_project

PIP = ["/some/where/bin/python", "-m", "pip", "wheel", "-w", "x"]
SYNTAX = """
  error: subprocess-exited-with-error
  × Getting requirements to build wheel did not run successfully.
  │ exit code: 1
  ╰─> [3 lines of output]
      File "setup.py", line 1
      SyntaxError: invalid syntax
      [end of output]
  note: This error originates from a subprocess, and is likely not a problem with pip.
ERROR: Failed to build 'file:///x' when getting requirements to build wheel
"""
METADATA = """
      ValueError: sorry
      [end of output]
error: metadata-generation-failed
× Encountered error while generating package metadata.
╰─> from file:///x
hint: See above for details.
"""
COMPILER = """
      c.c:1:9: error: 'y' undeclared here (not in a function)
          1 | int x = y;
      error: Command '['gcc', '-c', 'c.c']' returned non-zero exit status 1.
      [end of output]
  note: This error originates from a subprocess, and is likely not a problem with pip.
  ERROR: Failed building wheel for tiny
ERROR: Failed to build one or more wheels
"""
NO_COMPILER = """
      building 'tiny.fast' extension
      error: [Errno 2] No such file or directory: '/no/such/compiler'
      [end of output]
  ERROR: Failed building wheel for tiny
ERROR: Failed to build one or more wheels
"""
INVALID = """
  WARNING: Built wheel for tiny is invalid: unexpected file name: expected '1', got '1+dirty'
ERROR: Failed to build one or more wheels
"""
FAILED = "python -m pip wheel ended with exit code 1: "


@pytest.mark.parametrize(
    ("code", "stdout", "stderr", "reason"),
    [
        (1, "", SYNTAX, FAILED + "SyntaxError: invalid syntax"),
        (1, "", METADATA, FAILED + "ValueError: sorry"),
        (1, "", COMPILER, FAILED + "c.c:1:9: error: 'y' undeclared here (not in a function)"),
        (1, "", NO_COMPILER,
         FAILED + "error: [Errno 2] No such file or directory: '/no/such/compiler'"),
        (1, "", INVALID, FAILED + "WARNING: Built wheel for tiny is invalid: unexpected "
         "file name: expected '1', got '1+dirty'"),
        (1, "a.c:3: error: no such type\n", "ERROR: Failed building wheel for tiny\n",
         FAILED + "a.c:3: error: no such type"),
        (2, "one\ntwo\n", "", "python -m pip wheel ended with exit code 2: two"),
        (3, "", "", "python -m pip wheel ended with exit code 3"),
        (-9, "", "", "python -m pip wheel was killed by SIGKILL"),
        (1, "", "OSError: [Errno 28] No space left on device\nlater\n",
         "the disk is full (python -m pip wheel: No space left on device)"),
        (TIMEOUT_RETCODE, "", "",
         'python -m pip wheel said nothing for longer than "install_timeout" allows'),
    ],
)  # fmt: skip
def test_the_telling_line_of_a_failed_command(
    code: int, stdout: str, stderr: str, reason: str
) -> None:
    assert reason_of(ProcessError(PIP, code, stdout, stderr)) == reason


def test_other_errors_keep_their_words_in_one_line() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x")
    assert reason_of(full) == "No space left on device (/x)"
    assert reason_of(ValueError("two\n lines")) == "two lines"
    assert reason_of(ValueError()) == "ValueError"


BACKEND = """
  File "/e/pip/_vendor/pyproject_hooks/_impl.py", line 402, in _call_hook
    raise BackendUnavailable(
pip._vendor.pyproject_hooks._impl.BackendUnavailable: Cannot import 'hatchling.build'
"""


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (UserError("Found multiple wheels in f/a/b. Cannot decide correct one"), "--no-deps is"),
        (UserError("Configuration error: {wheel_file} not available when substituting into "
                   "command 'x' Available: {'conf_dir': '/x'}"), "left no wheel in {build_cache"),
        (UserError("Configuration error: {x} not available when substituting into"), "names {x},"),
        (ProcessError(PIP, 2, "", BACKEND), "with --no-build-isolation the build's backend"),
        (ProcessError(PIP, 1, "", "/e/bin/python: No module named build\n"), '"pip+build"'),
        (ProcessError(PIP, 1, "", "    ModuleNotFoundError: No module named 'Cython'\n"),
         "Cython has to be there when the project is built"),
        (ProcessError(PIP, 1, "", "WARNING: Retrying after connection broken by NewConnectionError"
                      "('Failed to establish a new connection: [Errno -3] Temporary failure in name"
                      " resolution')\nERROR: No matching distribution found for asv_runner\n"),
         "the package index cannot be reached"),
        (ProcessError(PIP, 1, "", "ERROR: No matching distribution found for nosuch==9\n"),
         "pip finds no such package"),
        (ProcessError(PIP, 1, "", "ERROR: Package 'x' requires a different Python: 3.8 not in"),
         'name another in "pythons"'),
        (ProcessError(PIP, 1, "", "error: command 'gcc' failed: No such file or directory"),
         "install one"),
        (RuntimeError("Environment type must be specified"), '"environment_type": "virtualenv"'),
        (OSError("Could not find 'conda' in PATH"), "install conda, or put it on PATH"),
    ],
)  # fmt: skip
def test_what_asv_hands_on_without_advice_gets_some(error: Exception, advice: str) -> None:
    told = reason_of(error)
    assert advice in told
    assert "\n" not in told


def test_all_advice_can_be_given() -> None:
    for pattern, advice in (*INSTEAD, *BEHIND, *ENVIRONMENT, *SUITE, *INSTALL, *PYTEST):
        groups = re.compile(pattern).groups
        assert advice.format(*["x"] * groups)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: Package 'x' requires a different Python: 3.8 not in", "--python"),
        ("ERROR: No matching distribution found for nosuch==9", "pip finds no such package"),
        ("error: command 'gcc' failed: No such file or directory", "install one"),
        ("setuptools-scm was unable to detect version", "SETUPTOOLS_SCM_PRETEND_VERSION"),
        ("fatal: transport 'file' not allowed", "GIT_ALLOW_PROTOCOL"),
        ("ERROR: ../core is not a valid editable requirement. It", "may name no folder"),
        (
            "ERROR: file:///x/gate/b (from -r /x/r.txt (line 1)) does not appear to be a Python",
            "may name no folder",
        ),
        ("ERROR: Directory '.' is not installable. Neither", "may name no folder"),
    ],
)
def test_advice_for_tests_names_nothing_of_asvs(said: str, advice: str) -> None:
    told = advised(said, INSTALL)
    assert advice in told
    for rule in INSTALL:
        assert not re.search(r'asv|matrix|"[a-z]+_?[a-z]+"', rule[1])


def test_a_project_that_cannot_be_installed_is_not_blamed_on_requirements() -> None:
    said = "ERROR: Directory '/x/gate/b/checkout' is not installable. Neither 'setup.py' nor"
    assert advised(said, INSTALL) == said


X, Y, Z = "x" * 40, "y" * 40, "z" * 40


@pytest.mark.parametrize(
    ("held", "base", "head", "slots"),
    [
        ((None, None), X, Y, ("a", "b")),
        ((X, Y), X, Y, ("a", "b")),
        ((X, Y), Y, X, ("b", "a")),
        # The next commit: what was head is base now, and stays where it is.
        ((X, Y), Y, Z, ("b", "a")),
        ((X, Y), X, Z, ("a", "b")),
        ((X, Y), Z, Y, ("a", "b")),
        ((X, None), Z, X, ("b", "a")),
        ((X, X), X, X, ("a", "b")),
    ],
)
def test_the_slots_are_given_so_that_least_is_built(
    held: tuple[str | None, ...], base: str, head: str, slots: tuple[str, ...]
) -> None:
    commits = {
        side: Revision(commit, "name", "subject")
        for side, commit in ((Side.BASE, base), (Side.HEAD, head))
    }
    assigned = builds.assign(commits, dict.fromkeys(Side, held))
    assert (assigned[Side.BASE], assigned[Side.HEAD]) == slots


def test_environments_that_are_missing_are_one_warning(tmp_path: Path) -> None:
    folder = tiny_project.make(tmp_path)
    made = [
        Contender(side, Revision(X, "name", "subject"), side.value, tmp_path, tmp_path)
        for side in Side
    ]
    for missing, more in ((1, ""), (3, ", and 2 more like it")):
        reasons = tuple(f"no python 3.9{number}" for number in range(missing))
        choice = builds.Choice("py3", (), True, (), reasons)
        (warning,) = builds._warnings(project.load(folder), made, choice)
        assert warning.endswith(f"is available, py3 was taken: no python 3.90{more}")


def test_both_slots_have_paths_of_one_length() -> None:
    assert len({len(str(Path("gate", slot))) for slot in builds.SLOTS}) == 1


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Building 1a2b3c4d <hotloop-gate-head> for virtualenv-py3.11-numpy2", "Building 1a2b3c4d"),
        ("Building 1a2b3c4d <main~3> for virtualenv-py3.11-numpy2", "Building 1a2b3c4d <main~3>"),
        ("Installing requirements for virtualenv-py3.11-numpy2", "Installing requirements"),
        ("Uninstalling from virtualenv-py3.11-numpy2", "Uninstalling"),
    ],
)
def test_progress_leaves_out_the_environment_and_the_gates_own_names(said: str, shown: str) -> None:
    assert process._plain(said, "virtualenv-py3.11-numpy2") == shown

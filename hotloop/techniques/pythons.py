"""Other interpreters: those that were named, else PyPy and newer Pythons that are found and run."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.base.errors import UsageError
from hotloop.compare.contenders import told_by

# In the order in which rows are shown.
NAMES = ("pypy3", "python3.13", "python3.14", "python3.14t", "python3.15", "python3.15t")
# Run in each of them, and in this one.
PROBE = """
import platform, sys, sysconfig
free = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
name = {"CPython": "Python"}.get(platform.python_implementation(), platform.python_implementation())
version = getattr(sys, "pypy_version_info", sys.version_info)
label = "%s %d.%d%s" % (name, version[0], version[1], free)
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A program, and how it is called: "PyPy 7.3", "Python 3.14t"."""

    program: str
    label: str


def interpreters(named: Sequence[str] | None) -> list[Interpreter]:
    """Those that were named, else those that are found. Raises UsageError for a named one."""
    programs = [program for name in NAMES if (program := shutil.which(name))]
    left_out = {_own_label()} if named is None else set()
    found: dict[str, Interpreter] = {}
    for program in programs if named is None else named:
        label = _label(program)
        if label is None and named is not None:
            raise UsageError(f"--python {program}: it is not a Python that runs")
        if label is not None and label not in left_out:
            found.setdefault(label, Interpreter(program, label))
    return list(found.values())


def _own_label() -> str:
    known: dict[str, str] = {}
    exec(PROBE, known)
    return known["label"]


def _label(program: str) -> str | None:
    """What it calls itself; None if it does not run."""
    told = told_by(program, f"{PROBE}print(label)")
    return (told and told.strip()) or None

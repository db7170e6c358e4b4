"""Which tests of a suite are benchmarks: collected in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ..own import json, os
from ..process import flush_output
from .suites import Suite, begin, file_of, identities
from .which import FIXTURES, how

# What a mark says about pytest-benchmark's and pytest-codspeed's own way of sampling.
OF_SAMPLING = frozenset(
    (
        "calibration_precision",
        "confidence",
        "cprofile",
        "disable_gc",
        "max_rounds",
        "max_time",
        "min_rounds",
        "min_time",
        "precision",
        "warmup",
        "warmup_iterations",
    )
)


def write_list(suite_file: str, file: str) -> None:
    """Write the benchmarks of a suite as JSON.

    ``benchmarks``: node id and file of each, ``failures``: why files could not be collected that
    may have some, ``skips``: why others skip themselves that may, ``deselected``: how many
    benchmarks the configuration leaves out, ``switched_off`` and ``options``: plugins and options
    of marks that mean nothing here, ``loaded``: the files of all modules, by name.
    """
    from .plugin import Plugin, run

    scratch = os.getcwd()
    begin(scratch)
    suite = Suite(suite_file)
    deselected: list[Any] = []

    def of_benchmarks(reasons: dict[str, str]) -> dict[str, str]:
        """Others may be doctests of modules, say."""
        places = {place: os.path.join(suite.folder, place) for place in reasons}
        return {place: reasons[place] for place in reasons if _may_have_one(places[place])}

    def collected(session: Any) -> None:
        found = [(name, item) for name, item in identities(session.items) if how(item)]
        options: set[str] = set()
        for _, item in found:
            for mark in item.iter_markers("benchmark"):
                options |= OF_SAMPLING & set(mark.kwargs)
        content = {
            "benchmarks": [
                {"name": name, "file": file_of(item, suite.folder)} for name, item in found
            ],
            "failures": of_benchmarks(plugin.failures) if found else plugin.failures,
            "skips": of_benchmarks(plugin.skips),
            "deselected": sum(1 for item in deselected if how(item)),
            "tests": len(session.items),
            "patterns": list(session.config.getini("python_files")),
            "switched_off": plugin.switched_off,
            "options": sorted(options),
            "configuration": _relative(session.config, suite.folder),
            "loaded": _loaded(),
        }
        Path(file).write_text(json.dumps(content), encoding="utf-8")
        flush_output()
        # Without the ends of other plugins: nothing was run.
        os._exit(0)

    class Listing(Plugin):
        """Also counts what is left out."""

        def pytest_deselected(self, items: Any) -> None:
            deselected.extend(items)

    plugin = Listing(collected, scratch)
    code = run(plugin, suite.folder, suite.arguments, suite.paths, scratch)
    flush_output()
    for name, why in plugin.failures.items():
        print(f"{name}: {why}", file=sys.stderr)
    flush_output()
    os._exit(code or 1)


def _may_have_one(place: str) -> bool:
    """Whether a file that was not imported to its end names the fixture or the mark; or a folder's.

    What cannot be read, as a class in a file, may.
    """
    try:
        text = Path(place).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return any(name in text for name in FIXTURES)


def _relative(config: Any, folder: str) -> str | None:
    """The file with pytest's configuration, relative to ``folder``; None: there is none."""
    file = getattr(config, "inipath", None) or getattr(config, "inifile", None)
    return None if file is None else os.path.relpath(str(file), folder)


def _loaded() -> dict[str, str]:
    found = {}
    for name, module in list(sys.modules.items()):
        try:
            file = object.__getattribute__(module, "__dict__").get("__file__")
        except AttributeError:
            continue
        if isinstance(file, str):
            found[name] = file
    return found

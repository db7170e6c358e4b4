"""The project around a drawn suite: where its package lies, how it is built and installed."""

import random
from dataclasses import dataclass

from scripts.fuzz_gate.draw import PACKAGE, Drawn

BENCHMARKS = "benchmarks"
# What a virtualenv has is enough, so that no build needs an index; a quarter of pip's time.
BUILD = (
    'python -c "import setuptools.build_meta as backend; '
    "backend.build_wheel(r'{build_cache_dir}')\""
)
FORCED = "in-dir={env_dir} python -m pip install --no-deps --force-reinstall {wheel_file}"
PLAIN = "in-dir={env_dir} python -m pip install {wheel_file}"
REMOVED = "return-code=any python -m pip uninstall -y {project}"


@dataclass(frozen=True, slots=True)
class Layout:
    """Files of both sides (path -> source), the configuration, and what was drawn.

    ``measures`` is False if the suite imports the checkout, so that the gate must refuse.
    """

    base: dict[str, str]
    head: dict[str, str]
    configuration: dict[str, object]
    oddities: tuple[str, ...]
    measures: bool


def lay_out(drawn: Drawn, env_dir: str) -> Layout:
    """A project for ``drawn``, a function of its seed; ``env_dir`` is shared by many of them."""
    chance = random.Random(f"layout {drawn.seed}")
    source = chance.choice(("", "src/"))
    is_package = chance.random() < 0.7
    distribution = chance.choice((PACKAGE, "fuzzed-core", "Fuzzed.Tools"))
    install, uninstall = chance.choice(((FORCED, ""), (PLAIN, REMOVED), (PLAIN, "")))
    oddities = [
        f"{source or './'}{PACKAGE}{'/' if is_package else '.py'}",
        f"distribution {distribution}",
        "reinstalls" if install == FORCED else "does not reinstall",
    ]
    suite = dict(drawn.suite)
    on_path = chance.random() < 0.15
    if on_path:
        oddities.append("the suite puts the checkout first on sys.path")
        first = "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parents[1]))\n"
        suite = {
            name: first + text if name != "__init__.py" else text for name, text in suite.items()
        }
    place = f"{source}{PACKAGE}/__init__.py" if is_package else f"{source}{PACKAGE}.py"
    shared = {"pyproject.toml": _pyproject(distribution, source, is_package)}
    shared |= {f"{BENCHMARKS}/{name}": text for name, text in suite.items()}
    stale = chance.random() < 0.2
    base, head = ({**shared, place: functions} for functions in drawn.functions)
    if stale and is_package:
        oddities.append("a module of base that head lacks")
        base[f"{source}{PACKAGE}/dropped.py"] = "VALUE = 1\n"
    configuration: dict[str, object] = {
        "version": 1,
        "project": chance.choice((PACKAGE, distribution, "Something Else")),
        "repo": ".",
        "environment_type": "virtualenv",
        "benchmark_dir": BENCHMARKS,
        "env_dir": env_dir,
        "results_dir": ".asv/results",
        "html_dir": ".asv/html",
        "build_command": [BUILD],
        "install_command": [install],
        "uninstall_command": [uninstall] if uninstall else [],
    }
    if chance.random() < 0.25:
        oddities.append("PYTHONHASHSEED of the configuration")
        configuration["matrix"] = {"env_nobuild": {"PYTHONHASHSEED": ["0"]}}
    # A flat layout's package can be imported from the checkout, and is then the same on both sides.
    return Layout(base, head, configuration, tuple(oddities), measures=not (on_path and not source))


def _pyproject(distribution: str, source: str, is_package: bool) -> str:
    what = f'packages = ["{PACKAGE}"]' if is_package else f'py-modules = ["{PACKAGE}"]'
    where = f'\npackage-dir = {{"" = "{source.rstrip("/")}"}}' if source else ""
    return (
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        f'[project]\nname = "{distribution}"\nversion = "1"\n[tool.setuptools]\n{what}{where}\n'
    )

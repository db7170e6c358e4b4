"""In which order, and beside which others, files of tests run: a plugin of pytest.

What is run together goes to one process of ``tests/side_by_side.py``, which then pays once for what
it needs: a broker, numba's compilations, SciPy's statistics, matplotlib.
"""

import pytest

# Files of these take minutes and are handed out first: what is short fills up the end. Those of the
# first wait most of their time, those of the second compute.
WAITING, COMPUTING = "broker", "processes"
# Files that begin alike go to the same process, first of their group. Those of
# brokers because of tests/broker/conftest.py; "variants" load all of them, which numba compiles in
# each process, "statistics" SciPy's, which take a second, "comparisons" start compilers and workers
# with numba, "tiles" dask, and "pictures" load matplotlib.
TOGETHER = {
    "tests/broker": (WAITING, ("tests/broker/test_",)),
    "brokers": (
        WAITING,
        tuple(f"tests/broker/apart/test_{name}" for name in ("asv_s", "faults", "stream")),
    ),
    "variants": (
        COMPUTING,
        ("tests/oracle/test_variants", "tests/test_asv.py", "tests/unit/test_list.py"),
    ),
    "statistics": (
        COMPUTING,
        (
            *("tests/oracle/test_interval_coverage.py", "tests/oracle/test_proportion.py"),
            *("tests/oracle/test_signed_rank.py", "tests/oracle/test_simulate.py"),
            *("tests/unit/test_error_rates.py", "tests/unit/test_gate_discoveries.py"),
            "tests/unit/test_interval.py",
        ),
    ),
    "comparisons": (
        COMPUTING,
        (
            *(f"tests/processes/test_{name}_" for name in ("compare", "try")),
            *(f"tests/processes/test_{name}.py" for name in ("compute_command", "traps")),
            "tests/processes/test_worker_set.py",
        ),
    ),
    "tiles": (COMPUTING, ("tests/processes/test_tiles_",)),
    "pictures": ("", ("tests/unit/test_image.py", "tests/unit/test_compute_output.py")),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand out the files that take minutes first, and those that wait among the others.

    Otherwise all processes wait at first, and all want the CPUs afterwards. What waits begins
    in the first half of them: nobody is to wait alone at the end.
    """
    files = list(dict.fromkeys(scope(item.nodeid) for item in items))
    groups: dict[str, list[str]] = {WAITING: [], COMPUTING: [], "": []}
    for file in files:
        folder = (file.split("/")[1:2] or [""])[0]
        name, _ = TOGETHER.get(file, (folder if folder in groups else "", ()))
        groups[name].append(file)
    for group in groups.values():
        group.sort(key=lambda file: file not in TOGETHER)
    place = {
        file: (name == "", index / len(group) / (2 if name == WAITING else 1))
        for name, group in groups.items()
        for index, file in enumerate(group)
    }
    items.sort(key=lambda item: place[scope(item.nodeid)])


def scope(nodeid: str) -> str:
    """The file of a test, or the name of those that it goes together with."""
    file = nodeid.partition("::")[0]
    return next((name for name, (_, begin) in TOGETHER.items() if file.startswith(begin)), file)

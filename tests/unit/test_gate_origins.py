"""Where modules came from, and what follows from that for a run."""

import importlib.util
import subprocess
import sys
import types
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate.model import Contender, Origin, Revision, Side
from hotloop.gate.pairs.origins import Origins, Stray
from hotloop.gate.worker import origin
from hotloop.timing.children import Lost
from tests.tiny_project import notes_readings

BASE, HEAD = Side.BASE, Side.HEAD
CHECKOUT = "/p/.asv/env/gate/suite-of-head/tiny/__init__.py"


class Answering:
    """A worker that has imported what it is told to have."""

    def __init__(self, found: Sequence[Stray], *before: object, kept: Sequence[str] = ()) -> None:
        self.asked: list[Mapping[str, object]] = []
        self._replies: list[object] = [*before, {"origins": [*map(list, found)], "kept": [*kept]}]

    def send(self, command: str, **arguments: object) -> None:
        assert command == "origins"
        self.asked.append(arguments)

    def receive(self, limit_s: float) -> object:
        return self._replies.pop(0)


def contender(side: Side) -> Contender:
    slot = Path("/p/.asv/env/gate/a/env" if side is BASE else "/p/.asv/env/gate/b/env")
    where = Origin(("tiny",), (str(slot / "lib"),), ("/p/.asv/env/gate", "/p"))
    commit = ("b" if side is BASE else "a") * 40
    return Contender(
        side, Revision(commit, "name", "subject"), "env", slot / "bin/python", Path("/s"), (), where
    )


def origins(**changes: object) -> Origins:
    return Origins({side: replace(contender(side), **changes) for side in (BASE, HEAD)})  # type: ignore[arg-type]


def test_two_commits_from_one_file_end_the_run() -> None:
    workers = {side: Answering([("tiny", CHECKOUT)]) for side in (BASE, HEAD)}
    with pytest.raises(
        MeasurementError, match=f"both sides import the project from one file: {CHECKOUT} "
    ):
        origins().check(workers)


def test_one_side_that_imports_anothers_code_ends_the_run() -> None:
    with pytest.raises(MeasurementError, match=r"base imports the project from .*, not what was"):
        origins().check({BASE: Answering([("tiny", CHECKOUT)]), HEAD: Answering([])})


@pytest.mark.parametrize("file", ["/home/me/.cache/made.py", "/p/.asv/env/gate/b/env/project/x.py"])
def test_what_is_nobodys_checkout_is_a_doubt_that_is_told_once(file: str) -> None:
    asked = origins()
    for _ in range(2):
        asked.check({BASE: Answering([]), HEAD: Answering([("tiny.x", file)])})
    (doubt,) = asked.doubts
    assert f"not shown that head ran its commit's code: tiny.x came from {file}" in doubt


def test_one_commit_on_both_sides_may_lie_in_one_file() -> None:
    asked = origins(revision=Revision("c" * 40, "name", "subject"))
    stray = ("tiny", "/opt/tiny/__init__.py")
    asked.check({side: Answering([stray]) for side in (BASE, HEAD)})
    assert len(asked.doubts) == 2


def test_an_answer_comes_after_what_a_failed_worker_still_owed() -> None:
    late = Answering([("tiny", CHECKOUT)], Lost("ValueError", "the call raised"), {"number": 1})
    with pytest.raises(MeasurementError, match="base imports"):
        origins().check({BASE: late, HEAD: Answering([], Lost("WorkerDied", "gone"))})


def test_a_script_of_a_timeraw_benchmark_is_run_for_the_question_once() -> None:
    asked = origins()
    workers = [{side: Answering([]) for side in (BASE, HEAD)} for _ in range(2)]
    for both in workers:
        asked.check(both, "suite.timeraw_x", raw=True)
    assert [both[HEAD].asked[0]["child"] for both in workers] == [True, False]


def test_strays_of_the_interpreter_of_a_script_are_told(tmp_path: Path) -> None:
    for place in ("roots", "shared"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "hl_tiny.py").touch()
    roots, shared = str(tmp_path / "roots"), str(tmp_path / "shared")

    def script(at: str) -> types.SimpleNamespace:
        script = "import hl_tiny", f"import os, sys; sys.path.insert(0, os.environ[{at!r}])"
        variables = {"ROOTS": roots, "SHARED": shared}
        return types.SimpleNamespace(func=lambda: script, _timeraw_env=variables)

    assert origin.strays_of_a_child(script("ROOTS"), (), ["hl_tiny"], [roots], []) == []
    (stray,) = origin.strays_of_a_child(script("SHARED"), (), ["hl_tiny"], [roots], [])
    assert stray == ["hl_tiny", f"{shared}/hl_tiny.py"]
    # Which the benchmark itself reports.
    assert origin.strays_of_a_child(script("NOWHERE"), (), ["hl_tiny"], [roots], []) == []


def test_code_that_both_run_from_one_file_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    own, shared = "/home/me/.cache/of_{}.so", "/home/me/.cache/it.so"
    files = {side: [own.format(side.value), shared, "/p/.asv/x.py"] for side in (BASE, HEAD)}
    asked = origins()
    workers = {side: Answering([], kept=files[side]) for side in (BASE, HEAD)}
    asked.check(workers)
    assert "/home/me/." in workers[HEAD].asked[0]["kept"]  # type: ignore[operator]
    (doubt,) = asked.doubts
    assert f"both sides run code from one file ({shared})" in doubt
    equal = origins(revision=Revision("c" * 40, "name", "subject"))
    equal.check({side: Answering([], kept=files[side]) for side in (BASE, HEAD)})
    assert equal.doubts == ()


def test_who_has_no_names_is_not_asked() -> None:
    workers = {side: Answering([]) for side in (BASE, HEAD)}
    origins(origin=Origin()).check(workers)
    assert [worker.asked for worker in workers.values()] == [[], []]


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`own` below a root, `own.lazy` and `foreign` elsewhere, `made` from no file."""
    for name, file in {
        "hl_own": "root/hl_own/__init__.py",
        "hl_own.lazy": "else/lazy.py",
        "hl_owner": "else/hl_owner.py",
        "hl_made": None,
    }.items():
        module = types.ModuleType(name)
        if file is not None:
            module.__file__ = str(tmp_path / file)
        monkeypatch.setitem(sys.modules, name, module)
    return tmp_path


def test_modules_below_a_name_are_told_that_lie_outside_of_the_roots(modules: Path) -> None:
    found = origin.strays(["hl_own", "hl_made"], [str(modules / "root")])
    assert found == [["hl_own.lazy", str(modules / "else/lazy.py")]]


def test_a_root_may_be_named_by_a_link(modules: Path) -> None:
    (modules / "link").symlink_to(modules / "root")
    (modules / "root").mkdir()
    assert origin.strays(["hl_made", "hl_own"], [str(modules / "link")]) == [
        ["hl_own.lazy", str(modules / "else/lazy.py")]
    ]


def test_a_module_is_not_woken_by_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sleeping(types.ModuleType):
        def __getattribute__(self, name: str) -> object:
            raise AssertionError("it was to sleep")

    monkeypatch.setitem(sys.modules, "hl_sleeping", Sleeping("hl_sleeping"))
    assert origin.strays(["hl_sleeping"], []) == []


# ---------------------------------------------------------------- files of the checkout


@pytest.mark.parametrize("name", ["link/core.py", "link/linked.py", "core.py"])
def test_functions_are_found_whose_module_is_gone(tmp_path: Path, name: str) -> None:
    file = tmp_path / "core.py"
    file.write_text("def work(): pass\n", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "linked.py").symlink_to(file)
    spec = importlib.util.spec_from_file_location("hl_by_path", tmp_path / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert origin.code_from([str(file), __file__ + "x"]) == [["hl_by_path", str(file)]]


def test_modules_without_functions_are_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("hl_constants")
    module.__file__ = "/p/constants.py"
    monkeypatch.setitem(sys.modules, "hl_constants", module)
    assert origin.code_from(["/p/constants.py"]) == [["hl_constants", "/p/constants.py"]]


def test_a_function_of_the_checkouts_project_ends_the_run() -> None:
    file = "/p/.asv/env/gate/suite-of-head/src/tiny/core.py"
    asked = origins(origin=replace(contender(HEAD).origin, own=(file,)))
    late = [Answering([("loaded", file)]), Answering([]), Answering([]), Answering([])]
    with pytest.raises(MeasurementError, match=f"project from one file: {file} "):
        asked.check({BASE: late[0], HEAD: late[1]}, "suite.time_x")
    asked.check({BASE: late[2], HEAD: late[3]}, "suite.time_x")
    assert [one.asked[0]["own"] for one in late] == [(file,), (file,), (), ()]


def test_files_that_were_read_are_told_by_any_process(tmp_path: Path) -> None:
    if not notes_readings(tmp_path):
        pytest.skip("a file system without times of access")
    files = [tmp_path / f"{name}.py" for name in ("imported", "read", "left", "never_there")]
    for file in files[:3]:
        file.write_text("", encoding="utf-8")
    command = [sys.executable, "-c", "import imported"]
    subprocess.run(command, cwd=tmp_path, check=True)
    before = files[0].stat().st_mtime_ns
    asked = origins(origin=Origin(own=(str(files[0]),), others=tuple(map(str, files[1:]))))
    at_first = asked.doubts
    assert at_first == ()
    assert files[0].stat().st_mtime_ns == before
    # By its compiled file, if that were left.
    subprocess.run(command, cwd=tmp_path, check=True)
    files[1].read_text(encoding="utf-8")
    (doubt,) = asked.doubts
    assert f"both sides read head's {files[0]} (and 1 more files), which differs at base" in doubt
    assert asked.remarks == ()


def test_other_files_that_were_read_are_told_and_doubted_by_nobody(tmp_path: Path) -> None:
    if not notes_readings(tmp_path):
        pytest.skip("a file system without times of access")
    file = tmp_path / "words.json"
    file.write_text("[]", encoding="utf-8")
    asked = origins(origin=Origin(data=(str(file),)))
    before = asked.remarks
    assert before == ()
    file.read_text(encoding="utf-8")
    (said,) = asked.remarks
    assert said.startswith(f"both sides read head's {file}, which differs at base: ")
    assert asked.doubts == ()


def test_files_of_data_that_a_side_has_for_itself_are_told_if_they_are_read(tmp_path: Path) -> None:
    if not notes_readings(tmp_path):
        pytest.skip("a file system without times of access")
    files = {}
    for side in (BASE, HEAD):
        for name in ("a", "b", "c", "left"):
            file = tmp_path / side.value / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(side.value, encoding="utf-8")
            files[side, name] = file
    asked = Origins(
        {
            side: replace(
                contender(side),
                origin=Origin(
                    own_data=tuple(
                        (str(files[side, n]), f"data/{n}") for n in ("c", "left", "b", "a")
                    )
                ),
            )
            for side in (BASE, HEAD)
        }
    )
    before = asked.remarks
    assert before == ()
    for side, name in ((BASE, "c"), (HEAD, "a"), (BASE, "a"), (HEAD, "b")):
        files[side, name].read_text(encoding="utf-8")
    (said,) = asked.remarks
    assert said == (
        "the benchmarks read files that differ between the commits, each side its own (data/a, "
        "data/b and 1 more): what that costs is judged as if it were the code's"
    )
    assert asked.doubts == ()


def test_what_is_not_the_project_but_differs_in_the_users_folder_is_a_doubt() -> None:
    file = "/p/other/core.py"
    shared = {side: Answering([("core", file)]) for side in (BASE, HEAD)}
    where = replace(contender(HEAD).origin, users=(file,))
    asked = origins(origin=where)
    asked.check(shared)
    (said,) = asked.doubts
    assert f"both sides import {file} (module core) from your folder, and its source" in said


def test_copies_in_both_environments_are_told_once() -> None:
    copies = {side: f"/p/.asv/env/gate/{side.value}/core.py" for side in (BASE, HEAD)}
    shared = {side: Answering([("core", copies[side])]) for side in (BASE, HEAD)}
    asked = origins(origin=replace(contender(HEAD).origin, users=tuple(copies.values())))
    asked.check(shared)
    (said,) = asked.doubts
    assert "/core.py (module core) from your folder, and its source" in said


def test_the_project_itself_from_the_users_folder_still_ends_the_run() -> None:
    file = "/p/tiny/core.py"
    workers = {side: Answering([("tiny.core", file)]) for side in (BASE, HEAD)}
    where = replace(contender(HEAD).origin, users=(file,))
    with pytest.raises(MeasurementError, match="both sides import the project from one file"):
        origins(origin=where).check(workers)

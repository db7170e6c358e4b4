"""Which code a process runs from folders where programs keep files."""

import importlib.util
import shutil
import sys
import types
from pathlib import Path

import pytest

from hotloop.gate.worker import kept_code

MAPS = """\
5581-5582 r--p 00000000 08:01 1  /usr/bin/python3.11
5582-5583 r-xp 00001000 08:01 1  /usr/bin/python3.11
7f01-7f02 r-xp 00000000 08:01 2  /home/me/.cache/with blank/it.so (deleted)
7f03-7f04 rw-p 00000000 00:00 0  [heap]
7f05-7f06 r-xp 00000000 00:00 0  [vdso]
"""


def test_what_may_be_executed_is_code_and_may_have_blanks_in_its_name() -> None:
    found = kept_code.MAPPED.findall(MAPS)
    assert found == ["/usr/bin/python3.11", "/home/me/.cache/with blank/it.so"]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which libraries are loaded")
def test_libraries_and_modules_from_there_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.find_spec("_heapq")
    assert spec is not None
    if spec.origin in (None, "built-in"):
        pytest.skip("this Python has it built in")
    library = tmp_path / Path(str(spec.origin)).name
    shutil.copy(str(spec.origin), library)
    loaded = importlib.util.spec_from_file_location("_heapq", library)
    assert loaded is not None
    importlib.util.module_from_spec(loaded)
    script = tmp_path / "made.py"
    made = types.ModuleType("made")
    made.__file__ = str(script)
    monkeypatch.setitem(sys.modules, "made", made)
    assert kept_code.code_below([f"{tmp_path}/"]) == sorted(map(str, (library, script)))
    assert kept_code.code_below([f"{tmp_path}/other"]) == []
    assert kept_code.code_below([]) == []


def test_what_is_installed_is_not_kept() -> None:
    assert not [file for file in kept_code.code_below(["/"]) if file.startswith(sys.prefix)]

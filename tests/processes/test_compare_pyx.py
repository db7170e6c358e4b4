"""``.pyx`` files are compiled on the way, each content once."""

from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from hotloop.compare.contenders import Source
from hotloop.compare.extension import compiled
from hotloop.compare.inside.loading import load_file

pytest.importorskip("Cython", reason="Cython is not installed")
pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("compilers")]


@pytest.fixture(autouse=True)
def quick_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CFLAGS", "-O0 -g0")


# With flags of its own.
SUMS = """
# distutils: extra_compile_args=-O0 -DSTART=10
cdef extern from *:
    long START

def typed(list xs):
    cdef long t = START, x
    for x in xs: t += x
    return t
"""


def test_a_file_is_compiled_once_and_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CFLAGS")
    path = tmp_path / "quick_sums.pyx"
    path.write_text(SUMS)
    first = compiled(Source(path=path), tmp_path / "cache")
    assert first.extension is not None
    module = load_file(str(path), str(first.extension))
    assert module.typed([1, 2, 3]) == 16
    assert b".debug_info" not in first.extension.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hotloop.compare.extension._make", None)
        assert compiled(Source(path=path), tmp_path / "cache") == first
    path.write_text("def typed(list xs:\n")
    with pytest.raises(UsageError, match=r"quick_sums.pyx cannot be compiled: quick_sums.pyx:\d:"):
        compiled(Source(path=path), tmp_path / "cache")


def test_other_files_are_left_as_they_are(tmp_path: Path) -> None:
    source = Source(path=tmp_path / "sums.py")
    assert compiled(source) is source


def test_what_the_linker_lacks_is_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "lacking.pyx"
    path.write_text("# distutils: libraries=not_installed_anywhere\ndef typed(): return 1\n")
    with pytest.raises(UsageError, match="cannot find -lnot_installed_anywhere"):
        compiled(Source(path=path), tmp_path / "cache")

"""Why a build of ``hotloop try`` came to nothing, in a sentence."""

import sys
from pathlib import Path

import pytest

from hotloop.techniques.inside.builder import Builder, Unavailable


@pytest.mark.parametrize(
    ("compiler", "said"),
    [
        ("def f():\n    f()\nf()\n", "RecursionError: maximum recursion depth exceeded"),
        ("raise SystemExit('no more')\n", "SystemExit: no more"),
        ("import nothing_of_pythrans\n", "nothing_of_pythrans is not installed: pip install"),
    ],
)
def test_a_compiler_that_fails_in_itself_gives_the_reason(
    compiler: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("def f():\n    return 1\n")
    (tmp_path / "pythran.py").write_text(compiler)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "pythran"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(Unavailable) as caught:
        Builder().pythran(str(tmp_path), "mine", "f", [])
    assert str(caught.value).startswith(said)

"""The large page's script: its made results are read as real ones are, its refusals."""

from pathlib import Path

import pytest

from scripts.large_page import command


def test_a_page_is_made_and_a_missing_browser_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "BROWSER", "no-such-browser")
    folder = tmp_path / "new"
    assert command.main([str(folder), "--rows", "20", "--commits", "20"]) == 4
    printed = capsys.readouterr()
    assert printed.out.startswith("page: ")
    assert printed.err == "report-large-page: no-such-browser is not installed: nothing opened it\n"
    text = (folder / "page" / "index.html").read_text()
    assert "module0.time_0" in text
    assert "suite.Time.time_0" in text


@pytest.mark.parametrize(
    ("words", "said"), [(["--rows", "3"], "20 --rows"), ([], "is there already")]
)
def test_bad_arguments_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert command.main([str(tmp_path), *words]) == 2
    assert said in capsys.readouterr().err

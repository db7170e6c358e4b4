"""What the words and options of ``hotloop compare`` mean, and what is refused."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from hotloop.compare import finding
from hotloop.compare import options as compare_options
from hotloop.compare.contenders import Source, named, parse_word
from hotloop.compare.rule import parse_rule


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sums.py"
    path.write_text("def problem(): return 1\ndef plain(n): return n\n")
    return path


def parsed(*words: str) -> compare_options.Options:
    parser = argparse.ArgumentParser(exit_on_error=False)
    compare_options.add_arguments(parser)
    return compare_options.parse_options(parser.parse_args(words))


def test_words_are_files_functions_modules_or_statements(file: Path) -> None:
    assert parse_word(str(file)) == Source(path=file)
    assert parse_word(f"{file}:plain") == Source(path=file, function="plain")
    assert parse_word("os.path:join") == Source(module="os.path", function="join")
    assert parse_word("sum(a)") == Source(statement="sum(a)")
    assert parse_word("a @ b") == Source(statement="a @ b")
    assert parse_word("lambda:0") == Source(statement="lambda:0")
    at = parse_word(f"{file}:plain@{sys.executable}")
    assert at == Source(path=file, function="plain", python=sys.executable)


def test_several_interpreters_make_several_contenders_of_each(file: Path) -> None:
    other = file.with_name("other")
    other.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    options = parsed(f"{file}:plain", "--python", sys.executable, "--python", str(other))
    assert [source.python for source in options.sources] == [sys.executable, str(other)]
    assert [entrant.name for entrant in named(options.sources)] == [
        f"sums:plain@{sys.executable}",
        f"sums:plain@{other}",
    ]


def test_a_file_is_compiled_once_for_all_functions_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def compiled(source: Source) -> Source:
        asked.append(source)
        if source.path == tmp_path / "bad.pyx":
            raise UsageError("bad.pyx cannot be compiled")
        return replace(source, extension=tmp_path / "good.so")

    monkeypatch.setattr(finding, "compiled", compiled)
    good, bad = tmp_path / "good.pyx", tmp_path / "bad.pyx"
    good.touch()
    bad.touch()
    options = parsed(f"{good}:f", f"{bad}:f", f"{good}:g", f"{bad}:g")
    made, broken = finding.compile_all(options)
    assert [source.path for source in asked] == [good, bad]
    assert [(s.function, s.extension) for s in made.sources] == [
        ("f", tmp_path / "good.so"),
        ("f", None),
        ("g", tmp_path / "good.so"),
        ("g", None),
    ]
    assert broken == dict.fromkeys([made.sources[1], made.sources[3]], "bad.pyx cannot be compiled")


def test_a_name_is_as_short_as_tells_it_apart(file: Path) -> None:
    other = Source(module="m", function="plain")
    names = [e.name for e in named([Source(path=file, function="plain"), other])]
    assert names == ["sums:plain", "m:plain"]
    with pytest.raises(UsageError, match="named 2 times"):
        named([other, other])


def test_a_file_without_its_ending_is_no_statement(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    with pytest.raises(UsageError, match=r"sums is a statement here; the file is sums\.py"):
        parse_word("sums")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "name what to compare"),
        (["nothing.py"], "there is no file nothing.py"),
        (["nothing.pyx:f"], "there is no file nothing.pyx"),
        (["sum(a"], "neither FILE.py:FUNCTION nor MODULE:FUNCTION nor a statement: '\\(' was"),
        ([" "], "a contender is an empty statement"),
        (["x", "--over", "n=1,nan"], "a size is above 0"),
        (["x", "--json", "-"], "--json -: give a file's name"),
        (["x", "-s", "a ="], "--setup 'a =': invalid syntax"),
        (["x", "--args", "a b"], "--args 'a b': invalid syntax"),
        (["x", "--check", "close:2"], "between 0 and 1, as close:1e-9"),
        (["x", "--check", "near"], "give equal, exact, close:1e-9, none, or FILE:FUNCTION"),
        (["x", "--check", "no.py:same"], "there is no file no.py"),
        (["x", "--python", "python0.1"], "no such program"),
        (["x", "--python", "/bin/sh"], "--python /bin/sh: it is not a Python that runs"),
        (["x", "--patience", "0"], "above 0"),
        (["x", "--from", "r.json"], "leave out x"),
        (["x", "--json", "/nowhere/r.json"], "cannot write there"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(words: list[str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        parsed(*words)


def test_the_rules_of_comparing(file: Path) -> None:
    assert parse_rule("close:1e-9").close == 1e-9
    assert parse_rule("exact").exact
    assert parse_rule("none").is_none
    assert parse_rule(f"{file}:plain").source == {"path": str(file), "function": "plain"}

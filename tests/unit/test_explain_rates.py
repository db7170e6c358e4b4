"""Made causes and real commits, and what their trials are counted as."""

import ast
import random
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.explain_rates import simulated
from scripts.explain_rates.batch import TIMED, cases
from scripts.explain_rates.causes import CAUSES
from scripts.explain_rates.record import Trial
from scripts.explain_rates.report import render, said
from scripts.explain_real.commits import COMMITS


def test_every_made_cause_is_an_edit_that_compiles(tmp_path: Path) -> None:
    compiled: set[tuple[str, str]] = set()
    for cause in CAUSES.values():
        for strength in cause.strengths:
            code = {p: text for p, text in cause.head(strength).items() if p.endswith(".py")}
            # Most files are the same in most of them.
            for path, text in code.items() - compiled:
                compile(text, str(tmp_path / path), "exec")
            compiled |= code.items()
        paths = {path for path, _ in cause.culprits} | ({cause.differs} - {None})
        assert paths <= {*cause.head(cause.strengths[0])}


def test_every_case_of_a_batch_has_a_package_of_its_own() -> None:
    made = cases(1)
    assert [case.number for case in made] == list(range(len(made)))
    assert {case.name for case in made} == set(CAUSES)
    assert made == cases(1) != cases(2)
    for case in made:
        files = case.files(case.cause.head(case.strength))
        others = [f"from {name} import" for name in TIMED]
        assert not [text for text in files.values() for other in others if other in text]
        assert case.as_in_cause(f"{case.package}/a.py") == f"{case.cause.project}/a.py"


def record(cause: str, ground: str, *named: str) -> Trial:
    return Trial(1, 7, "asv", cause, 1, 1.04, True, ground, named, 0.05, None, 9.0, "3.11", 1.0)


@pytest.mark.parametrize(
    ("trial", "word"),
    [
        (record("shop-slower", "function", "shop/totals.py:discount"), "right"),
        (record("shop-slower", "function", "shop/totals.py:total"), "wrong"),
        (
            record("shop-slower", "function", "shop/totals.py:discount", "shop/totals.py:total"),
            "wrong",
        ),
        (record("shop-slower", "spread"), "wrong"),
        (record("shop-ten", "spread"), "right"),
        (record("shop-slower", "not attributable"), "none"),
        (record("shop-words", "function", "shop/totals.py:total"), "wrong"),
        (record("shop-words", "not attributable"), "none"),
        (record("depot-file", "function", "depot/texts.py:clean"), "wrong"),
        (record("depot-file", "not attributable"), "none"),
        (replace(record("depot-file", "not attributable"), differs=True), "right"),
    ],
)
def test_what_counts_as_right(trial: Trial, word: str) -> None:
    assert said(trial) == word


def test_the_table_of_made_causes_counts_them() -> None:
    text = render(
        [
            record("shop-slower", "function", "shop/totals.py:discount"),
            record("shop-words", "not attributable"),
        ]
    )
    assert "| a slower function | 4 to 4 % | 1 | 1 | 0 | 0 | 9 |" in text
    assert "all causes: 1 of 1 right" in text
    assert "of 3 to 6 %: 1 of 1 right" in text
    assert "of shop, asv: 1 of 1 right" in text


def test_the_tests_of_real_commits_are_python() -> None:
    for name, of in COMMITS.items():
        tree = ast.parse(of.test, name)
        assert [f.name for f in tree.body if isinstance(f, ast.FunctionDef)] == ["test_speed"]


def test_the_simulated_rule_has_a_row_for_each_noise_and_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(simulated, "TRIALS", 1)
    text = simulated.render(random.Random(1))
    assert text.count("\n") == 1 + len(simulated.NOISES) * len(simulated.CHANGES)
    assert "| 0.5 % | 3 % | 0.0% | 100.0% |" in text

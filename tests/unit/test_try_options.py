"""The options of ``hotloop try``."""

import argparse

import pytest

from hotloop.base.errors import UsageError
from hotloop.compare.rule import Rule
from hotloop.techniques.options import add_arguments, parse_options
from tests.hot_loop_files import path

WORD = f"{path('fib')}:fib"


def rule(*words: str) -> Rule:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parse_options(parser.parse_args([WORD, *words])).rule


def test_all_that_a_call_leaves_counts_and_floats_as_close_as_asked() -> None:
    assert rule() == Rule("exact", exact=True, outcomes=True)
    assert rule("--close", "1e-12") == Rule("close:1e-12", 1e-12, exact=True, outcomes=True)


@pytest.mark.parametrize("text", ["5", "0", "nan", "a"])
def test_what_is_no_relative_error_is_refused_under_its_own_option(text: str) -> None:
    message = f"--close {text}: give a relative error between 0 and 1, as 1e-9"
    with pytest.raises(UsageError) as refused:
        rule("--close", text)
    assert str(refused.value) == message

"""An explanation in words: one sentence for the table, the comment and the annotations."""

from hotloop.base.units import counted, first_few
from hotloop.gate.explanation import (
    EXTENSION,
    TOP_LEVEL,
    Explanation,
    FunctionFacts,
    Ground,
    calls,
    gives_back,
    how_run,
    place,
    times,
)
from hotloop.gate.result import BenchmarkResult

SHORT_HASH = 7
MOST_NAMED = 3
MOST_DIFFERENCES = 2
# What a stored explanation calls a function that base lacks.
NEW = "new"


def sentence_of(benchmark: BenchmarkResult) -> str:
    """ "6.1 of +6.2 % (± 0.4) is parser.py:split_line, called 2.0 times as often (...); ..."."""
    told = benchmark.explanation
    if told is None or benchmark.ratio is None:
        return ""
    if told.ground is Ground.NOTHING:
        return f"not attributable: {told.reason}{_besides(told)}"
    assert told.attributed is not None
    parts = [f"{_of(told, benchmark.ratio)} {_what(told)}"]
    if told.ground is Ground.FUNCTION and len(told.named) == 1:
        parts[0] += _calls(told.named[0])
    if _is_all(told, benchmark.ratio):
        whose = "base's version of it" if len(told.named) == 1 else "base's versions of them"
        speed = "fast" if benchmark.ratio > 1 else "slow"
        parts.append(f"with {whose} head is as {speed} as base")
    parts += [told.reason] if told.reason else []
    commits = [each.commit[:SHORT_HASH] for each in told.named if each.commit]
    if commits:
        parts.append(f"changed in {first_few(list(dict.fromkeys(commits)), MOST_NAMED)}")
    return "; ".join(parts)


HEADS = ("function", "calls at base", "at head", "gives back", "its code", "changed in")


def rows_of(benchmark: BenchmarkResult) -> list[tuple[str, ...]]:
    """A row for each function of its explanation, under ``HEADS``."""
    told = benchmark.explanation
    if told is None:
        return []
    return [
        (
            place(each.name, each.file),
            _number(each, each.base_calls),
            _number(each, each.head_calls),
            _share(each),
            _code(each),
            each.commit[:SHORT_HASH] if each.commit else "",
        )
        for each in told.functions
    ]


def _code(function: FunctionFacts) -> str:
    """What became of it."""
    if function.file is None:
        return "in C"
    change = function.change or "the same"
    return f"{change}; could not be tried" if function.rejected else change


def _share(function: FunctionFacts) -> str:
    """What base's version gives back; "" if nobody tried."""
    if function.share is None or function.low is None or function.high is None:
        return ""
    return gives_back(function.share, function.low, function.high)


def _of(told: Explanation, ratio: float) -> str:
    """ "6.1 of +6.2 % (± 0.4)"."""
    assert told.attributed is not None
    assert told.low is not None
    assert told.high is not None
    uncertain = max(told.high - told.attributed, told.attributed - told.low)
    sign = "-" if told.attributed < 0 else ""
    return (
        f"{sign}{abs(told.attributed) * 100:.1f} of {(ratio - 1) * 100:+.1f} % "
        f"(± {uncertain * 100:.1f}) is"
    )


def _is_all(told: Explanation, ratio: float) -> bool:
    assert told.low is not None
    assert told.high is not None
    return told.low <= ratio - 1 <= told.high


def _what(told: Explanation) -> str:
    if told.ground is Ground.SPREAD:
        number = told.spread_over or 0
        changed = [
            place(each.name, each.file)
            for each in told.functions
            if each.change and each.change != NEW and each.head_calls != 0
        ]
        # Of those that were swapped; what only head has is no part of them.
        names = ", ".join(changed[:MOST_NAMED])
        more = number - min(len(changed), MOST_NAMED)
        rest = f" and {more} more" if names and more > 0 else ""
        return f"spread over {counted(number, 'part')} that changed{names and ': '}{names}{rest}"
    if len(told.named) == 1:
        return place(told.named[0].name, told.named[0].file)
    most_first = sorted(told.named, key=lambda each: -abs(each.share or 0.0))
    return first_few([_with_share(each) for each in most_first], MOST_NAMED)


def _with_share(function: FunctionFacts) -> str:
    """ "parser.py:split_line (+4.1)"."""
    assert function.share is not None
    return f"{place(function.name, function.file)} ({function.share * 100:+.1f})"


def _calls(function: FunctionFacts) -> str:
    base, head = function.base_calls, function.head_calls
    if base is None or head is None or base == head or not base:
        return ""
    return f", {how_run(function.is_resumed)} {times(base, head)}"


def _number(function: FunctionFacts, number: float | None) -> str:
    if function.name in (TOP_LEVEL, EXTENSION):
        return ""
    return "varies" if number is None else calls(number)


def _besides(told: Explanation) -> str:
    if not told.differences:
        return ""
    return f". The sides also differ in {first_few(list(told.differences), MOST_DIFFERENCES)}"

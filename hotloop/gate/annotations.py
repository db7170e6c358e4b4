"""The gate's result as annotations of a GitHub workflow, shown beside the commit.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions: a line
``::error title=...::message`` on stdout. GitHub shows ten of each kind for a step, so
the last one counts the rest.
"""

from collections.abc import Sequence

from hotloop.base.text import NAME_CHARS, name, sentence, shown
from hotloop.base.units import counted
from hotloop.gate import cells, explained
from hotloop.gate import doubts as gate_doubts
from hotloop.gate.cells import Detail, Together
from hotloop.gate.result import BenchmarkResult, GateResult
from hotloop.gate.verdicts import Conclusion, Verdict
from hotloop.report.layout import Style

MOST_ANNOTATIONS = 10
# For a verdict and a name; for many names.
TITLE_CHARS = NAME_CHARS + 20
MESSAGE_CHARS = 4000
# Not measured, and on purpose.
LEFT_OUT = frozenset({Verdict.SKIPPED, Verdict.UNTOUCHED})
ERROR = "error"
WARNING = "warning"
NOTICE = "notice"


def render(result: GateResult) -> str:
    """An error for each benchmark that is slower or broken, a warning if nothing is known.

    Also a warning if there were too few pairs to know, and a notice with the answer if
    nothing is slower or broken.
    """
    if result.verdict is Conclusion.NOT_MEASURED:
        rows = cells.told(result, Detail.COUNT)[:MOST_ANNOTATIONS]
        reasons = [f"{_who(row)}: {cells.reason(row)}" for row in rows]
        return could_not_measure("; ".join(["nothing could be measured", *reasons]))
    bad = [b for b in cells.listed(result) if b.verdict.style is Style.BAD]
    lines = [_error(b) for b in bad[: _shown(bad)]]
    if len(bad) > len(lines):
        rest = bad[len(lines) :]
        lines.append(_command(ERROR, f"{counted(len(rest), 'more benchmark')}", cells.labels(rest)))
    for verdict in Verdict:
        some = [b for b in result.having(verdict) if not result.merely_ran(b)]
        if some and verdict.style is Style.DOUBT:
            title = f"{verdict.value}: {counted(len(some), 'benchmark')}"
            lines.append(_command(WARNING, title, cells.labels(some)))
    lines += [_command(WARNING, "hotloop gate", said) for said in gate_doubts.undecided(result)]
    lines += [
        _command(NOTICE, f"{row.verdict.value}: {_who(row)}", cells.reason(row))
        for row in cells.told(result, Detail.COUNT)
        if row.verdict in LEFT_OUT
    ]
    if not bad:
        lines.append(_command(NOTICE, "hotloop gate", cells.conclusion(result)))
    return "\n".join(lines) + "\n"


def could_not_measure(sentence: str) -> str:
    """The error for a run that ended without a result: no build, no benchmark, a crash."""
    return _command(ERROR, "hotloop gate could not measure", sentence) + "\n"


def _who(row: BenchmarkResult | Together) -> str:
    return row.who if isinstance(row, Together) else name(row.label)


def _shown(bad: Sequence[BenchmarkResult]) -> int:
    return len(bad) if len(bad) <= MOST_ANNOTATIONS else MOST_ANNOTATIONS - 1


def _error(benchmark: BenchmarkResult) -> str:
    title = f"{benchmark.verdict.value}: {name(benchmark.label)}"
    if benchmark.ratio is None:
        return _command(ERROR, title, cells.reason(benchmark))
    why = explained.sentence_of(benchmark)
    said = f"{cells.measured(benchmark)} of processes"
    return _command(ERROR, title, f"{said}. {why}" if why else said)


def _command(level: str, title: str, message: str) -> str:
    title, message = shown(title, TITLE_CHARS), sentence(message, MESSAGE_CHARS)
    return f"::{level} title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

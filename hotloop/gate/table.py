"""The gate's result as a table of one screen: who is compared, who is slower, the answer last."""

from hotloop.base.text import name
from hotloop.gate import cells
from hotloop.gate.cells import Detail, Together
from hotloop.gate.result import BenchmarkResult, GateResult
from hotloop.gate.verdicts import Verdict
from hotloop.report.layout import Align, Column, Line, Row, Style, Table, fit
from hotloop.report.screen import marked, no_room, packed, plain
from hotloop.report.terminal import PLAIN_WIDTH

_COLUMNS = (
    Column("verdict", Align.LEFT),
    Column("benchmark", Align.LEFT),
    Column("change"),
    Column("95 % interval", dispensable=4),
    Column("would see"),
    Column("base", dispensable=1),
    Column("head", dispensable=2),
    Column("pairs", dispensable=3),
)
# What undecided benchmarks alone have.
_WOULD_SEE = [column.head for column in _COLUMNS].index("would see")
_EXIT_GAP = "  "


def render(result: GateResult, code: int, width: int, detail: Detail) -> tuple[Line, ...]:
    """The lines to print, at most ``width`` wide as far as names and figures allow.

    ``code`` is the exit code that the last line names.
    """
    table = Table(_COLUMNS, _rows(result, detail))
    if not any(row.cells[_WOULD_SEE] for row in table.rows):
        table = table.without(_WOULD_SEE)
    fitted = fit(table, width)
    has_figures = any(row.remark is None for row in table.rows)
    return (
        *packed(cells.head_segments(result), width),
        Line(""),
        *fitted.lines[0 if has_figures else 1 :],
        *([Line("")] if table.rows else ()),
        *marked(result.warnings, width),
        *plain(cells.remarks(result), width),
        *no_room(fitted.left_out, width),
        *_last(cells.conclusion(result), cells.cost(result), f"exit code {code}", width),
    )


def _rows(result: GateResult, detail: Detail) -> tuple[Row, ...]:
    rows = [_row(each, result) for each in cells.told(result, detail)]
    if detail is Detail.LIST:
        rows += [_row(benchmark, result) for benchmark in result.having(Verdict.SAME)]
    same = cells.same_sentence(result)
    if same is not None:
        rows.append(_remark(Verdict.SAME, same))
    return tuple(rows)


def _row(benchmark: BenchmarkResult | Together, result: GateResult) -> Row:
    verdict = benchmark.verdict
    if isinstance(benchmark, Together):
        return _remark(verdict, f"{benchmark.who}: {benchmark.reason}")
    if benchmark.ratio is None:
        return _remark(verdict, f"{name(benchmark.label)}: {cells.reason(benchmark)}")
    word = cells.verdict_word(benchmark, result)
    return Row(
        (
            word,
            benchmark.label,
            cells.change(benchmark),
            cells.interval(benchmark),
            cells.detectable(benchmark),
            cells.value(benchmark.base, benchmark.unit),
            cells.value(benchmark.head, benchmark.unit),
            str(benchmark.pairs),
        ),
        style=Style.PLAIN if word == cells.RAN else verdict.style,
    )


def _remark(verdict: Verdict, text: str) -> Row:
    empty = [""] * (len(_COLUMNS) - 1)
    return Row((verdict.value, *empty), text, verdict.style)


def _last(answer: str, cost: str, code: str, width: int) -> list[Line]:
    """The answer, its cost, the exit code at the right; in two lines where one is too narrow."""
    width = min(width, PLAIN_WIDTH)
    whole = f"{answer}. {cost}"
    if len(whole) + len(_EXIT_GAP) + len(code) <= width:
        return [Line(f"{whole}{code:>{width - len(whole)}}")]
    above = plain([cost], width)
    if len(answer) + len(_EXIT_GAP) + len(code) <= width:
        return [*above, Line(f"{answer}{code:>{width - len(answer)}}")]
    return [*above, *plain([answer, code], width)]

"""What a reader of the gate's result sees: what is compared, what is slower, the answer."""

from dataclasses import replace

from hotloop.base.text import name
from hotloop.gate import cells, explained
from hotloop.gate.cells import Detail, Together
from hotloop.gate.result import BenchmarkResult, GateResult
from hotloop.gate.verdicts import Verdict
from hotloop.report.figures import Figure, Sheet
from hotloop.report.layout import Align, Column, Row, Style, Table, Wrap
from hotloop.report.page import Page

# Heads the row below one that was explained.
WHY = "why"


def page(result: GateResult, detail: Detail) -> Page:
    """Both sides, the rows, doubts, the answer."""
    table = _table(result, detail)
    explained_ones = [b for b in result.benchmarks if explained.rows_of(b)]
    return Page(
        head=cells.head_segments(result),
        tables=[
            *([table] if table.rows else []),
            *(_functions(b) for b in explained_ones if detail is Detail.LIST),
        ],
        doubts=result.warnings,
        remarks=cells.remarks(result),
        closing=[cells.cost(result)],
        answer=cells.conclusion(result),
    )


def _functions(benchmark: BenchmarkResult) -> Table:
    """The functions of an explanation."""
    heads = list(explained.HEADS)
    heads[0] = f"function of {benchmark.label}"
    columns = [Column(heads[0], Align.LEFT, wrapped=Wrap.NAMES)]
    columns += [Column(head, dispensable=5 - n) for n, head in enumerate(heads[1:4])]
    columns += [Column(head, Align.LEFT, dispensable=1) for head in heads[4:]]
    return Table(tuple(columns), tuple(map(Row, explained.rows_of(benchmark))))


def _figures(result: GateResult) -> dict[str, Figure[BenchmarkResult]]:
    return {
        "verdict": Figure(
            lambda b: b.verdict.value,
            Column("verdict", Align.LEFT),
            cell=lambda b: cells.verdict_word(b, result),
        ),
        "benchmark": Figure(lambda b: b.label, Column("benchmark", Align.LEFT, wrapped=Wrap.NAMES)),
        "ratio": Figure(lambda b: b.ratio, Column("change"), cell=cells.change),
        "high": Figure(
            lambda b: b.high, Column("95 % interval", dispensable=4), cell=cells.interval
        ),
        "detectable": Figure(lambda b: b.detectable, Column("would see"), cell=cells.detectable),
        "base": Figure(
            lambda b: b.base,
            Column("base", dispensable=1),
            cell=lambda b: cells.value(b.base, b.unit),
        ),
        "head": Figure(
            lambda b: b.head,
            Column("head", dispensable=2),
            cell=lambda b: cells.value(b.head, b.unit),
        ),
        "pairs": Figure(lambda b: b.pairs, Column("pairs", dispensable=3)),
    }


def _table(result: GateResult, detail: Detail) -> Table:
    """The rows; without heads if none has figures."""
    figures = _figures(result)
    sheet = Sheet(figures, tuple(figures))
    rows = [row for each in cells.told(result, detail) for row in _rows(sheet, each, result)]
    if detail is Detail.LIST:
        rows += [_row(sheet, each, result) for each in result.having(Verdict.SAME)]
    same = cells.same_sentence(result)
    if same is not None:
        rows.append(_remark(sheet, Verdict.SAME, same))
    table = sheet.table(rows)
    # Only undecided benchmarks have this.
    place = sheet.names.index("detectable")
    if not any(row.cells[place] for row in rows):
        table = table.without(place)
    return replace(table, has_heads=any(row.remark is None for row in rows))


def _rows(
    sheet: Sheet[BenchmarkResult], benchmark: BenchmarkResult | Together, result: GateResult
) -> list[Row]:
    """Its row and, if it was explained, why it changed."""
    row = _row(sheet, benchmark, result)
    if isinstance(benchmark, Together) or benchmark.explanation is None:
        return [row]
    said = explained.sentence_of(benchmark)
    return [row, *([sheet.row_of({"verdict": WHY}, said)] if said else [])]


def _row(
    sheet: Sheet[BenchmarkResult], benchmark: BenchmarkResult | Together, result: GateResult
) -> Row:
    verdict = benchmark.verdict
    if isinstance(benchmark, Together):
        return _remark(sheet, verdict, f"{benchmark.who}: {benchmark.reason}")
    if benchmark.ratio is None:
        said = f"{name(benchmark.label)}: {cells.reason(benchmark)}"
        return _remark(sheet, verdict, said)
    ran = cells.verdict_word(benchmark, result) == cells.RAN
    return sheet.row(benchmark, style=Style.PLAIN if ran else verdict.style)


def _remark(sheet: Sheet[BenchmarkResult], verdict: Verdict, text: str) -> Row:
    return sheet.row_of({"verdict": verdict.value}, text, verdict.style)

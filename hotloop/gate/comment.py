"""The gate's page in Markdown: one comment on a pull request, replaced by the next.

Names and reasons come from the code under test, so from the author of the pull request.
They are shown as code, in which no markup, link or @mention works.
"""

from collections.abc import Sequence

from hotloop.base.text import SENTENCE_CHARS
from hotloop.base.units import counted
from hotloop.gate import cells, explained
from hotloop.gate import page as gate_page
from hotloop.gate.cells import Detail, Together
from hotloop.gate.result import BenchmarkResult, GateResult
from hotloop.gate.verdicts import Verdict
from hotloop.report.markdown import code, joined, notes, safe

# A workflow finds its own comment by this first line, to replace it.
MARKER = "<!-- hotloop gate -->"
# GitHub accepts 65,536 characters; the rest is for the text outside the tables.
TABLES_CHARACTERS = 55_000
_HEADS = ("verdict", "benchmark", "change", "95 % interval", "base", "head", "pairs", "")
# Nobody reads more of them in a comment; the JSON has all.
MOST_FUNCTIONS = 12
_FUNCTION_RULES = (":---", "---:", "---:", "---:", ":---", ":---")
_RULES = (":---", ":---", "---:", "---:", "---:", "---:", "---:", ":---")


def render(result: GateResult) -> str:
    """Markdown text: marker, answer, both sides, the table, "same" ones folded, doubts, cost."""
    page, room = gate_page.page(result, Detail.COUNT), _Room(TABLES_CHARACTERS)
    notable = room.table(cells.told(result, Detail.COUNT), result)
    same = room.table(result.having(Verdict.SAME), result)
    same_sentence = cells.same_sentence(result)
    lines = [
        MARKER,
        f"### {safe(page.answer or '')}",
        "",
        " · ".join(map(code, page.head)),
        "",
        *notable,
        *([f"**same**: {safe(same_sentence)}", ""] if same_sentence else []),
        *_folded("the same ones", same),
        *_functions(result),
        *notes(page),
    ]
    return "\n".join(lines) + "\n"


class _Room:
    """Rows, as long as there is room for them in all tables together."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def table(
        self, benchmarks: Sequence[BenchmarkResult | Together], result: GateResult
    ) -> list[str]:
        """A table with an empty line after it; nothing without benchmarks."""
        if not benchmarks:
            return []
        rows = []
        for benchmark in benchmarks:
            row = joined(_row(benchmark, result))
            self._left -= len(row) + 1
            if self._left < 0:
                break
            rows.append(row)
        missing = len(benchmarks) - len(rows)
        left_out = [f"({counted(missing, 'more row')}: no room here)", ""] if missing else []
        return [joined(_HEADS), joined(_RULES), *rows, "", *left_out]


def _row(benchmark: BenchmarkResult | Together, result: GateResult) -> Sequence[str]:
    if isinstance(benchmark, Together):
        who, why = code(benchmark.who), code(benchmark.reason, SENTENCE_CHARS)
        return (benchmark.verdict.value, who, "", "", "", "", "", why)
    named = (safe(cells.verdict_word(benchmark, result)), code(benchmark.label))
    if benchmark.ratio is None:
        return (*named, "", "", "", "", "", code(cells.reason(benchmark), SENTENCE_CHARS))
    seen = cells.detectable(benchmark)
    return (
        *named,
        safe(cells.change(benchmark)),
        cells.interval(benchmark),
        safe(cells.value(benchmark.base, benchmark.unit)),
        safe(cells.value(benchmark.head, benchmark.unit)),
        str(benchmark.pairs),
        f"would have seen {seen}" if seen else safe(explained.sentence_of(benchmark)),
    )


def _functions(result: GateResult) -> list[str]:
    """What is known of the functions of each benchmark that was explained, folded."""
    lines: list[str] = []
    for benchmark in result.benchmarks:
        rows = explained.rows_of(benchmark)[:MOST_FUNCTIONS]
        if rows:
            lines += [code(benchmark.label), "", joined(explained.HEADS), joined(_FUNCTION_RULES)]
            lines += [joined((code(row[0]), *map(safe, row[1:]))) for row in rows]
            lines.append("")
    return _folded("functions of those that were explained", lines)


def _folded(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    return [f"<details><summary>{title}</summary>", "", *lines, "</details>", ""]

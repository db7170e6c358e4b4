"""What ``hotloop gate`` leaves behind: the files that were asked for, the table, annotations."""

from contextlib import suppress
from typing import TextIO

from hotloop.gate import (
    annotations as gate_annotations,
)
from hotloop.gate import (
    as_markdown as gate_markdown,
)
from hotloop.gate import (
    table as gate_table,
)
from hotloop.gate.cells import Detail
from hotloop.gate.options import Options
from hotloop.gate.result import GateResult, Strictness, exit_code, to_json
from hotloop.report import terminal
from hotloop.report.exports import write_exports


def publish(result: GateResult, options: Options, out: TextIO) -> int:
    """Write the exports, print the table, return the exit code.

    Raises MeasurementError when an export cannot be written; the table is printed even so.
    """
    strictness = Strictness.UNDECIDED_FAILS if options.strict else Strictness.UNDECIDED_PASSES
    code = exit_code(result, strictness)
    detail = Detail.LIST if options.verbose else Detail.COUNT
    try:
        write_exports(result, (options.json, to_json), (options.markdown, gate_markdown.render))
    finally:
        lines = gate_table.render(result, code, terminal.width_of(out), detail)
        terminal.write(lines, out)
        if options.annotations:
            with suppress(BrokenPipeError):
                out.write(gate_annotations.render(result))
    return code

"""What ``hotloop gate`` leaves behind: the files that were asked for, the table, annotations."""

from contextlib import suppress
from typing import TextIO

from hotloop.commands.exports import write_exports
from hotloop.commands.gate_options import Options
from hotloop.gate_result import GateResult, Strictness, exit_code, to_json
from hotloop.report import gate_annotations, gate_markdown, gate_table, terminal
from hotloop.report.gate_cells import Detail


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

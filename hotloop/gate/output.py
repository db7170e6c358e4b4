"""The output of ``hotloop gate``: the requested files, the table, annotations."""

from contextlib import suppress
from typing import TextIO

from hotloop.gate import annotations as gate_annotations
from hotloop.gate import comment as gate_comment
from hotloop.gate import folded as gate_folded
from hotloop.gate import junit as gate_junit
from hotloop.gate import page as gate_page
from hotloop.gate.cells import Detail
from hotloop.gate.options import Options
from hotloop.gate.result import GateResult, Strictness, exit_code, to_json
from hotloop.report.exports import exported
from hotloop.report.publish import publish as publish_page


def publish(result: GateResult, options: Options, out: TextIO) -> int:
    """Write the exports, print the table, return the exit code.

    Raises MeasurementError when an export cannot be written; the table is printed even so.
    """
    strictness = Strictness.UNDECIDED_FAILS if options.strict else Strictness.UNDECIDED_PASSES
    code = exit_code(result, strictness)
    detail = Detail.LIST if options.verbose else Detail.COUNT
    try:
        publish_page(
            gate_page.page(result, detail),
            out,
            (options.json, exported(result, to_json)),
            (options.markdown, exported(result, gate_comment.render)),
            (options.junit, exported(result, gate_junit.render)),
            (options.stacks, exported(result, gate_folded.render)),
            code=code,
        )
    finally:
        if options.annotations:
            with suppress(BrokenPipeError):
                out.write(gate_annotations.render(result))
    return code

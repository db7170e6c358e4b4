"""``hotloop explain``: why did the benchmarks of a stored result change?"""

import argparse
from typing import TYPE_CHECKING, TextIO

from hotloop.base.errors import MeasurementError
from hotloop.explain import options as explain_options
from hotloop.explain.options import Options

if TYPE_CHECKING:
    from hotloop.gate.model import Request
    from hotloop.gate.preparation import Prepared
    from hotloop.gate.result import GateResult

# How the environment is called in which nothing was built, in a stored result.
HERE = "here"
WORKING_TREE = "."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop explain``."""
    explain_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Explain, export, print; returns the exit code of the result itself."""
    options = explain_options.parse_options(namespace)
    from hotloop.gate import comment, folded, page
    from hotloop.gate.cells import Detail
    from hotloop.gate.result import Strictness, exit_code, load, to_json
    from hotloop.report.exports import exported
    from hotloop.report.publish import publish

    result = _explained(load(options.stored), options, err)
    code = exit_code(result, Strictness.UNDECIDED_PASSES)
    publish(
        page.page(result, Detail.LIST if options.verbose else Detail.COUNT),
        out,
        (options.json, exported(result, to_json)),
        (options.markdown, exported(result, comment.render)),
        (options.stacks, exported(result, folded.render)),
        code=code,
    )
    return code


def _explained(stored: "GateResult", options: Options, err: TextIO) -> "GateResult":
    # asv, SciPy and the gate: `--help` and refused arguments do not need them.
    from hotloop.gate.explain.explain import explain, to_explain
    from hotloop.gate.measure import ready
    from hotloop.report.progress import progress_on

    if not to_explain(stored):
        raise MeasurementError(
            f"nothing to explain: in {options.stored} no benchmark is slower or faster"
        )
    with (
        progress_on(err, options.quiet) as progress,
        ready(_request(stored, options), options.lanes, progress) as (prepared, pairs, _),
    ):
        _refuse_others(stored, prepared, options)
        return explain(stored, prepared, pairs.lanes, progress.report)


def _request(stored: "GateResult", options: Options) -> "Request":
    """The commits of the stored result, in its environments."""
    from hotloop.gate.model import Request

    sides = (stored.base, stored.head)
    base, head = (side.revision if side.revision == WORKING_TREE else side.commit for side in sides)
    environments: list[str | None] = [side.environment for side in sides]
    if options.pytest is not None:
        # Other Pythons have no name that would find them again.
        environments = [HERE if name and name.startswith(HERE) else None for name in environments]
    return Request(
        base=base,
        head=head,
        environments=(environments[0], environments[1]),
        config=options.config,
        pytest=options.pytest,
    )


def _refuse_others(stored: "GateResult", prepared: "Prepared", options: Options) -> None:
    """MeasurementError if the working tree is not what was judged any more."""
    for facts, side in ((stored.base, prepared.base), (stored.head, prepared.head)):
        if facts.commit != side.revision.commit:
            raise MeasurementError(
                f"the working tree has changed since {options.stored} was measured: "
                "run hotloop gate --explain"
            )

"""Start a gate worker in a contender's environment, as asv would start a benchmark."""

import os
from collections.abc import Sequence
from pathlib import Path

from hotloop.gate.model import Contender
from hotloop.gate.source.git import clean_environment
from hotloop.timing.children import Child

WORKER = Path(__file__).parents[1] / "worker" / "__main__.py"
# No pipe: this worker takes no turns.
NO_PIPE = -1
# Digits of the largest process number.
ARGUMENT_WIDTH = 7


def variables_of(contender: Contender) -> dict[str, str]:
    """The environment variables of a benchmark, as asv's ``run_executable`` makes them.

    The environment's own, with its programs first on PATH, ASV_PYTHONPATH as the only
    PYTHONPATH, and none that points git at another repository.
    """
    variables = {**clean_environment(), **dict(contender.variables)}
    path = os.fspath(contender.python.parent)
    variables["PATH"] = os.pathsep.join(filter(None, [path, variables.get("PATH")]))
    variables.pop("PYTHONPATH", None)
    asv_path = variables.pop("ASV_PYTHONPATH", None)
    if asv_path is not None:
        variables["PYTHONPATH"] = asv_path
    variables["PIP_USER"] = "false"
    return variables


def start_worker(
    contender: Contender,
    variables: dict[str, str],
    log: Path,
    folder: Path,
    pipes: Sequence[int] = (NO_PIPE, NO_PIPE),
    heap_bytes: int = 0,
) -> Child:
    """A worker that waits for commands; ``pipes`` are its inbox and its outbox.

    Raises OSError if the interpreter cannot be started.
    """
    return Child(
        worker_command(contender),
        # Equally wide on both sides of a pair, so that their stacks begin alike.
        [f"{number:0{ARGUMENT_WIDTH}d}" for number in (*pipes, os.getpid(), heap_bytes)],
        log,
        [pipe for pipe in pipes if pipe != NO_PIPE],
        variables,
        folder,
    )


def worker_command(contender: Contender) -> tuple[str, ...]:
    """The contender's interpreter, the worker's file and its kind, without further arguments."""
    return (os.fspath(contender.python), os.fspath(WORKER), contender.runner)

"""``scripts/fuzz-stream``: one random trial after the other, until the time is over.

Exit codes: 0 nothing found, 1 something was (its seed is printed), 2 usage, 4 nothing could be
tried, 130 interrupted.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from scripts import frame
from scripts.fuzzing import trials
from scripts.fuzzing.trials import Try

# How many findings are shown; many seeds find the same fault.
MOST_FINDINGS = 20
USAGE = """
  .venv/bin/python scripts/fuzz-stream ledger --minutes 10   random lives of a topic, accounted for
  .venv/bin/python scripts/fuzz-stream ledger --seed 417      one of them again
  .venv/bin/python scripts/fuzz-stream results                damaged results of stream and faults
  .venv/bin/python scripts/fuzz-stream properties             login files, beside a real Java
  .venv/bin/python scripts/fuzz-stream addresses              addresses and shells
"""


def _ledger() -> AbstractContextManager[Try]:
    from scripts.fuzz_stream import histories

    return nullcontext(histories.try_seed)


def _results() -> AbstractContextManager[Try]:
    from scripts.fuzz_stream import results

    return nullcontext(results.try_seed)


def _addresses() -> AbstractContextManager[Try]:
    from scripts.fuzz_stream import addresses

    return nullcontext(addresses.try_seed)


@contextmanager
def _properties() -> Iterator[Try]:
    from scripts.fuzz_stream import properties
    from scripts.fuzz_stream.java import Java

    with Java() as java, tempfile.TemporaryDirectory(prefix="fuzz-stream-") as folder:
        yield lambda seed: [
            *properties.try_seed(seed, java, Path(folder)),
            *properties.try_syntax(seed, java),
            *properties.try_jaas(seed, java),
        ]


TARGETS: Mapping[str, Callable[[], AbstractContextManager[Try]]] = {
    "ledger": _ledger,
    "results": _results,
    "properties": _properties,
    "addresses": _addresses,
}


def main(arguments: Sequence[str]) -> int:
    """Try until the time is over; returns the exit code."""
    parser = frame.parser(
        "fuzz-stream", "Random inputs against the stream, whose right answer is known.", USAGE
    )
    parser.add_argument("what", choices=tuple(TARGETS))
    trials.add_arguments(parser)
    namespace = parser.parse_args(arguments)
    return frame.exit_code("fuzz-stream", lambda: _run(namespace))


def _run(namespace: argparse.Namespace) -> int:
    chosen = trials.Trials.of(namespace)
    with TARGETS[namespace.what]() as try_seed:
        tried, found = chosen.run(_telling(namespace.what, try_seed), MOST_FINDINGS)
    print(f"{tried:,} tried, {found} with findings")
    return trials.EXIT_FOUND if found else 0


def _telling(what: str, try_seed: Try) -> Try:
    """The same, which tells each finding with the seed that finds it again."""

    def tell(seed: int) -> list[str]:
        findings = try_seed(seed)
        if findings:
            print(f"{what} --seed {seed}:", *findings, sep="\n    ", flush=True)
        return findings

    return tell

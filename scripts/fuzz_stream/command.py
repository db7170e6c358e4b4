"""``scripts/fuzz-stream``: one random trial after the other, until the time is over.

Exit codes: 0 nothing found, 1 something was (its seed is printed), 2 usage, 4 nothing could be
tried, 130 interrupted.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from hotloop.errors import HotloopError, UsageError

EXIT_FOUND = 1
EXIT_INTERRUPTED = 130
SECONDS_PER_MINUTE = 60.0
# So many findings are told; one fault is found by many seeds.
MOST_FINDINGS = 20
USAGE = """
  .venv/bin/python scripts/fuzz-stream ledger --minutes 10   random lives of a topic, accounted for
  .venv/bin/python scripts/fuzz-stream ledger --seed 417      one of them again
  .venv/bin/python scripts/fuzz-stream results                damaged results of stream and faults
  .venv/bin/python scripts/fuzz-stream properties             login files, beside a real Java
  .venv/bin/python scripts/fuzz-stream addresses              addresses and shells
"""

Try = Callable[[int], list[str]]


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
    parser = argparse.ArgumentParser(
        prog="fuzz-stream",
        description="Random inputs against the stream, whose right answer is known.\n" + USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("what", choices=tuple(TARGETS))
    parser.add_argument("--minutes", type=float, default=1.0, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, help="this trial alone")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: 0)")
    namespace = parser.parse_args(arguments)
    try:
        if not 0 < namespace.minutes < float("inf"):
            raise UsageError(f"--minutes {namespace.minutes}: give a number above 0")
        with TARGETS[namespace.what]() as try_seed:
            found = _tried(try_seed, namespace)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except HotloopError as error:
        print(f"fuzz-stream: {error}", file=sys.stderr)
        return error.exit_code
    return EXIT_FOUND if found else 0


def _tried(try_seed: Try, namespace: argparse.Namespace) -> int:
    """The number of trials with a finding; each is told, with the seed that finds it again."""
    end_s = time.monotonic() + namespace.minutes * SECONDS_PER_MINUTE
    seed = namespace.first if namespace.seed is None else namespace.seed
    tried = found = 0
    while found < MOST_FINDINGS and time.monotonic() < end_s:
        findings = try_seed(seed)
        tried += 1
        if findings:
            found += 1
            print(f"{namespace.what} --seed {seed}:", *findings, sep="\n    ", flush=True)
        if namespace.seed is not None:
            break
        seed += 1
    print(f"{tried:,} tried, {found} with findings")
    return found

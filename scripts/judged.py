"""One benchmark of two commits: how much slower head is, and why, flagged or not."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hotloop import cli
from hotloop.base.errors import MeasurementError
from hotloop.gate import measure as gate_measure
from hotloop.gate import options as gate_options
from hotloop.gate.build.here import HERE
from hotloop.gate.explain.explain import explanation_of
from hotloop.gate.explain.watched import NotWatched
from hotloop.gate.explanation import Explanation
from hotloop.gate.measure import Beginning
from hotloop.gate.model import Benchmark, PytestRequest
from hotloop.gate.options import Options
from hotloop.gate.preparation import Prepared
from hotloop.gate.result import BenchmarkResult
from hotloop.report.progress import Progress, progress_on

# Plugins that the tests do not need would take most of a process's time to start.
NO_PLUGINS = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"


@dataclass(frozen=True, slots=True)
class Judge:
    """Both commits, built, and what the gate was asked for."""

    options: Options
    prepared: Prepared
    lanes: int
    beginning: Beginning
    progress: Progress

    def benchmark(self, name: str) -> Benchmark:
        """The benchmark of this name. Raises MeasurementError if there is none."""
        found = [each for each in self.prepared.suite.benchmarks if each.name == name]
        if not found:
            raise MeasurementError(f"there is no benchmark {name}")
        return found[0]

    def row(self, benchmark: Benchmark) -> BenchmarkResult:
        """What the gate finds in the seconds that it has. Raises MeasurementError if nothing."""
        one = replace(self.prepared.suite, benchmarks=(benchmark,))
        prepared = replace(self.prepared, suite=one)
        pairs = gate_measure.new_executor(prepared, self.lanes)
        result = gate_measure.compare(prepared, pairs, self.options, self.beginning, self.progress)
        (row,) = result.benchmarks
        if row.ratio is None:
            raise MeasurementError(f"{row.label}: {row.reason}")
        return row

    def explanation(
        self, benchmark: Benchmark, ratio: float, call_s: float, seed: int
    ) -> Explanation:
        """Why head takes ``ratio`` times as long. Raises MeasurementError if nobody can tell."""
        try:
            return explanation_of(
                benchmark, ratio, call_s, self.prepared, self.lanes, seed, lambda *_: None
            )
        except (NotWatched, OSError) as error:
            raise MeasurementError(str(error)) from error


@contextlib.contextmanager
def judging(tests: PytestRequest | None, *words: str) -> Iterator[Judge]:
    """What ``hotloop gate`` is asked for in ``words``; ``tests``: in this Python, nothing built."""
    options = _options(*words)
    request = options.request
    assert request is not None
    if tests is not None:
        request = replace(request, environments=(HERE, HERE), pytest=tests)
    os.environ[NO_PLUGINS] = "1"
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,  # noqa: PTH123
        progress_on(nowhere, quiet=True) as progress,
        gate_measure.ready(request, None, progress) as (prepared, pairs, beginning),
    ):
        yield Judge(options, prepared, pairs.lanes, beginning, progress)


def _options(*words: str) -> Options:
    parser = cli.Parser(prog="hotloop gate", allow_abbrev=False)
    gate_options.add_arguments(parser)
    return gate_options.parse_options(parser.parse_intermixed_args(words))

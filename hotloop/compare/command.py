"""``hotloop compare``: any callables, checked, timed in turns and printed."""

import argparse
import time
from typing import TextIO

from hotloop.base.values import seed_or_new
from hotloop.compare import options as compare_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop compare``."""
    compare_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Find, check, time, export and print; returns the exit code."""
    start_s = time.perf_counter()
    options = compare_options.parse_options(namespace)
    # `--help` and refused arguments do not need the rest.
    if options.stored is not None:
        from hotloop.compare.output import publish
        from hotloop.compare.result import load

        return publish(load(options.stored), options, out)
    from hotloop.base.busy import Watch

    # Who is busy is to be known before anything of ours is timed; meanwhile all is loaded.
    watch = Watch()
    from hotloop.base.conditions import read_conditions
    from hotloop.compare.assistant import workplace
    from hotloop.report.progress import progress_on

    if options.commands is not None:
        from hotloop.compare.output import publish
        from hotloop.compare.run import compare_commands

        with progress_on(err, options.quiet) as progress:
            return publish(compare_commands(options, watch, progress, start_s), options, out)
    seed = seed_or_new(options.seed)
    with (
        progress_on(err, options.quiet) as progress,
        workplace(options.sources[0].python) as (folder, assistant),
    ):
        assistant.begin()
        # It starts meanwhile.
        from hotloop.compare import finding
        from hotloop.compare.extension import notes
        from hotloop.compare.output import publish
        from hotloop.compare.run import Request, compare

        conditions = read_conditions(watch)
        options, broken = finding.compile_all(options)
        assistant.know([s.described() for s in options.sources if s.statement is None])
        progress.report("loading", 0.0)
        entrants, given, left_out = finding.find(options, assistant, seed, broken)
        request = Request(
            entrants=entrants,
            given=given,
            label=finding.label(given, options.sources),
            rule=options.rule,
            fresh=options.fresh,
            budget_s=options.budget_s,
            patience_s=options.patience_s,
            seed=seed,
            sizes=options.sizes,
            notes=(*notes(options.sources), *left_out),
        )
        result = compare(request, conditions, folder, assistant, progress, start_s)
    return publish(result, options, out)

"""The fault runs of one command, one after the other, and what is stored about each."""

from dataclasses import dataclass, field
from typing import TextIO

from hotloop.base.errors import UsageError
from hotloop.base.mishap import told
from hotloop.base.outcome import Status
from hotloop.faults.options import Options
from hotloop.faults.result import ActionFacts, FaultReport
from hotloop.report.progress import Progress
from hotloop.streams.cluster import Where, open_cluster, voice_of
from hotloop.streams.result import BrokerFacts
from stream import registry
from stream.faults import run as runner
from stream.faults.plans import Fault
from stream.faults.run import FaultRun

# One run beyond its load: joining, catching up, the last commits, stopping, a broker's start.
AROUND_LOAD_S = 15.0
INTERRUPTED = "interrupted before it was over"


@dataclass(slots=True)
class Runs:
    """Every fault with every variant; ``reports`` and ``warnings`` fill as they are run.

    ``quiet_err``: gets what is done to a user's cluster if progress is not shown.
    """

    options: Options
    seed: int
    progress: Progress
    quiet_err: TextIO | None
    reports: list[FaultReport] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_interrupted: bool = False

    def carry_out(self) -> None:
        """A report for every run. An interruption keeps those that were finished."""
        runs = [(f, variant) for f in self.options.faults for variant in self.options.variants]
        whole_s = sum(_expected_s(fault) for fault, _ in runs)
        self.progress.note(f"{len(runs)} fault run(s), about {whole_s:.0f} s")
        done_s = 0.0
        try:
            for fault, variant in runs:
                self._run_one(fault, variant, done_s / whole_s)
                done_s += _expected_s(fault)
        except KeyboardInterrupt:
            if not self.reports:
                raise KeyboardInterrupt(*self.warnings) from None
            self.is_interrupted = True
            for fault, variant in runs[len(self.reports) :]:
                self._add(fault, variant, Status.FAILED, INTERRUPTED)

    def _run_one(self, fault: Fault, variant: str, done: float) -> None:
        """One run on a broker of its own, or on the user's cluster; adds its report.

        Each fault has its own broker, because one that was harmed, or whose run failed, would
        affect the next. A failure costs only this run, and nothing if it is in the stop or the
        tidying.
        """
        options = self.options
        missing = registry.get(variant).unavailable()
        if missing is not None:
            self._add(fault, variant, Status.UNAVAILABLE, missing)
            return
        facts: BrokerFacts | None = None
        went: FaultRun | None = None
        voice = voice_of(self.progress, done, self.warnings, self.quiet_err)
        where = Where(options.bootstrap, options.security, options.prefix, fault.nodes)
        try:
            with open_cluster(where, voice) as (place, own, facts):
                went = runner.run(
                    place, own, fault, variant, options.rate_per_s, self.seed, voice.say
                )
        except Exception as error:
            if went is not None:
                voice.warn(told(error))
            elif isinstance(error, UsageError) and not self.reports:
                raise
            else:
                self._add(fault, variant, Status.FAILED, told(error), facts)
        finally:
            if went is not None:
                self._add(fault, variant, *_ending(went), facts, went)

    def _add(
        self,
        fault: Fault,
        variant: str,
        status: Status,
        reason: str | None,
        broker: BrokerFacts | None = None,
        run: FaultRun | None = None,
    ) -> None:
        """Store a run; ``run`` None: it did not finish, or there was none."""
        self.reports.append(
            FaultReport(
                fault=fault.name,
                idea=fault.idea,
                promise=fault.promise.value,
                variant=variant,
                commits=registry.get(variant).commits,
                status=status,
                reason=reason,
                broker=broker,
                offered_per_second=self.options.rate_per_s,
                seconds=run.load_s if run else None,
                session_timeout_seconds=fault.session_timeout_s,
                actions=tuple(ActionFacts(*done) for done in run.done) if run else (),
                account=run.account if run else None,
                pause_seconds=run.pause_s if run else None,
                duplicates_explained=run.explanation if run else None,
                versions=dict(run.report.versions) if run else {},
                doubts=run.verdict.doubts if run else (),
            )
        )


def _expected_s(fault: Fault) -> float:
    return fault.least_load_s + AROUND_LOAD_S


def _ending(run: FaultRun) -> tuple[Status, str | None]:
    if run.verdict.broken is not None:
        return Status.WRONG, run.verdict.broken
    if run.verdict.untested is not None:
        return Status.FAILED, run.verdict.untested
    return Status.OK, None

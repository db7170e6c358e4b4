"""One consumer in a process of its own: ``python -m stream.consume.worker DESCRIPTOR PARENT``.

    stdin            the Job, one line of JSON
    DESCRIPTOR       the ConsumerReport, one line of JSON, when it is over
    stdout, stderr   the client's output (Faust uses stdout for its log)

SIGTERM and SIGINT stop it gracefully, with a final commit. It gives up by itself at the job's
deadline. After a crash its report has the reason; the exit code is then 4, otherwise 0.
"""

import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence

from hotloop.base.clock import Clock, SystemClock
from hotloop.base.errors import HotloopError
from hotloop.base.lifeline import hold
from stream import child, registry
from stream.cluster.security import Security
from stream.consume import journal
from stream.consume.job import NO_LOOP, ConsumerReport, Job, Resolved, failed
from stream.consume.sink import Sink, Stop

# Faust's graceful stop takes 4 to 6 s; a client that needs longer than this is hung.
STOP_WITHIN_S = 20.0
# A consumer that has to read a whole topic sees something new within this time.
SILENCE_S = 30.0


def main(arguments: Sequence[str] = sys.argv[1:], clock: Clock | None = None) -> int:
    """Run the job on stdin and report; returns the exit code."""
    clock = clock or SystemClock()
    started_ns = clock.now_ns()
    descriptor = int(arguments[0])
    job = Job.from_json(sys.stdin.readline())
    sink = Sink(job, clock)
    # The sink's lists get an entry for each record. A client that makes a full collection would
    # walk all of them, which it does in nobody's app: 30 ms for a million records.
    gc.freeze()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sink.request_stop(Stop.SIGNAL))
    over = threading.Event()
    threading.Thread(
        target=_watch, args=(job, sink, over, descriptor, started_ns), daemon=True
    ).start()
    resolved, bad, failure = _run(job, sink)
    over.set()
    report = ConsumerReport(
        variant=job.variant,
        started_ns=started_ns,
        first_ns=sink.first_ns,
        last_ns=sink.last_ns,
        count=sink.count,
        seen=sink.seen,
        bad=bad,
        cpu_s=sink.cpu_s,
        settings=resolved.settings,
        versions=resolved.versions,
        loop=resolved.loop,
        compiled=resolved.compiled,
        failure=failure or _unfinished(job, sink),
        signalled=sink.stopped_by is Stop.SIGNAL,
        raised=failure is not None,
    )
    return _send(report, descriptor)


def _run(job: Job, sink: Sink) -> tuple[Resolved, dict[str, int], str | None]:
    """Return what the variant ran with, the bad records, and one sentence if it failed."""
    resolved = Resolved(settings={}, versions={}, loop=NO_LOOP, compiled={})
    bad: dict[str, int] = {}
    failure = None
    hide = Security(job.login).without_secrets
    try:
        run = registry.load(job.variant)
        journal.keep(job, sink)
        try:
            resolved = run(job, sink)
        finally:
            bad = sink.close()
    except HotloopError as error:
        failure = hide(str(error))
    # Whatever a client raises ends only this worker; the traceback goes to its log.
    except BaseException as error:
        sys.stderr.write(hide(traceback.format_exc()))
        failure = hide(f"{job.variant} failed: {type(error).__name__}: {error}")
    return resolved, bad, failure


def _unfinished(job: Job, sink: Sink) -> str | None:
    """Return what went wrong if nobody asked for the end, or only the deadline did."""
    if sink.stopped_by in (Stop.TARGET, Stop.SIGNAL):
        return None
    wanted = "and was not stopped" if job.target_records is None else f"of {job.target_records}"
    saw = f"{job.variant} saw {sink.seen} records {wanted}"
    if sink.stopped_by is None:
        return f"{saw}, then its client stopped by itself"
    if sink.stopped_by is Stop.SILENCE:
        return f"{saw}, then none for {SILENCE_S:g} s"
    if sink.stopped_by is Stop.JOURNAL:
        return f"{saw}, then could not write {job.journal_path}: make room there"
    return f"{saw} in {job.deadline_s:g} s"


def _watch(job: Job, sink: Sink, over: threading.Event, descriptor: int, started_ns: int) -> None:
    """Stop the run at its deadline; end the process if that does not help."""
    deadline_s = time.monotonic() + job.deadline_s
    is_to_the_end = job.target_records is not None and job.stretch_s is None
    seen, cause = 0, Stop.DEADLINE
    while (left_s := deadline_s - time.monotonic()) > 0:
        if over.wait(min(left_s, SILENCE_S)):
            return
        if is_to_the_end and left_s > SILENCE_S and 0 < sink.seen == seen:
            # Records that the cluster has removed never come.
            cause = Stop.SILENCE
            break
        seen = sink.seen
    sink.request_stop(cause)
    if over.wait(STOP_WITHIN_S):
        return
    failure = f"{job.variant} did not stop within {STOP_WITHIN_S:g} s of its deadline"
    os._exit(_send(failed(job, failure, started_ns=started_ns), descriptor))


def _send(report: ConsumerReport, descriptor: int) -> int:
    child.report(descriptor, report.to_json())
    return HotloopError.exit_code if report.failure else 0


if __name__ == "__main__":
    hold(int(sys.argv[2]))
    sys.exit(main())

"""The stream ladder in asv: what a record costs each variant, in microseconds, smaller is better.

    asv run --bench stream

One broker is started for all variants of a run and ends with it. If none can be started (no
Java, no jars, no network for a first start), every benchmark is skipped and says why. The default
history (``make history``) leaves out this file, because a drain takes a broker and a minute.
"""

import random
import statistics
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

VARIANTS = (
    "faust",
    "faust_uvloop",
    "faust_tuned",
    "faust_take",
    "faust_event",
    "faust_bulk",
    "faust_bulk_uvloop",
    "aiokafka",
    "aiokafka_batch",
    "confluent",
    "confluent_tuned",
    "quix",
    "faststream",
    "faststream_batch",
)
"""Written out for the reason given in compute.py."""

RECORDS = 600_000
"""More than the fastest variant reads in a stretch."""

STRETCH_S = 1.0
RUNS = 3
VALUE_SEED = 12345
TIMEOUT_S = 600.0

Figures = dict[str, list[tuple[float, float]]]
"""By variant, one pair a run: wall and CPU microseconds per record."""


class Drain:
    """Emptying a topic that was filled before: all variants in random order, several rounds."""

    params = VARIANTS
    param_names = ("variant",)
    timeout = TIMEOUT_S

    def setup_cache(self) -> tuple[Figures, dict[str, str]]:
        """The figures, or why there are none, by variant; asv calls this once in a run."""
        try:
            from stream.broker import start
        except ImportError as error:
            return {}, dict.fromkeys(self.params, f"this commit or machine lacks: {error}")
        try:
            broker = start()
        except Exception as error:
            # Errors with a code are sentences for the user: no Java, no jars. The others are bugs.
            if not hasattr(error, "exit_code"):
                raise
            return {}, dict.fromkeys(self.params, str(error))
        with broker, tempfile.TemporaryDirectory(prefix="hotloop-") as folder:
            return self._measure(broker, Path(folder))

    setup_cache.timeout = TIMEOUT_S  # type: ignore[attr-defined]

    def setup(self, cache: tuple[Figures, dict[str, str]], variant: str) -> None:
        """NotImplementedError, which asv takes for "skip", for a variant without figures."""
        figures, reasons = cache
        if variant not in figures:
            raise NotImplementedError(reasons.get(variant, "this commit lacks it"))

    def track_us_per_record(self, cache: tuple[Figures, dict[str, str]], variant: str) -> float:
        """Wall time of the stretch over its records."""
        return statistics.median(wall_us for wall_us, _ in cache[0][variant])

    def track_cpu_us_per_record(self, cache: tuple[Figures, dict[str, str]], variant: str) -> float:
        """The consumer's CPU time within the stretch over its records."""
        return statistics.median(cpu_us for _, cpu_us in cache[0][variant])

    def _measure(self, broker: Any, folder: Path) -> tuple[Figures, dict[str, str]]:
        from stream import registry

        try:
            places = import_module("stream.cluster.place")
            drains = import_module("stream.measure.drain")
        except ImportError:
            # Where they were until November 2026: asv runs this file on old commits too.
            places, drains = import_module("stream.place"), import_module("stream.drain")
        reasons: dict[str, str] = {}
        for name in self.params:
            try:
                reason = registry.get(name).unavailable()
            except Exception as error:
                if not hasattr(error, "exit_code"):
                    raise
                reason = str(error)
            if reason is not None:
                reasons[name] = reason
        place = places.Place(broker.bootstrap, 1, None, folder, None)
        shape = drains.Shape(topics=1, partitions=1, workers=1)
        filled = drains.fill(place, shape, RECORDS, producers=1, value_seed=VALUE_SEED)
        names = [name for name in self.params if name not in reasons]
        figures: Figures = {name: [] for name in names}
        rng = random.Random(VALUE_SEED)
        for _ in range(RUNS):
            for name in rng.sample(names, len(names)):
                run = drains.drain(place, filled, name, shape, STRETCH_S, None)
                if run.account.lost or run.account.duplicated:
                    raise RuntimeError(f"{name} gave a wrong account: {run.account}")
                if run.cpu_s_per_million is None:
                    raise RuntimeError(f"{name} did not tell its CPU time")
                figures[name].append((1e6 / run.records_per_s, run.cpu_s_per_million))
        return figures, reasons


Drain.track_us_per_record.unit = "us"  # type: ignore[attr-defined]
Drain.track_cpu_us_per_record.unit = "us"  # type: ignore[attr-defined]

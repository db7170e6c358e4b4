"""When each record is due: an open-loop schedule as pure arithmetic.

Record ``i`` is planned at ``start + i / rate``, whatever happened to the
records before it.  A sender that falls behind therefore sends late, and the
lateness stays visible in the record, instead of quietly offering less
("coordinated omission"; Tene, "How NOT to Measure Latency", 2013).

    planned   |----|----|----|----|----|----|----   start + i / rate
    sent      |----|-----------||||----|----|----   a stall, then what became due
                                ^ latency counts from the plan, not from here
"""

import math
from dataclasses import dataclass

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Schedule:
    """``records`` planned sends, ``rate_per_s`` of them a second, from ``start_ns`` on."""

    start_ns: int
    rate_per_s: float
    records: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.rate_per_s) and self.rate_per_s > 0):
            raise ValueError(f"a rate is a finite number above 0, not {self.rate_per_s}")
        if self.records < 0:
            raise ValueError(f"a number of records is 0 or more, not {self.records}")

    def planned_ns(self, index: int) -> int:
        """The planned send time of record ``index``, on the clock of ``start_ns``."""
        return self.start_ns + int(index * NS_PER_S / self.rate_per_s)

    def due(self, now_ns: int) -> int:
        """How many records are planned at or before ``now_ns``."""
        if now_ns < self.start_ns or self.records == 0:
            return 0
        count = int((now_ns - self.start_ns) * self.rate_per_s / NS_PER_S) + 1
        # Float rounding can be one record off on either side of a planned time.
        while count < self.records and self.planned_ns(count) <= now_ns:
            count += 1
        while count > 0 and self.planned_ns(count - 1) > now_ns:
            count -= 1
        return min(count, self.records)

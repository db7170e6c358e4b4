"""What a record says of the machine and the moment in which a run was made."""

import time
from collections.abc import Sequence

from hotloop.base.conditions import read_conditions
from hotloop.base.machine import read_machine


def circumstances(distributions: Sequence[str]) -> dict[str, object]:
    """How busy others are now, the machine, the versions of these distributions, and the time."""
    busy_cpus, machine = read_conditions().busy_cpus, read_machine(distributions)
    return {
        "busy_cpus": None if busy_cpus is None else round(busy_cpus, 2),
        "cpu": machine.cpu,
        "usable_cpus": machine.usable_cpus,
        "python": machine.python,
        "versions": dict(machine.versions),
        "at": time.strftime("%Y-%m-%dT%H:%M:%S"),
    }

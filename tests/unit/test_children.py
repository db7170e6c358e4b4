"""What a child process leaves behind when it dies."""

from hotloop.timing.children import parse_memory_kills


def test_the_kernels_count_of_processes_killed_for_memory_is_read() -> None:
    assert parse_memory_kills("pgfault 12345\noom_kill 7\noom_killer_runs 9\n") == 7
    assert parse_memory_kills("pgfault 12345\n") == 0

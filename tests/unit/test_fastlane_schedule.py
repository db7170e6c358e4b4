"""The schedules of scripts/fastlane-faults: a seed is one, and somebody runs at its end."""

from collections import Counter

from scripts.fastlane_faults.schedule import MOST_WORKERS, rate_per_s, schedule
from stream.faults.plans import Act

SEEDS = range(300)


def test_a_seed_is_one_schedule() -> None:
    assert all(schedule(seed) == schedule(seed) for seed in SEEDS)
    assert all(rate_per_s(seed) == rate_per_s(seed) for seed in SEEDS)
    assert len({schedule(seed).idea for seed in SEEDS}) == len(SEEDS)


def test_there_is_always_somebody_to_act_on_and_somebody_at_the_end() -> None:
    acts = Counter[Act]()
    for seed in SEEDS:
        running = 1
        for action in schedule(seed).actions:
            acts[action.act] += 1
            if action.act in (Act.STOP_WORKER, Act.KILL_WORKER):
                assert running > 0
                running -= 1
            elif action.act is Act.START_WORKER:
                running += 1
                assert running <= MOST_WORKERS
        assert running > 0
        assert schedule(seed).partitions >= MOST_WORKERS
    wanted = {Act.START_WORKER, Act.STOP_WORKER, Act.KILL_WORKER, Act.SEND_POISON}
    assert wanted <= set(acts)

"""The trials as a Markdown table for docs/explain.md."""

import statistics
from collections.abc import Sequence

from hotloop.gate.explanation import Ground
from hotloop.stats.proportion import at_most, proportion
from scripts.explain_rates.cause import Cause
from scripts.explain_rates.causes import CAUSES
from scripts.explain_rates.record import Trial
from scripts.tables import table

HEAD = ("cause", "slower by", "trials", "right", "wrong", "none", "seconds")
# The promise is for causes of this size and more.
SMALLEST_RATIO = 1.03
# Those below are told apart.
SMALL_RATIO = 1.06


def render(trials: Sequence[Trial]) -> str:
    """A row for each kind of cause, then all causes and all controls, with 95 % intervals."""
    counted = [t for t in trials if CAUSES[t.cause].is_control or t.ratio >= SMALLEST_RATIO]
    by_words: dict[str, list[Trial]] = {each.words: [] for each in CAUSES.values()}
    for trial in counted:
        by_words[CAUSES[trial.cause].words].append(trial)
    causes = [t for t in counted if not CAUSES[t.cause].is_control]
    small = [t for t in causes if t.ratio < SMALL_RATIO]
    controls = [t for t in counted if CAUSES[t.cause].is_control]
    left_out = len(trials) - len(counted)
    return "\n".join(
        [
            *table(HEAD, [_row(words, some) for words, some in by_words.items() if some]),
            "",
            f"all causes: {_share('right', causes)}, {_share('wrong', causes)}",
            f"of 3 to 6 %: {_share('right', small)}, {_share('wrong', small)}",
            *(
                f"of {project}, {suite}: {_share('right', some)}, {_share('wrong', some)}"
                for (project, suite), some in _by_project(causes)
            ),
            f"all controls: {_share('wrong', controls)}",
            f"{left_out} trials were measured to be below 3 %, and do not count",
            *_loads(counted),
        ]
    )


def _by_project(trials: Sequence[Trial]) -> list[tuple[tuple[str, str], list[Trial]]]:
    found: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials:
        found.setdefault((CAUSES[trial.cause].project, trial.suite), []).append(trial)
    return sorted(found.items())


def _loads(trials: Sequence[Trial]) -> list[str]:
    if not trials:
        return []
    loads = sorted(trial.load for trial in trials)
    middle = statistics.median(loads)
    return [f"load average {loads[0]:.0f} to {loads[-1]:.0f}, median {middle:.0f}"]


def said(trial: Trial) -> str:
    """Right, wrong or none."""
    cause = CAUSES[trial.cause]
    if trial.ground == Ground.NOTHING.value:
        return "right" if trial.differs else "none"
    return "right" if _is_right(trial, cause) else "wrong"


def _is_right(trial: Trial, cause: Cause) -> bool:
    if cause.is_control:
        return False
    if trial.ground == Ground.SPREAD.value:
        return cause.is_spread
    known = {f"{file}:{name}" for file, name in cause.culprits}
    return set(trial.named) <= known


def _row(words: str, trials: Sequence[Trial]) -> tuple[str, ...]:
    words_of = [said(trial) for trial in trials]
    ratios = [trial.ratio for trial in trials]
    slower = "-"
    if not CAUSES[trials[0].cause].is_control:
        slower = f"{(min(ratios) - 1) * 100:.0f} to {(max(ratios) - 1) * 100:.0f} %"
    numbers = [str(words_of.count(word)) for word in ("right", "wrong", "none")]
    seconds = statistics.median(trial.seconds for trial in trials)
    return (words, slower, str(len(trials)), *numbers, f"{seconds:.0f}")


def _share(word: str, trials: Sequence[Trial]) -> str:
    if not trials:
        return f"no trials to say how many are {word}"
    number = sum(said(trial) == word for trial in trials)
    if word == "wrong":
        most = at_most(number, len(trials))
        return f"{number} of {len(trials)} wrong (at most {most:.1%}, 95 % sure)"
    found = proportion(number, len(trials))
    return f"{number} of {len(trials)} {word} (95 %: {found.low:.1%} to {found.high:.1%})"

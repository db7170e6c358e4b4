"""Stored results of ``hotloop stream``, damaged at random: a value or one sentence, no more."""

import random
from collections.abc import Callable
from functools import cache

from hotloop.base.errors import HotloopError
from hotloop.faults import page as fault_page
from hotloop.faults import result as fault_result
from hotloop.report import markdown, screen
from hotloop.streams import page as stream_page
from hotloop.streams import result as stream_result
from scripts.fuzzing.damage import damaged
from tests import fault_runs, streams

WIDTHS = (40, 80, 110)


@cache
def _stored() -> tuple[str, ...]:
    """A text of every state that a result may be in."""
    return (
        *(stream_result.to_json(result) for result in streams.results().values()),
        fault_result.to_json(fault_runs.RESULT),
    )


def _stream(text: str, width: int) -> None:
    result = stream_result.from_json(text)
    screen.lines(stream_page.page(result), width)
    stream_page.csv(result)
    markdown.render(stream_page.page(result))
    stream_result.to_json(result)


def _faults(text: str, width: int) -> None:
    result = fault_result.from_json(text)
    screen.lines(fault_page.page(result), width)
    fault_result.to_json(result)


def try_seed(seed: int) -> list[str]:
    """What is wrong with the reading of that seed's damage, by both readers."""
    chance = random.Random(seed)
    text = damaged(chance, chance.choice(_stored())).decode(errors="replace")
    width = chance.choice(WIDTHS)
    return [
        *(f"stream: {finding}" for finding in _findings(_stream, text, width)),
        *(f"faults: {finding}" for finding in _findings(_faults, text, width)),
    ]


def _findings(read: Callable[[str, int], None], text: str, width: int) -> list[str]:
    try:
        read(text, width)
    except HotloopError as error:
        said = str(error)
        return [] if said and "\n" not in said else [f"not one sentence: {said[:500]!r}"]
    except BaseException as error:
        return [f"raised {type(error).__name__}: {error}"]
    return []

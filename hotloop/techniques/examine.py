"""What the user's function is and does, asked of processes that know it (``inside.examiner``)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotloop.base.errors import HotloopError, MeasurementError, UsageError
from hotloop.compare.summary import said
from hotloop.techniques.helper import Helper
from hotloop.techniques.result import Part, Seen, Wide
from hotloop.timing.children import HUNG, Lost

MODULE = "hotloop.techniques.inside.examiner"
# What the user can mend in the command or in the file, as against what went wrong.
ASKED_WRONGLY = frozenset({"NoFunction", "NoInput", "NotComparable", "NotThere", "TooDeep"})
# Importing the file and making its input may take this long.
IMPORT_S = 60.0
# The copy that notes everything is some ten times as slow, the profile three times.
SLOWER = 6.0
WATCHED_AT_MOST_S = 30.0


@dataclass(frozen=True, slots=True)
class Examined:
    """What is known before anything is built.

    ``watched``: what ``inside.watched`` says; None if watching failed, and ``seen.unwatched`` says
    why.
    """

    seen: Seen
    watched: Mapping[str, Any] | None
    changes_arguments: bool
    converts: bool
    pythran: tuple[str | None, ...]
    """The types of the arguments as pythran names them; None if it cannot."""


def examine(asked: Mapping[str, object], patience_s: float, folder: Path) -> Examined:
    """Look at the function and watch it. Raises UsageError for what no technique could take."""
    with (
        Helper(MODULE, folder / "look.log") as looking,
        Helper(MODULE, folder / "watch.log") as watching,
    ):
        looking.ask("load", **asked)
        _must(looking.answer(IMPORT_S), asked)
        looking.ask("look")
        _must(looking.answer(patience_s), asked)
        # Not before: what cannot be called need not be watched.
        watching.ask("watch", **asked)
        looking.ask("look_closer")
        looked = _must(looking.answer(SLOWER * patience_s), asked)
        watched = watching.answer(WATCHED_AT_MOST_S)
    seen = _seen(looked)
    if isinstance(watched, Lost):
        seen, watched = replace(seen, unwatched=_why_unwatched(watched)), None
    else:
        widest = watched["widest"]
        seen = replace(
            seen,
            widest=None if widest is None else _wide(widest),
            wide=tuple(_wide(place) for place in watched["wide"]),
        )
    return Examined(
        seen,
        watched,
        looked["changes_arguments"],
        looked["converts"],
        tuple(looked["pythran"]),
    )


def _must(reply: Any | Lost, asked: Mapping[str, object]) -> Any:
    if not isinstance(reply, Lost):
        return reply
    source: Any = asked["source"]
    where = f"{Path(source['path']).name}:{source['function']}"
    if reply.error in ASKED_WRONGLY:
        raise UsageError(f"{where}: {reply.message}")
    kind: type[HotloopError] = UsageError if reply.error == "SyntaxError" else MeasurementError
    raise kind(f"{where}: {said(reply.error, reply.message)}")


def _why_unwatched(lost: Lost) -> str:
    if lost.error == HUNG:
        return (
            f"watching it took longer than {WATCHED_AT_MOST_S:.0f} s: give an input that takes "
            "less time"
        )
    return f"it could not be watched: {said(lost.error, lost.message)}"


def _seen(looked: Mapping[str, Any]) -> Seen:
    return Seen(
        line=looked["line"],
        arguments=tuple(looked["arguments"]),
        returns=looked["returns"],
        examples=looked["examples"],
        changes_arguments=looked["changes_arguments"],
        printed_chars=looked["printed"],
        cached=tuple(looked["cached"]),
        profile=tuple(
            Part(row["name"], row["file"], row["line"], row["part"]) for row in looked["profile"]
        ),
        widest=None,
        wide=(),
        unwatched=None,
    )


def _wide(place: Mapping[str, Any]) -> Wide:
    return Wide(
        Path(place["file"]).name, place["line"], place["text"], place["bits"], place["divided"]
    )

"""The sections of the page, from stored results and from asv's folders."""

from collections.abc import Sequence

from hotloop.base.errors import MeasurementError
from hotloop.base.stored import Named, read
from hotloop.reports import history
from hotloop.reports.kinds import KINDS, Shown


def read_all(results: Sequence[Named]) -> tuple[list[Shown], list[str]]:
    """The results, and a sentence for each that could not be read."""
    shown, unread = [], []
    for named in results:
        try:
            if history.is_history(named.path):
                sections, damaged = history.sections(named)
                shown += [Shown(named.label, section, None) for section in sections]
                unread += damaged
            else:
                stored = read(named, tuple(KINDS))
                shown.append(KINDS[stored.schema].shown(stored.content, named))
        except MeasurementError as error:
            unread.append(str(error))
    return shown, unread

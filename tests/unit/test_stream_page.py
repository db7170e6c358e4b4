"""What a reader sees of variants of which a part was measured."""

from hotloop.base.outcome import Status
from hotloop.report.terminal import PLAIN_WIDTH
from hotloop.streams import page as stream_page
from hotloop.streams.summary import Entry, summarise
from stream.consume.job import GroupProtocol
from stream.measure.search import Answer, LimitedBy
from stream.measure.sustain import Sustained
from tests import printed
from tests.streams import CLEAN, context, entry, rebalanced

FOUND = Sustained(Answer(5_000.0, 6_000.0, LimitedBy.CONSUMER), (), CLEAN)
CRASHED = (Status.FAILED, "its latency run crashed")


def lines(*entries: Entry) -> list[str]:
    """Of a result without drains."""
    result = summarise(entries, context(limit_samples=(), perf_test_per_s=None))
    return printed.text(stream_page.page(result), PLAIN_WIDTH).splitlines()


def test_who_failed_after_its_search_shows_the_rate_and_why_there_is_no_more() -> None:
    printed_lines = lines(entry("faust", sustained=FOUND, failure=CRASHED))
    assert any(line.split() == ["faust", "5,000"] for line in printed_lines)
    assert "! faust failed: its latency run crashed" in printed_lines


def test_who_was_only_rebalanced_has_no_row_among_the_loads() -> None:
    printed_lines = lines(
        entry("faust", groups={GroupProtocol.EAGER: rebalanced(2.0, 2.5, 1.9)}, failure=CRASHED),
        entry("aiokafka", sustained=FOUND, failure=CRASHED),
    )
    assert "faust" not in [line.strip() for line in printed_lines]
    assert [line for line in printed_lines if line.startswith("faust ")]

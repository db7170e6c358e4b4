"""What several tables and charts of the stream ladder have in common."""

from hotloop.base.outcome import Status
from hotloop.report.layout import Style
from hotloop.streams.result import VariantResult

SIGNIFICANT_DIGITS = 3


def figure(per_s: float) -> str:
    """A rate in whole records, three digits of it: "243,000"."""
    return f"{float(f'{per_s:.{SIGNIFICANT_DIGITS - 1}e}'):,.0f}"


def remark(variant: VariantResult) -> str | None:
    """Why there are no figures; a variant that has some shows them, and the reason below."""
    if variant.status is Status.OK or variant.has_figures:
        return None
    return f"{variant.status.value}: {variant.reason}"


def bar_style(variant: VariantResult) -> Style:
    """Of its bar in a chart."""
    return Style.PLAIN if variant.status is Status.OK else Style.BAD

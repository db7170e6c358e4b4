"""The one benchmark."""

from shop import report


def time_run():
    """What the report is."""
    return report.run()

"""Which variants of the compute ladder can run here."""

from implementations import registry


def can_run(name: str) -> bool:
    """Whether it loads; what is compiled when it is first asked for is compiled now."""
    try:
        registry.load(name)
    except registry.Unavailable:
        return False
    return True

"""Needs a module that nobody has."""

import no_such_module  # type: ignore[import-not-found]  # noqa: F401


def time_it() -> None:
    pass

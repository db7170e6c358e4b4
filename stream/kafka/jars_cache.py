"""Are the jars on this disk the recorded ones? If not, they are fetched.

The checksums are compared at every start. A missing or damaged jar alone is fetched again,
under a lock, and moved into the cache only if its checksum is right.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotloop.base.errors import MeasurementError
from stream.kafka.folders import cache_folder
from stream.kafka.jars import Jar, JarSet, Say, recorded, sha256_of


def class_path(jar_set: JarSet, say: Say) -> tuple[Path, ...]:
    """Every jar of the set on this disk, verified; fetched first if necessary.

    Raises MeasurementError if a jar is missing or damaged and cannot be fetched.
    """
    folder = cache_folder() / "jars"
    jars = recorded(jar_set)
    if _wrong(jars, folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _locked(folder.parent / "jars.lock", say):
                _mend(jars, folder, say)
        except OSError as error:
            raise MeasurementError(
                f"cannot write the cache in {folder}: {error.strerror or error}; make room, or set "
                "HOTLOOP_CACHE to a folder that can be written"
            ) from error
    return tuple(folder / jar.place for jar in jars)


def _wrong(jars: tuple[Jar, ...], folder: Path) -> tuple[Jar, ...]:
    return tuple(jar for jar in jars if sha256_of(folder / jar.place) != jar.sha256)


def _mend(jars: tuple[Jar, ...], folder: Path, say: Say) -> None:
    # Another start may have fetched them while this one waited for the lock.
    wrong = _wrong(jars, folder)
    for jar in wrong:
        if (folder / jar.place).exists():
            say(f"{folder / jar.place} is damaged (not the recorded SHA-256)")
    if wrong:
        # Only here, so that a later start needs neither jgo nor a network.
        from stream.kafka.jars_fetch import fetch

        fetch(wrong, folder, say)


@contextmanager
def _locked(path: Path, say: Say) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another start that is fetching the broker's jars")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield

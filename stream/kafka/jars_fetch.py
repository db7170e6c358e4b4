"""Fetching jars with jgo from Maven Central, or from where the user's jgo settings say.

A jar goes to a private folder first and is moved into the cache in one step, after its
checksum was compared: an interrupted download is never taken for a jar. The user's own
Maven repository is read, never written.
"""

import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from hotloop.base import interrupts
from hotloop.base.errors import MeasurementError
from stream.kafka.jars import Jar, Say, sha256_of

if TYPE_CHECKING:
    from jgo.maven import MavenContext

PARALLEL_DOWNLOADS = 6
READ_TIMEOUT_S = 20

_SAY_EVERY_JARS = 10

_PRIVATE = ".fetch-"


def fetch(jars: tuple[Jar, ...], folder: Path, say: Say) -> None:
    """Bring ``jars`` into ``folder``. The caller holds the cache's lock.

    Raises MeasurementError if a jar cannot be had or is not the recorded one, OSError
    where the cache cannot be written.
    """
    # Left by a fetch that was killed; nobody else fetches while the lock is held.
    for leftover in folder.glob(f"{_PRIVATE}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    say(f"fetching {len(jars)} jars of the broker, once, into {folder}")
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix=_PRIVATE) as private,
        _system_certificates(),
    ):
        context = maven_context(Path(private))
        with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
            try:
                with interrupts.held_back():
                    pending = [pool.submit(_fetch_one, context, jar, folder) for jar in jars]
                for count, future in enumerate(interrupts.as_completed(pending), start=1):
                    future.result()
                    if count % _SAY_EVERY_JARS == 0:
                        say(f"{count} of {len(jars)} jars are here")
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


@contextmanager
def _system_certificates() -> Iterator[None]:
    """Let requests, which jgo uses, trust what the system trusts, such as a proxy's authority.

    By default it knows only its own list. The user's settings for it stay.
    """
    system_list = ssl.get_default_verify_paths().cafile
    chosen = any(os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    if not system_list or chosen:
        yield
        return
    os.environ["REQUESTS_CA_BUNDLE"] = system_list
    try:
        yield
    finally:
        del os.environ["REQUESTS_CA_BUNDLE"]


def maven_context(private: Path) -> "MavenContext":
    """jgo's context: downloads go to ``private``, the user's repository is read only."""
    try:
        from jgo.config import GlobalSettings
        from jgo.constants import MAVEN_CENTRAL_URL
        from jgo.maven import MavenContext
    except ImportError as error:
        raise MeasurementError(
            f"the broker's jars are fetched with jgo, which does not import ({error}): "
            "pip install jgo"
        ) from error
    try:
        settings = GlobalSettings.load()
    except RuntimeError as error:
        raise MeasurementError(
            "the broker's jars are fetched with jgo, which looks for its settings in a home "
            "folder, and there is none: set HOME to a folder of yours, this once"
        ) from error
    return MavenContext(
        repo_cache=private,
        local_repos=[settings.repo_cache],
        remote_repos={"central": MAVEN_CENTRAL_URL, **settings.repositories},
        timeout=READ_TIMEOUT_S,
    )


def _fetch_one(context: "MavenContext", jar: Jar, folder: Path) -> None:
    place = PurePosixPath(jar.place)
    target = folder / place
    group, artifact, version = ".".join(place.parts[:-3]), place.parts[-3], place.parts[-2]
    wanted = context.project(group, artifact).at_version(version).artifact()
    # jgo and requests raise many kinds of exception (RuntimeError for "not found"), all
    # of which mean the same here.
    try:
        fetched = wanted.resolve()
        if sha256_of(fetched) != jar.sha256 and context.repo_cache not in fetched.parents:
            # The copy in the user's Maven repository is not the recorded one: download it.
            downloaded = context.resolver.download(wanted)
            assert downloaded is not None
            fetched = downloaded
    except Exception as error:
        raise MeasurementError(
            f"{place.name} is missing or damaged in the cache and cannot be fetched "
            f"({_reason(error)}): "
            "start again with a network and room for 100 MB, or set HOTLOOP_CACHE to a filled cache"
        ) from error
    found = sha256_of(fetched)
    if found != jar.sha256:
        raise MeasurementError(
            f"{place.name} arrived with SHA-256 {found}, not the recorded {jar.sha256}: "
            "it was not kept; start again, or look at what answers for Maven Central here"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    # Only a download may be moved; a file of the user's repository is copied first.
    if context.repo_cache not in fetched.parents:
        fetched = Path(shutil.copy(fetched, context.repo_cache / f"{jar.sha256}.jar"))
    fetched.replace(target)


def _reason(error: BaseException) -> str:
    """The innermost cause in a few words, without the addresses that requests repeats."""
    while error.__cause__ is not None or error.__context__ is not None:
        inner = error.__cause__ or error.__context__
        assert inner is not None
        error = inner
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__

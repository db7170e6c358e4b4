"""Fetching jars with jgo from Maven Central, or from where the user's jgo settings say.

A jar goes to a private folder first and is moved into the cache in one step, after its
checksum was compared: an interrupted download is never taken for a jar. The user's own
Maven repository is read, never written.
"""

import errno
import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.base import interrupts
from hotloop.base.errors import MeasurementError
from stream.kafka.jars import Jar, Say, sha256_of

if TYPE_CHECKING:
    import requests
    from jgo.maven import MavenContext

PARALLEL_DOWNLOADS = 6
READ_TIMEOUT_S = 20
# Asked again when it says, or after some seconds.
BUSY = (HTTPStatus.TOO_MANY_REQUESTS,)
BUSY_TRIES = 3
BUSY_S = 2.0

_CHUNK_BYTES = 1 << 18

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
        with _kept_connections() as session, ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
            try:
                with interrupts.held_back():
                    wanted = partial(_fetch_one, context, session, folder)
                    pending = [pool.submit(wanted, jar) for jar in jars]
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


def _kept_connections() -> "requests.Session":
    """One for each thread.

    jgo's own downloads connect anew for each jar, and again for its SHA-1. That is most of their
    time: each connection reads the certificates of the system.
    """
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    # A server may end a connection that has waited, as the next request comes.
    again = Retry(
        connect=0, read=1, status=BUSY_TRIES, status_forcelist=BUSY, backoff_factor=BUSY_S
    )
    session = requests.Session()
    for kind in ("http://", "https://"):
        session.mount(kind, HTTPAdapter(pool_maxsize=PARALLEL_DOWNLOADS, max_retries=again))
    return session


def _fetch_one(
    context: "MavenContext", session: "requests.Session", folder: Path, jar: Jar
) -> None:
    target = folder / jar.place
    fetched = context.repo_cache / jar.place.replace("/", ".")
    own = (repository / jar.place for repository in context.local_repos)
    copy = next((one for one in own if sha256_of(one) == jar.sha256), None)
    # requests and the system raise many kinds of exception, all of which mean the same here.
    try:
        if copy is None:
            _download(context, session, jar, fetched)
        else:
            shutil.copy(copy, fetched)
    except Exception as error:
        raise MeasurementError(
            f"{target.name} is missing or damaged in the cache and cannot be fetched "
            f"({_reason(error)}): "
            "start again with a network and room for 100 MB, or set HOTLOOP_CACHE to a filled cache"
        ) from error
    found = sha256_of(fetched)
    if found != jar.sha256:
        raise MeasurementError(
            f"{target.name} arrived with SHA-256 {found}, not the recorded {jar.sha256}: "
            "it was not kept; start again, or look at what answers for Maven Central here"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    fetched.replace(target)


def _download(context: "MavenContext", session: "requests.Session", jar: Jar, target: Path) -> None:
    """From the first repository that has it."""
    for repository in context.remote_repos.values():
        url = f"{repository}/{jar.place}"
        with session.get(url, stream=True, timeout=context.timeout) as response:
            if response.status_code != HTTPStatus.OK:
                continue
            with target.open("wb") as file:
                for part in response.iter_content(_CHUNK_BYTES):
                    file.write(part)
            return
    raise FileNotFoundError(errno.ENOENT, "no repository has it")


def _reason(error: BaseException) -> str:
    """The innermost cause in a few words, without the addresses that requests repeats."""
    while error.__cause__ is not None or error.__context__ is not None:
        inner = error.__cause__ or error.__context__
        assert inner is not None
        error = inner
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__

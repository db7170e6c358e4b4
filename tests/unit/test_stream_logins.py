"""What each client library makes of a login: all of it, for every kind, and never less."""

import os
import ssl
from collections.abc import Mapping
from typing import Any

import pytest

from stream.cluster.security import MECHANISMS, Security
from stream.consume.job import Job, Stamp

LOGINS = [{}, {"security.protocol": "PLAINTEXT"}, {"security.protocol": "SSL"}] + [
    {
        "security.protocol": protocol,
        "sasl.mechanism": mechanism,
        "sasl.username": "somebody",
        "sasl.password": "hunter2",
    }
    for protocol in ("SASL_PLAINTEXT", "SASL_SSL")
    for mechanism in MECHANISMS
]
UNCHECKED = [
    pytest.param(
        {**login, "ssl.endpoint.identification.algorithm": "none"},
        id=f"{'-'.join(list(login.values())[:2])}-unchecked",
    )
    for login in LOGINS
    if login.get("security.protocol", "").endswith("SSL")
]


@pytest.fixture(autouse=True)
def no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A context would load all of the system's, which takes longer than all else here."""
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)


def job(login: dict[str, str]) -> Job:
    return Job("faust", "h:1", "t", "g", 1, None, 1.0, Stamp.EACH, ".", login, ".", None)


def comparable(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """aiokafka's arguments, its defaults left out, and of a TLS context what it checks."""
    kept = {name: value for name, value in arguments.items() if value is not None}
    if kept.get("security_protocol") == "PLAINTEXT":
        del kept["security_protocol"]
    context = kept.pop("ssl_context", None)
    if context is not None:
        assert context.verify_mode is ssl.CERT_REQUIRED
        kept["checks_names"] = context.check_hostname
    return kept


@pytest.mark.parametrize(
    "given", [*LOGINS, *UNCHECKED], ids=lambda login: "-".join(list(login.values())[:2])
)
def test_each_library_gets_the_whole_login(given: dict[str, str]) -> None:
    from faststream.kafka.security import parse_security
    from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
    from quixstreams.kafka import ConnectionConfig

    from stream.variants import faststream_common, faust_common

    wanted = comparable(Security(given).aiokafka())
    assert ("checks_names" in wanted) == given.get("security.protocol", "").endswith("SSL")
    faust = faust_common._login(job(given)).get("broker_credentials")
    assert comparable(credentials_to_aiokafka_auth(faust)) == wanted
    faststream = faststream_common._login(job(given))
    assert comparable(parse_security(faststream)) == wanted
    librdkafka = {"bootstrap.servers": "h:1"} | Security(given).librdkafka()
    quix = ConnectionConfig.from_librdkafka_dict(librdkafka)
    told = quix.as_librdkafka_dict(plaintext_secrets=True)
    assert {name: told[name].upper() for name in librdkafka} == {
        name: str(value).upper() for name, value in librdkafka.items()
    }

"""A user's login as the clients get it, and that no value of it is shown."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from stream.cluster.security import NO_SECURITY, PROTOCOLS, Security
from stream.consume.job import Job, Stamp
from stream.load.job import LoadJob

SECRET = "hunter2-hunter2"
SCRAM = {
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": "somebody",
    "sasl.password": SECRET,
}


def test_no_security_means_no_settings() -> None:
    assert NO_SECURITY.librdkafka() == {}
    assert NO_SECURITY.aiokafka() == {}
    assert NO_SECURITY.ssl_context() is None
    assert NO_SECURITY.protocol == PROTOCOLS[0]


def test_a_login_reaches_both_kinds_of_client() -> None:
    assert Security(SCRAM).librdkafka() == SCRAM
    assert Security(SCRAM).aiokafka() == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "somebody",
        "sasl_plain_password": SECRET,
    }


@pytest.mark.parametrize(("algorithm", "checks"), [("https", True), ("none", False), (None, True)])
def test_tls_checks_names_unless_told_not_to(algorithm: str | None, checks: bool) -> None:
    given = {"security.protocol": "SSL"}
    if algorithm is not None:
        given["ssl.endpoint.identification.algorithm"] = algorithm
    context = Security(given).ssl_context()
    assert context is not None
    assert context.check_hostname is checks


def job(login: Mapping[str, str]) -> Job:
    return Job("faust", "h:1", "t", "g", 1, None, 1.0, Stamp.EACH, ".", login, ".", None)


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r:}".format])
@pytest.mark.parametrize(
    "holder",
    [
        Security(SCRAM),
        job(SCRAM),
        LoadJob("h:1", 0, ("t",), 1, 1, None, 0.0, 1, SCRAM, "book"),
    ],
    ids=["security", "job", "load"],
)
def test_no_value_is_shown(show: object, holder: object) -> None:
    assert callable(show)
    shown = show(holder)
    assert SECRET not in shown
    assert "somebody" not in shown


def test_a_job_that_is_cut_short_shows_nothing_of_its_login() -> None:
    with pytest.raises(Exception, match="not a Job") as caught:
        Job.from_json(job(SCRAM).to_json()[:-1])
    assert SECRET not in str(caught.value)


def test_what_others_say_loses_the_passwords() -> None:
    given = {**SCRAM, "ssl.key.password": "key-word"}
    text = f"cannot use {SECRET} nor key-word for somebody"
    assert Security(given).without_secrets(text) == (
        "cannot use (hidden) nor (hidden) for somebody"
    )


def test_a_certificate_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    given = Security({"security.protocol": "SSL", "ssl.ca.location": str(path)})
    with pytest.raises(UsageError, match="certificates of the security settings cannot be used"):
        given.ssl_context()


def test_a_login_may_be_compared() -> None:
    assert Security(SCRAM) == Security(dict(reversed(SCRAM.items())))
    assert Security(SCRAM) != Security()

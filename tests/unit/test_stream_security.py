"""A user's login: which settings are taken, what clients get, and that no value is shown."""

from pathlib import Path

import pytest

from hotloop.errors import UsageError
from stream import security
from stream.security import NO_SECURITY, Security, from_properties, load

SECRET = "hunter2-hunter2"
SCRAM = {
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": "somebody",
    "sasl.password": SECRET,
}


def test_no_file_means_no_settings() -> None:
    assert load(None) is NO_SECURITY
    assert NO_SECURITY.librdkafka() == {}
    assert NO_SECURITY.aiokafka() == {}
    assert NO_SECURITY.ssl_context() is None


def test_a_login_reaches_both_kinds_of_client(tmp_path: Path) -> None:
    path = tmp_path / "client.properties"
    path.write_text("# mine\n" + "".join(f"{name}={value}\n" for name, value in SCRAM.items()))
    found = load(path)
    assert found.librdkafka() == SCRAM
    assert found.aiokafka() == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "somebody",
        "sasl_plain_password": SECRET,
    }


def test_the_login_of_a_java_client_is_understood() -> None:
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    jaas = f'{module} required username="some\\"body" password="{SECRET}";'
    found = from_properties(
        {
            "security.protocol": "sasl_plaintext",
            "sasl.mechanisms": "scram-sha-512",
            "sasl.jaas.config": jaas,
        }
    )
    assert found.librdkafka() == {**SCRAM, "sasl.username": 'some"body'}


def test_tls_checks_names_unless_told_not_to() -> None:
    context = from_properties({"security.protocol": "SSL"}).ssl_context()
    assert context is not None
    assert context.check_hostname
    lax = {"security.protocol": "SSL", "ssl.endpoint.identification.algorithm": ""}
    context = from_properties(lax).ssl_context()
    assert context is not None
    assert not context.check_hostname


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r:}".format])
def test_no_value_is_shown(show: object) -> None:
    assert callable(show)
    shown = show(from_properties(SCRAM))
    assert shown == "Security(SASL_PLAINTEXT)"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sasl.password": ""}, "have no sasl.password"),
        ({"sasl.username": ""}, "have no sasl.username"),
        ({"sasl.mechanism": ""}, "have no sasl.mechanism"),
        ({"sasl.mechanism": "GSSAPI"}, "sasl.mechanism in the security settings is not one of"),
        ({"security.protocol": "TLS"}, "security.protocol in the security settings is not one"),
        ({"ssl.truststore.location": "/x.jks"}, "names a Java key store"),
        ({"ssl.ca.location": "/not/there.pem"}, "ssl.ca.location .* names a file that is not"),
        ({"sasl.passwort": SECRET}, "unknown security setting sasl.passwort"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_without_its_value(
    changed: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        from_properties({**SCRAM, **changed})
    assert SECRET not in str(caught.value)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the security settings in .*: No such"):
        load(tmp_path / "none.properties")


def test_a_certificate_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    given = from_properties({"security.protocol": "SSL", "ssl.ca.location": str(path)})
    with pytest.raises(UsageError, match="certificates of the security settings cannot be used"):
        given.ssl_context()


def test_a_login_may_be_compared_and_is_frozen() -> None:
    assert from_properties(SCRAM) == from_properties(dict(reversed(SCRAM.items())))
    assert from_properties(SCRAM) != Security()
    assert security.PROTOCOLS[0] == Security().protocol

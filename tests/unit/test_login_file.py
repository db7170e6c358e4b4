"""The file of ``--security``: honoured whole or refused by line, and never shown."""

import os
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from stream.cluster.login_file import load
from stream.cluster.security import Security

SECRET = "hunter2-hunter2"
SCRAM_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"
PLAIN_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"
LOGIN = f"""\
security.protocol=SASL_PLAINTEXT
sasl.mechanism=SCRAM-SHA-512
sasl.username=somebody
sasl.password={SECRET}
"""
SETTINGS = {
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": "somebody",
    "sasl.password": SECRET,
}
KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"


def read(folder: Path, text: str | bytes) -> Security:
    path = folder / "client.properties"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(path)


@pytest.mark.parametrize(
    "text",
    [
        LOGIN,
        LOGIN.replace("=", " "),
        LOGIN.replace("=", "\t:  "),
        LOGIN.replace("=", "=\\\n    "),
        LOGIN.replace("\n", "\r\n"),
        LOGIN.replace("\n", "   \n"),
        LOGIN.replace("sasl.", "  sasl.").replace("somebody", "some\\u0062ody"),
        "# sécurité\n\n! " + LOGIN + LOGIN,
        LOGIN.replace("SASL_", "sasl_").replace("SCRAM-", "scram-").replace("ism", "isms"),
        LOGIN.split("sasl.u")[0]
        + f'sasl.jaas.config={SCRAM_MODULE} required \\\n username="somebody" \\\n'
        f"\t# no comment\\\n".replace("# no comment", "/* a comment */")
        + f"   password='{SECRET}';\n",
        LOGIN.split("sasl.u")[0]
        + f"sasl.jaas.config = {SCRAM_MODULE} Required username=somebody password={SECRET} ;",
    ],
)
def test_a_login_is_read_in_every_form_that_java_reads(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).settings == SETTINGS


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("absent.pem", "names a file that is not there"),
        ("client.properties/ca.pem", "names a file that is not there"),
        ("folder", "names a file that is no regular file"),
        ("pipe", "names a file that is no regular file"),
        ("/dev/null", "names a file that is no regular file"),
        ("loop.pem", "names a file that cannot be read: Too many levels of symbolic links"),
    ],
)
def test_why_a_named_file_cannot_be_had_is_told(tmp_path: Path, name: str, fault: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop.pem").symlink_to("loop.pem")
    with pytest.raises(UsageError, match=fault) as told:
        read(tmp_path, f"security.protocol=SSL\nssl.ca.location={tmp_path / name}\n")
    assert str(tmp_path / name) not in str(told.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_named_file_without_a_right_to_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch(0o000)
    with pytest.raises(UsageError, match="names a file that cannot be read: Permission denied"):
        read(tmp_path, f"security.protocol=SSL\nssl.ca.location={tmp_path / 'ca.pem'}\n")


def test_a_java_users_pem_files_are_taken(tmp_path: Path) -> None:
    pem = tmp_path / "all.pem"
    pem.touch()
    java = read(
        tmp_path,
        f"security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location={pem}\n"
        f"ssl.keystore.type=pem\nssl.keystore.location={pem}\nssl.key.password={SECRET}\n",
    )
    librdkafka = read(
        tmp_path,
        f"security.protocol=SSL\nssl.ca.location={pem}\nssl.certificate.location={pem}\n"
        f"ssl.key.location={pem}\nssl.key.password={SECRET}\n",
    )
    assert java == librdkafka


def test_files_are_those_of_the_folder_that_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca.pem").touch()
    monkeypatch.chdir(tmp_path)
    found = read(tmp_path, "security.protocol=SSL\nssl.ca.location=ca.pem\n")
    assert found.settings["ssl.ca.location"] == str(tmp_path / "ca.pem")


@pytest.mark.parametrize(("value", "taken"), [("", "none"), ("https", "https"), ("HTTPS", "https")])
def test_only_an_empty_value_switches_the_check_of_names_off(
    tmp_path: Path, value: str, taken: str
) -> None:
    name = "ssl.endpoint.identification.algorithm"
    assert read(tmp_path, f"security.protocol SSL\n{name}={value}\n").settings[name] == taken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # What would be plain, or anonymous, if it were taken as far as it is understood.
        ("", "there is no security.protocol, and Kafka's default is no security at all"),
        ("# nothing\n", "there is no security.protocol"),
        (LOGIN.split("\n", 1)[1], "there is no security.protocol"),
        (LOGIN.replace("SASL_PLAINTEXT", "PLAINTEXT"), "line 2: sasl.mechanism would have no eff"),
        (LOGIN.replace("SASL_PLAINTEXT", "SSL"), "line 2: sasl.mechanism would have no effect"),
        (LOGIN + "ssl.key.password=x\n", "line 5: ssl.key.password would have no effect"),
        (LOGIN.replace("SASL_PLAINTEXT", ""), "line 1: security.protocol has no value"),
        (LOGIN.replace("SASL_PLAINTEXT", "TLS"), "line 1: security.protocol is not one of"),
        (LOGIN.replace("SASL_PLAINTEXT", "SASL_SSL;"), "line 1: security.protocol is not one of"),
        (LOGIN + "security.protocol=PLAINTEXT\n", "line 5: security.protocol differs from what"),
        (LOGIN + "sasl.mechanisms=PLAIN\n", "line 5: sasl.mechanism differs from what line 2"),
        (LOGIN.replace("security.", "Security."), "line 1: this is no security setting"),
        (LOGIN.replace("security.protocol=", "security.protocol_"), "line 1: this is no security"),
        (LOGIN.replace("protocol", "protocoll"), "did you mean security.protocol?"),
        (LOGIN.replace("SCRAM-SHA-512", "GSSAPI"), "line 2: sasl.mechanism is not one of"),
        (LOGIN.replace("SCRAM-SHA-512", "OAUTHBEARER"), "line 2: sasl.mechanism is not one of"),
        (LOGIN.replace("sasl.mechanism=SCRAM-SHA-512", ""), "needs sasl.mechanism"),
        (LOGIN.replace(f"sasl.password={SECRET}", ""), "needs sasl.password"),
        (LOGIN.replace(SECRET, ""), "line 4: sasl.password has no value"),
        (LOGIN.replace(SECRET, "  \\\n\n"), "line 4: sasl.password has no value"),
        (LOGIN.replace("username", "user"), "line 3: this is no security setting"),
        (LOGIN + "ssl.truststore.location=/x.jks\n", "line 5: ssl.truststore.location is of a Jav"),
        (LOGIN + "ssl.truststore.type=PKCS12\n", "line 5: ssl.truststore.type is of a Java key st"),
        (LOGIN + "ssl.keystore.key=x\n", "line 5: ssl.keystore.key has a key in it: give PEM"),
        (LOGIN + "consumer.sasl.password=x\n", "line 5: a setting with the prefix consumer."),
        (LOGIN + "security.inter.broker.protocol=SSL\n", "line 5: this is no security setting"),
        (LOGIN + "ssl.protocol=TLSv1.3\n", "line 5: this is no security setting"),
        (
            "security.protocol=SSL\nssl.ca.location=/not/there\n",
            "line 2: ssl.ca.location names",
        ),
        ("security.protocol=SSL\nssl.key.location=/not\n", "needs ssl.certificate.location"),
        ("security.protocol=SSL\nssl.certificate.location=/not\n", "needs ssl.key.location"),
        ("security.protocol=SSL\nssl.key.password=x\n", "needs ssl.key.location"),
        (
            "security.protocol=SSL\nssl.endpoint.identification.algorithm=maybe\n",
            "line 2: ssl.endpoint.identification.algorithm is not one of https, none",
        ),
        # What Java and others read differently, or what is no text at all.
        (LOGIN.replace("somebody", "sömebody"), "line 3: a letter beyond ASCII"),
        ("\ufeff" + LOGIN, "line 1: a letter beyond ASCII"),
        (LOGIN.encode("utf-16"), "a letter beyond ASCII"),
        (LOGIN.encode("utf-16-le"), "line 1: a NUL"),
        (LOGIN.replace("somebody", "some\\u0000body"), "line 3: a NUL"),
        (LOGIN.replace("somebody", "\\u12"), "line 3: a \\u without four hexadecimal digits"),
        (LOGIN.replace("somebody", "\\ud800"), "line 3: one half of a character"),
        (LOGIN.strip() + "\\", "line 4: it ends in a backslash, and nothing follows"),
        (LOGIN.strip() + "\\\n", "line 4: it ends in a backslash, and nothing follows"),
        (LOGIN + "\\\r\n", "line 5: it ends in a backslash, and nothing follows"),
        (b"x" * (2 << 20), "is too large for security settings"),
        # Another kind of file altogether.
        (f"-----BEGIN PRIVATE KEY-----\n{KEY}==\n", "line 1: this is no security setting"),
        (f'{{"sasl.password": "{SECRET}"}}', "line 1: this is no security setting"),
        (f"[default]\npassword = {SECRET}\n", "line 1: this is no security setting"),
        (f"{KEY}\n", "line 1: this is no security setting"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_line_and_not_shown(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert said in message
    for secret in (SECRET, "somebody", KEY[:8], "PRIVATE"):
        assert secret not in message


@pytest.mark.parametrize(
    ("jaas", "said"),
    [
        (f"{SCRAM_MODULE} required username='u' password='{SECRET}'", "does not end in a semicol"),
        (f'{SCRAM_MODULE} required username="u" password=\'{SECRET};', "is not closed"),
        (f"{SCRAM_MODULE} required username=u password={SECRET}/x;", "must stand in quotes"),
        (f"{SCRAM_MODULE} required username=u {SECRET};", "not of the form name=value"),
        (f"{SCRAM_MODULE} required username=u password=;", "not of the form name=value"),
        (f"{SCRAM_MODULE} required username=u password='';", "has an empty password"),
        (f"{SCRAM_MODULE} required username=u;", "needs sasl.password"),
        (f"{SCRAM_MODULE} username=u password={SECRET};", "does not begin with a class and one"),
        (f"{SCRAM_MODULE} required username=a username=b;", "has an option twice"),
        (f"{SCRAM_MODULE} required username=u password=p tokenauth=true;", "has an option beside"),
        (f"{SCRAM_MODULE} required;{PLAIN_MODULE} required;", "has more than one login module"),
        (f"{PLAIN_MODULE} required username=u password=p;", "names a login module for another"),
        ("com.sun.security.auth.module.Krb5LoginModule required;", "has no counterpart for"),
        ("", "has no value"),
    ],
)
def test_a_java_login_that_cannot_be_honoured_is_refused(
    tmp_path: Path, jaas: str, said: str
) -> None:
    begin = LOGIN.split("sasl.u")[0]
    with pytest.raises(
        UsageError, match=r"line 3: sasl\.jaas\.config|needs sasl\.password"
    ) as caught:
        read(tmp_path, f"{begin}sasl.jaas.config={jaas}\n")
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


def test_two_logins_that_differ_are_refused(tmp_path: Path) -> None:
    jaas = f"sasl.jaas.config={SCRAM_MODULE} required username=other password={SECRET};\n"
    with pytest.raises(UsageError, match=r"line 5: sasl.jaas.config differs from sasl.username"):
        read(tmp_path, LOGIN + jaas)


@pytest.mark.parametrize(("name", "said"), [("none", "No such file"), (".", "Is a directory")])
def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError, match=rf"cannot read the security settings in .*: {said}"):
        load(tmp_path / name)

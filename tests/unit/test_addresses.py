"""What users write for a cluster, and the form that each client gets of it."""

import pytest
from aiokafka.conn import get_ip_port_afi
from confluent_kafka.admin import AdminClient
from faust.transport.drivers.aiokafka import server_list
from faust.utils.urls import urllist

from hotloop.base.errors import UsageError
from stream.cluster import addresses
from stream.cluster.addresses import Address, parse, plain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("localhost:9092", "localhost:9092"),
        (" a:1 , b:65535 ", "a:1,b:65535"),
        ("a:1;b:2", "a:1,b:2"),
        ("kafka://a:1", "a:1"),
        ("kafka://a:1;kafka://b:2", "a:1,b:2"),
        ("KAFKA://a:1/", "a:1"),
        ("PLAINTEXT://a:1,plaintext://b:2", "a:1,b:2"),
        ("localhost:9092/", "localhost:9092"),
        ("[::1]:9092", "[::1]:9092"),
        ("kafka://[2001:db8::7]:1,b:2", "[2001:db8::7]:1,b:2"),
        ("a:1,a:1", "a:1"),
        ("[2001:0DB8::0007]:1,[2001:db8::7]:1", "[2001:db8::7]:1"),
        ("kafka_1.my-net:1,10.0.0.1:2", "kafka_1.my-net:1,10.0.0.1:2"),
    ],
)
def test_what_other_tools_take_is_understood(text: str, found: str) -> None:
    assert plain(parse(text)) == found
    assert parse(found) == parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ",", "a:1,", "a:1,,b:2", "localhost", ":9092", "kafka://", "a:b", "a:-1"),
        *("a:0", "a:65536", "a:999999999999", "a:٣", "a:+1", "a:1 b:2", "a :1", "a:1/x"),
        *("::1:9092", "[::1]", "[::1:9092", "[::g]:1", "[]:1", "10.0.0.300:1", "1:2", "a..b:1"),
        *("bücher.example:1", "a\x1b[31m:1", "a:1\n;b", "-a:1", "//a:1", "a://", "a\0:1"),
    ],
)
def test_what_is_no_address_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--bootstrap takes HOST:PORT") as caught:
        parse(text)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "me:hunter2@a:1",
        "kafka://me:hunter2@a:1",
        "a:1,SASL_SSL://me@b:2",
        "a@1",
        "me:x,hunter2,y@a:1",
    ],
)
def test_a_login_in_an_address_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(UsageError, match="give that with --security") as caught:
        parse(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        ("SSL://a:1", "PLAINTEXT"),
        ("a:1,SASL_SSL://b:1", "PLAINTEXT"),
        ("SASL_SSL://a:1", "SASL_PLAINTEXT"),
        ("PLAINTEXT://a:1", "SSL"),
        ("http://a:1", "PLAINTEXT"),
        ("kafka+ssl://a:1", "PLAINTEXT"),
    ],
)
def test_an_address_that_asks_for_other_security_is_refused(text: str, protocol: str) -> None:
    with pytest.raises(UsageError, match=f"but the security settings say {protocol}"):
        parse(text, protocol)


def test_an_address_may_repeat_what_the_settings_say() -> None:
    assert parse("sasl_ssl://a:1", "SASL_SSL") == (Address("a", 1),)


@pytest.mark.parametrize("text", ["a:1", "a:1,b_c:2", "[::1]:1,10.0.0.1:2", "[2001:db8::7]:9092"])
def test_every_client_reads_its_form_as_the_same_addresses(text: str) -> None:
    wanted = parse(text)
    read = [Address(*get_ip_port_afi(server)[:2]) for server in addresses.servers(text)]
    assert tuple(read) == wanted
    faust = server_list(urllist(addresses.urls(text)), 9092)
    assert [Address(*get_ip_port_afi(server)[:2]) for server in faust] == list(wanted)
    # librdkafka takes the plain form, or says that it has no address.
    AdminClient({"bootstrap.servers": text, "log_level": 0})

"""Workers see the listed variables of the user's shell, and no others."""

from stream.environment import ALLOWED, allowed

SHELL = {
    "PATH": "/bin",
    "HOME": "/home",
    "LC_TIME": "C",
    "BROKER_URL": "kafka://elsewhere:9092",
    "STREAM_BUFFER_MAXSIZE": "1",
    "NO_CYTHON": "1",
    "Quix__Broker__Address": "elsewhere:9092",
    "PYTHONHASHSEED": "0",
}


def test_variables_that_clients_read_do_not_get_through() -> None:
    assert allowed(SHELL) == {"PATH": "/bin", "HOME": "/home", "LC_TIME": "C"}


def test_every_listed_variable_gets_through_as_it_is() -> None:
    shell = {name: f"value of {name}" for name in ALLOWED}
    assert allowed(shell) == shell

"""The reason for a broker's end, from what Java and Kafka print."""

from pathlib import Path

import pytest

from stream.kafka.death import LONGEST_PART, is_port_lost, reason, reason_in

STAMP = "2026-11-22 15:36:46.760"
DISK_FULL = f"""\
{STAMP} INFO UnifiedLog: nothing yet
{STAMP} ERROR LogDirFailureChannel: Error while appending records to topic-0
java.io.IOException: No space left on device
\tat java.base/sun.nio.ch.FileDispatcherImpl.write0(Native Method)
{STAMP} WARN ReplicaManager: Stopping serving replicas
{STAMP} ERROR LogManager: Shutdown broker because all log dirs have failed
"""
PORT_LOST = f"""\
{STAMP} ERROR KafkaRaftServer: Fatal error during startup
org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:9092
\tat kafka.network.Acceptor.openServerSocket(SocketServer.scala)
Caused by: java.net.BindException: Address already in use
\t... 12 more
"""
NO_MEMORY = "Error occurred during initialization of VM\nToo small maximum heap\n"
NO_CLASS = 'Exception in thread "main" java.lang.NoClassDefFoundError: org/slf4j/Logger\n'
KILLED = f"WARNING: a method has been called\n{STAMP} INFO KafkaRaftServer: started\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            DISK_FULL,
            "java.io.IOException: No space left on device "
            "(LogManager: Shutdown broker because all log dirs have failed)",
        ),
        (
            PORT_LOST,
            "java.net.BindException: Address already in use "
            "(KafkaRaftServer: Fatal error during startup)",
        ),
        (NO_MEMORY, "Error occurred during initialization of VM"),
        (NO_CLASS, "java.lang.NoClassDefFoundError: org/slf4j/Logger"),
        (KILLED, "its log gives no reason"),
        ("", "its log gives no reason"),
    ],
)
def test_the_innermost_cause_and_the_last_error_are_given(text: str, said: str) -> None:
    assert reason_in(text) == said


def test_only_a_lost_port_is_worth_another_attempt() -> None:
    assert is_port_lost(reason_in(PORT_LOST))
    assert not is_port_lost(reason_in(DISK_FULL))


def test_a_reason_stays_one_line_of_bearable_length() -> None:
    said = reason_in("java.lang.IllegalStateException: " + "x" * 10_000)
    assert len(said) == LONGEST_PART


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "node-1.log"
    log.write_text(f"{STAMP} ERROR Old: long ago\n" + "x\n" * 100_000 + PORT_LOST)
    assert reason(log) == reason_in(PORT_LOST)

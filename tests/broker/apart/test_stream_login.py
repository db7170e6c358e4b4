"""Everything that talks to a cluster logs in to it: on a real one, where it takes nobody else."""

from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from stream.cluster import admin
from stream.cluster.login_file import load
from stream.cluster.place import Place
from stream.consume import process as consumer
from stream.kafka.running import Broker
from stream.measure import drain, limit
from stream.measure.drain import Shape
from stream.measure.limit import FetchJob
from tests import consumers
from tests.broker.secured import PASSWORD, USER, Secured, secured
from tests.consumers import RECORDS

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

# Five at once, on a machine that has other things to do.
PATIENCE_S = 200.0
# Of a client it is only asked whether it reads.
FEW = 500
# One for each client library and each way of handing it a login.
VARIANTS = ("aiokafka", "confluent", "faust", "faststream", "quix")


@pytest.fixture(scope="module")
def cluster(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Secured:
    return secured(broker, tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def login(cluster: Secured, tmp_path: Path) -> Path:
    """As a Java client has it: blanks, continued lines, quotes, a store of type PEM."""
    user = USER.replace("\\", "\\\\").replace("'", "\\'")
    password = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
    jaas = f"username='{user}' \\\n  password=\"{password}\";".replace("\\", "\\\\")
    jaas = jaas.replace("\\\\\n", "\\\n")
    path = tmp_path / "client.properties"
    path.write_text(
        "security.protocol SASL_SSL\nsasl.mechanism: SCRAM-SHA-512\n"
        "ssl.truststore.type=PEM\n"
        f"ssl.truststore.location={cluster.certificate}\n"
        "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\\n"
        f"  {jaas}\n"
    )
    return path


def test_every_process_of_a_run_logs_in(cluster: Secured, login: Path, tmp_path: Path) -> None:
    security = load(login)
    assert security.settings["sasl.username"] == USER
    assert security.settings["sasl.password"] == PASSWORD
    assert admin.reach(cluster.bootstrap, security).brokers == 1
    place = Place(cluster.bootstrap, 1, security, tmp_path, None)
    filled = drain.fill(place, Shape(1, 1, 1), RECORDS, producers=1, value_seed=1)
    # Raises where no record comes.
    limit.fetch(
        FetchJob(cluster.bootstrap, place.login, filled.names[0], place.name, 1, RECORDS, None)
    )
    few = drain.fill(place, Shape(1, 1, 1), FEW, producers=1, value_seed=2)
    jobs = [
        consumers.job(
            cluster.bootstrap, name, few.names[0], tmp_path, target=FEW, deadline_s=PATIENCE_S
        )
        for name in VARIANTS
    ]
    # Side by side.
    workers = [consumer.start(replace(job, login=place.login)) for job in jobs]
    reports = [worker.wait() for worker in workers]
    assert [(one.variant, one.failure, one.seen) for one in reports] == [
        (name, None, FEW) for name in VARIANTS
    ]
    for path in tmp_path.rglob("*"):
        if path.is_file() and path != login:
            assert PASSWORD.encode() not in path.read_bytes(), path
    for report in reports:
        assert PASSWORD not in report.to_json()


def test_a_wrong_password_is_one_sentence_and_not_shown(cluster: Secured, login: Path) -> None:
    login.write_text(login.read_text().replace("hunter2", "hunter3"))
    with pytest.raises(MeasurementError, match="check the security settings") as caught:
        admin.reach(cluster.bootstrap, load(login))
    assert "hunter" not in str(caught.value)
    assert USER not in str(caught.value)


def test_an_authority_that_is_not_trusted_is_one_sentence(cluster: Secured, login: Path) -> None:
    text = login.read_text()
    login.write_text("".join(line for line in text.splitlines(True) if "truststore" not in line))
    with pytest.raises(MeasurementError, match="refuses a TLS connection"):
        admin.reach(cluster.bootstrap, load(login))

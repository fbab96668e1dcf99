"""What else the shipped Mosquitto configuration promises: logins, client ids, sizes, persistence."""

import subprocess
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests import brokers
from tests.brokers import Mosquitto
from tests.gateway.clients import Client

pytestmark = pytest.mark.broker

REQUEST = "edgegen/gw/req/sensor-1/generate"


def mosquitto_pub(broker: Mosquitto, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["mosquitto_pub", "-p", str(broker.ports[1]), "-t", REQUEST, "-m", "x", "-q", "1", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=brokers.PATIENCE_S)


def without_username_as_clientid(broker: Mosquitto) -> None:
    """The same broker with the one setting removed that ties the client id to the login."""
    shipped = broker.folder / "conf.d" / "edgegen.conf"
    shipped.write_text(brokers.substituted(shipped.read_text(), {"\nuse_username_as_clientid true\n": "\n"}))
    broker.restart()


@pytest.mark.parametrize("version", ["5", "311"])
def test_only_a_login_with_its_password_comes_in(secured_mosquitto: Mosquitto, version: str) -> None:
    """There is no anonymous access and no default password."""
    right = mosquitto_pub(secured_mosquitto, "-V", version, "-u", "sensor-1", "-P", "sensor-1-secret")
    wrong = mosquitto_pub(secured_mosquitto, "-V", version, "-u", "sensor-1", "-P", "sensor-2-secret")
    nobody = mosquitto_pub(secured_mosquitto, "-V", version)

    assert right.returncode == 0, right.stderr
    assert wrong.returncode != 0
    assert nobody.returncode != 0


def test_a_device_cannot_throw_the_node_off_the_broker(secured_mosquitto: Mosquitto) -> None:
    """On the devices' listener the login is the client id, whatever the client asks for."""
    with Client(secured_mosquitto, "edgegen", client_id="edgegen-gw", session_s=60) as node:
        node.subscribe("edgegen/gw/req/+/+")
        with Client(
            secured_mosquitto, "sensor-1", port=secured_mosquitto.ports[1], client_id="edgegen-gw", session_s=60
        ) as device:
            device.publish(REQUEST)

            assert node.get()[0] == REQUEST
            assert node.disconnects == 0


def test_without_that_setting_it_can(secured_mosquitto: Mosquitto) -> None:
    """Why the setting is there: the reused client id ends the node's connection and inherits its session."""
    without_username_as_clientid(secured_mosquitto)
    with Client(secured_mosquitto, "edgegen", client_id="edgegen-gw", session_s=60) as node:
        node.subscribe("edgegen/gw/req/+/+")
        with Client(
            secured_mosquitto, "sensor-1", port=secured_mosquitto.ports[1], client_id="edgegen-gw", session_s=60
        ):
            assert node.wait_disconnected()


def test_the_node_holds_two_connections_and_a_person_on_the_gateway_a_third(secured_mosquitto: Mosquitto) -> None:
    """The main connection, the pool's, and `edgegen ask`: one login, three client ids, all on the local listener."""
    ids = ("edgegen-gw", "edgegen-gw-pool", "")
    clients = [Client(secured_mosquitto, "edgegen", client_id=one).subscribe("edgegen/gw/state") for one in ids]

    clients[0].publish("edgegen/gw/state")

    for client in clients:
        assert client.get()[0] == "edgegen/gw/state"
        assert client.disconnects == 0
        client.close()


def test_two_connections_of_one_login_on_the_lan_end_each_other(secured_mosquitto: Mosquitto) -> None:
    """The price of the setting, which docs/protocol.md tells the device developer."""
    lan = secured_mosquitto.ports[1]
    with (
        Client(secured_mosquitto, "sensor-1", port=lan, client_id="a") as first,
        Client(secured_mosquitto, "sensor-1", port=lan, client_id="b") as second,
    ):
        assert first.wait_disconnected()
        assert second.disconnects == 0


def test_what_the_broker_acknowledged_survives_its_death(secured_mosquitto: Mosquitto) -> None:
    """Requests for a node that is away, and retained state, after SIGKILL."""
    with Client(secured_mosquitto, "edgegen", client_id="edgegen-gw", session_s=600) as node:
        node.subscribe("edgegen/gw/req/+/+")
        node.publish("edgegen/gw/state", b"online", retain=True)
    with Client(secured_mosquitto, "sensor-1", port=secured_mosquitto.ports[1]) as device:
        for number in range(100):
            device.publish(REQUEST, b"reading-%d" % number)
    wait_for_save(secured_mosquitto, b"reading-99")

    secured_mosquitto.kill()
    secured_mosquitto.start()

    with Client(secured_mosquitto, "edgegen", client_id="edgegen-gw", session_s=600) as node:
        kept = [node.get() for _ in range(100)]
        assert kept == [(REQUEST, b"reading-%d" % number) for number in range(100)]
        node.subscribe("edgegen/gw/state")
        assert node.get() == ("edgegen/gw/state", b"online")


def wait_for_save(broker: Mosquitto, payload: bytes) -> None:
    """Until the broker's file holds its last change: it saves at the end of the loop that acknowledged it."""
    file = broker.folder / "data" / "mosquitto.db"
    deadline = time.monotonic() + brokers.PATIENCE_S
    while not (file.exists() and payload in file.read_bytes()):
        assert time.monotonic() < deadline, "not saved"
        time.sleep(0.05)


def test_without_autosave_on_changes_it_does_not_survive(secured_mosquitto: Mosquitto) -> None:
    """Why the two settings are there."""
    shipped = secured_mosquitto.folder / "conf.d" / "edgegen.conf"
    settings = {"\nautosave_on_changes true\n": "\n", "\nautosave_interval 1\n": "\n"}
    shipped.write_text(brokers.substituted(shipped.read_text(), settings))
    secured_mosquitto.restart()
    with Client(secured_mosquitto, "edgegen") as node:
        node.publish("edgegen/gw/state", b"online", retain=True)

    secured_mosquitto.kill()
    secured_mosquitto.start()

    with Client(secured_mosquitto, "edgegen") as node:
        node.subscribe("edgegen/+/state", "edgegen/+/health")
        node.publish("edgegen/fence/health")
        assert node.get_until("edgegen/fence/health") == []


def test_a_request_over_the_nodes_limit_still_reaches_the_node(secured_mosquitto: Mosquitto) -> None:
    """So that the device gets an error frame and no silent disconnect; the broker's own limit is four times higher."""
    with (
        Client(secured_mosquitto, "edgegen") as node,
        Client(secured_mosquitto, "sensor-1", port=secured_mosquitto.ports[1]) as device,
    ):
        node.subscribe("edgegen/gw/req/+/+")
        device.publish(REQUEST, b"x" * 200_000)

        assert len(node.get()[1]) == 200_000


def test_the_broker_tells_mqtt_5_clients_its_largest_packet(secured_mosquitto: Mosquitto) -> None:
    """The node reads it from CONNACK and never publishes more."""
    told: list[int] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.username_pw_set("edgegen", brokers.LOGINS["edgegen"])
    client.on_connect = lambda _c, _u, _f, _r, properties: told.append(properties.MaximumPacketSize)
    client.connect("127.0.0.1", secured_mosquitto.port)
    deadline = time.monotonic() + brokers.PATIENCE_S
    while not told and time.monotonic() < deadline:
        client.loop(0.1)
    client.disconnect()

    assert told == [262144]


def test_the_gateways_own_listener_is_not_on_the_lan() -> None:
    """It gives clients the choice of their client id, so it must stay on 127.0.0.1."""
    lines = (brokers.GATEWAYS / "generic" / "mosquitto.conf").read_text().splitlines()
    listeners = [line for line in lines if line.startswith("listener ")]

    assert listeners == ["listener 1884 127.0.0.1", "listener 1883"]


def test_the_password_recipe_works_as_written(tmp_path: Path) -> None:
    """The commands of passwords.md for the node, run with other folders; then the broker takes that login."""
    brokers.require_mosquitto()
    blocks = (brokers.GATEWAYS / "generic" / "passwords.md").read_text().split("\n\n")
    recipe = next(block for block in blocks if "openssl rand" in block)
    for folder in ("edgegen", "mosquitto"):
        (tmp_path / folder).mkdir()
    script = brokers.substituted(
        recipe,
        {
            "/etc/edgegen/": f"{tmp_path}/edgegen/",
            "/etc/mosquitto/": f"{tmp_path}/mosquitto/",
            "chown root:edgegen": "true",  # the user is made by systemd-sysusers, on a gateway
        },
    )

    subprocess.run(["bash", "-euc", script], check=True, capture_output=True)

    secret = tmp_path / "edgegen" / "mqtt-password"
    passwords = tmp_path / "mosquitto" / "edgegen.passwords"
    assert len(secret.read_text()) == 32
    assert secret.stat().st_mode & 0o777 == 0o640
    assert secret.read_text() not in passwords.read_text()
    with brokers.Mosquitto(tmp_path / "broker", password_file=passwords) as broker:
        login = ["-p", str(broker.port), "-u", "edgegen", "-P", secret.read_text()]
        sent = subprocess.run(["mosquitto_pub", *login, "-t", "t", "-m", "x"], check=False, timeout=brokers.PATIENCE_S)
    assert sent.returncode == 0

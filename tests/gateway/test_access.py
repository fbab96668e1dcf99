"""The shipped access list on a real Mosquitto, judged by what is delivered."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import brokers
from tests.gateway.clients import Client

pytestmark = pytest.mark.broker

FENCE = "edgegen/fence/health"  # the node may write it and everybody may read it


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[brokers.Mosquitto]:
    with brokers.secured(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


def connect(broker: brokers.Mosquitto, login: str) -> Client:
    """The node through the gateway's listener, everybody else from the LAN."""
    return Client(broker, login, port=broker.ports[0 if login == "edgegen" else 1])


NODE, ONE, TWO, OPERATOR = "edgegen", "sensor-1", "sensor-2", "operator-1"

# Who publishes, where, and who then receives it although everybody subscribes to everything.
DELIVERIES = [
    # a device asks in its own name, on any node and in the pool
    (ONE, "edgegen/gw/req/sensor-1/generate", {NODE}),
    (ONE, "edgegen/gw/req/sensor-1/cancel", {NODE}),
    (ONE, "edgegen/pool/req/sensor-1/chat", {NODE}),
    (OPERATOR, "edgegen/gw/req/operator-1/generate", {NODE}),
    # and in nobody else's, nor on topics that are the node's or an operator's
    (ONE, "edgegen/gw/req/sensor-2/generate", set()),
    (ONE, "edgegen/gw/req/sensor-1", set()),
    (ONE, "edgegen/gw/state", set()),
    (ONE, "edgegen/gw/info", set()),
    (ONE, "edgegen/gw/health", set()),
    (ONE, "edgegen/gw/res/sensor-1/q1", set()),
    (ONE, "edgegen/gw/res/sensor-2/q1", set()),
    (ONE, "edgegen/gw/admin/req/sensor-1/drain", set()),
    (ONE, "edgegen/gw/admin/req/operator-1/drain", set()),
    (ONE, "edgegen/gw/admin/res/operator-1/a1", set()),
    (ONE, "homeassistant/device/edgegen-gw/config", set()),
    # the node answers each device alone, and everybody sees how it is
    (NODE, "edgegen/gw/res/sensor-1/q1", {ONE}),
    (NODE, "edgegen/gw/res/sensor-2/text", {TWO}),
    (NODE, "edgegen/pool/res/sensor-1/q1", {ONE}),
    (NODE, "edgegen/gw/res/sensor-1/q1/a-response-topic-of-its-own", {ONE}),
    (NODE, "edgegen/gw/res/operator-1/q1", {OPERATOR}),
    (NODE, "edgegen/gw/state", {NODE, ONE, TWO, OPERATOR}),
    (NODE, "edgegen/gw/info", {NODE, ONE, TWO, OPERATOR}),
    (NODE, "edgegen/gw/health", {NODE, ONE, TWO, OPERATOR}),
    (NODE, "edgegen/gw/admin/res/operator-1/a1", {OPERATOR}),
    (NODE, "edgegen/gw/offers", {OPERATOR}),
    (ONE, "edgegen/gw/offers", set()),
    # an operator administers under its own name only
    (OPERATOR, "edgegen/gw/admin/req/operator-1/status", {NODE}),
    (OPERATOR, "edgegen/gw/admin/req/operator-2/status", set()),
    (OPERATOR, "edgegen/gw/state", set()),
    (OPERATOR, "edgegen/gw/res/sensor-1/q1", set()),
]


@pytest.mark.parametrize(("writer", "topic", "readers"), DELIVERIES)
def test_a_message_reaches_whom_the_access_list_names_and_nobody_else(
    broker: brokers.Mosquitto, writer: str, topic: str, readers: set[str]
) -> None:
    """The writer's PUBACK comes after the broker queued the message, so that the fence is always behind it."""
    everybody = {name: connect(broker, name).subscribe("#", FENCE) for name in brokers.LOGINS}

    everybody[writer].publish(topic)
    everybody[NODE].publish(FENCE)
    got = {name for name, client in everybody.items() if topic in [t for t, _ in client.get_until(FENCE)]}
    for client in everybody.values():
        client.close()

    assert got == readers


def test_the_pool_is_read_through_a_shared_subscription(broker: brokers.Mosquitto) -> None:
    """Each request reaches one node; a device that joins the group gets nothing."""
    group = "$share/edgegen/edgegen/pool/req/+/+"
    with connect(broker, NODE) as node, connect(broker, TWO) as intruder, connect(broker, ONE) as device:
        node.subscribe(group, FENCE)
        intruder.subscribe(group, FENCE)

        for _ in range(10):
            device.publish("edgegen/pool/req/sensor-1/generate")
        node.publish(FENCE)

        assert intruder.get_until(FENCE) == []
        assert len(node.get_until(FENCE)) > 0


def test_a_login_with_a_wildcard_in_its_name_gets_no_other_devices_answers(tmp_path: Path) -> None:
    """%u would become a filter: Mosquitto refuses such a login all that a pattern would grant."""
    plus_password = secrets.token_hex()
    with (
        brokers.secured(tmp_path / "mosquitto", {**brokers.LOGINS, "+": plus_password}) as broker,
        Client(broker, "+", password=plus_password) as plus,
        connect(broker, NODE) as node,
    ):
        plus.subscribe("#", "edgegen/+/res/+/#")

        node.publish("edgegen/gw/res/sensor-1/q1")
        plus.subscribe("edgegen/later")  # its SUBACK comes behind whatever was delivered before

        assert plus.messages.empty()

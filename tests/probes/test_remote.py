"""Probing a live node: over a real broker, against a node that answers from a script."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.probes.remote import MqttTarget
from edge.probes.run import run_suites
from edge.probes.suite import Item, Probe, Suite
from edgegen.config import load_config
from edgegen.errors import BrokerError
from tests import brokers

pytestmark = pytest.mark.broker


class ScriptedNode:
    """Refuses its first request as busy, and answers each other one with its prompt."""

    def __init__(self, port: int) -> None:
        self.requests: list[dict[str, Any]] = []
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port)
        self.client.subscribe("edgegen/gw/req/+/+", 1)
        self.client.publish("edgegen/gw/state", json.dumps({"state": "online", "boot": "b"}), 1, retain=True)
        bundle = {"name": "m", "version": "1.2.3", "sha256": "ab"}
        self.client.publish("edgegen/gw/info", json.dumps({"bundle": bundle}), 1, retain=True)
        self.client.loop_start()

    def _on_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        request = json.loads(message.payload)
        self.requests.append(request)
        topic = f"edgegen/gw/res/{message.topic.split('/')[3]}/{request['id']}"
        head = {"id": request["id"], "node": "gw"}
        if len(self.requests) == 1:
            refusal = {"type": "error", "code": "busy", "reason": "full", "retry_after_s": 0.1, "refused_message": True}
            client.publish(topic, json.dumps({**head, **refusal}), 1)
            return
        client.publish(topic, json.dumps({**head, "type": "accepted", "queue_pos": 0}), 1)
        done = {"type": "done", "text": request["prompt"], "usage": {"completion_tokens": 3}}
        timing = {"queue_s": 2.0, "total_s": 2.5}
        client.publish(topic, json.dumps({**head, **done, "timing": timing}), 1)


@pytest.fixture
def node(mosquitto: brokers.Mosquitto) -> Iterator[ScriptedNode]:
    scripted = ScriptedNode(mosquitto.port)
    yield scripted
    scripted.client.disconnect()
    scripted.client.loop_stop()


def overrides(port: int, name: str) -> list[str]:
    return ["mqtt.host=127.0.0.1", f"mqtt.port={port}", f"node.id={name}"]


def test_a_live_node_is_asked_at_batch_priority(node: ScriptedNode, mosquitto: brokers.Mosquitto) -> None:
    """A node that is busy is asked again; the wait behind devices is not the answer's time."""
    check = {"kind": "exact", "expect": "yes"}
    items = tuple(Item(f"p/0/{i}", "p", "c", "p/0", "yes" if i else "no", check) for i in range(20))
    suite = Suite("s", "", Path("s.toml"), None, (Probe("p", "c", None, False),), items)
    target = MqttTarget(load_config(None, overrides(mosquitto.port, "gw")))

    run = run_suites(target, [suite], None)
    target.close()

    assert (run.model, run.sha256) == ("m-1.2.3", "ab")
    assert [result.passed for result in run.suites[0].results] == [False] + [True] * 19
    assert {result.seconds for result in run.suites[0].results} == {0.5}
    assert len(node.requests) == 21
    assert {request["priority"] for request in node.requests} == {"batch"}


def test_a_node_that_is_not_there_is_named(mosquitto: brokers.Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.probes.remote.CONNECT_S", 0.5)

    with pytest.raises(BrokerError, match=r"node 'nobody': .* has published no state"):
        MqttTarget(load_config(None, overrides(mosquitto.port, "nobody")))


def test_a_broker_that_is_not_there_is_named() -> None:
    with pytest.raises(BrokerError, match="Is the broker running"):
        MqttTarget(load_config(None, overrides(brokers.free_ports(1)[0], "gw")))

"""Probing a live node: over a real broker, against a node that answers from a script."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from click.testing import CliRunner
from paho.mqtt.enums import CallbackAPIVersion

from edge.probes.remote import MqttTarget
from edge.probes.run import run_suites
from edge.probes.suite import Item, Probe, Suite
from edge.store import Store
from edgegen.commands.probe import command
from edgegen.config import load_config
from edgegen.errors import BrokerError
from tests import brokers
from tests.e2e.gateway import wait_for

pytestmark = pytest.mark.broker


class ScriptedNode:
    """Refuses its first request as busy, and answers each other one with its prompt."""

    def __init__(self, port: int) -> None:
        self.requests: list[dict[str, Any]] = []
        self.text: str | None = None
        self.most = 0
        self._open: set[str] = set()
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
        head: dict[str, Any] = {"id": request["id"], "node": "gw"}
        if len(self.requests) == 1:
            refusal = {"type": "error", "code": "busy", "reason": "full", "retry_after_s": 0.1, "refused_message": True}
            client.publish(topic, json.dumps({**head, **refusal}), 1)
            return
        client.publish(topic, json.dumps({**head, "type": "accepted", "queue_pos": 0}), 1)
        self._open.add(topic)
        self.most = max(self.most, len(self._open))
        # Not at once: requests that overlap are then in the node together.
        if "samples" in request:
            head["agreement"] = 0.8
        threading.Timer(0.02, self._answer, (topic, head, self.text or request["prompt"])).start()

    def _answer(self, topic: str, head: dict[str, Any], text: str) -> None:
        self._open.discard(topic)
        done = {"type": "done", "text": text, "usage": {"completion_tokens": 3}}
        timing = {"queue_s": 2.0, "total_s": 2.5}
        self.client.publish(topic, json.dumps({**head, **done, "timing": timing}), 1)


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
    assert node.most > 1
    assert {request["priority"] for request in node.requests} == {"batch"}


def test_a_live_node_is_asked_for_samples_and_says_how_many_agree(
    node: ScriptedNode, mosquitto: brokers.Mosquitto
) -> None:
    """The only confidence that a node tells its devices."""
    item = Item("p/0/0", "p", "c", "p/0", "yes", {"kind": "exact", "expect": "yes"})
    suite = Suite("s", "", Path("s.toml"), None, (Probe("p", "c", None, False),), (item,))
    target = MqttTarget(load_config(None, overrides(mosquitto.port, "gw")), samples=5)

    run = run_suites(target, [suite], None)
    target.close()

    assert node.requests[-1]["samples"] == 5
    assert run.suites[0].results[0].sure == {"agreement": 0.8}


def test_a_node_that_is_not_there_is_named(mosquitto: brokers.Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.probes.remote.CONNECT_S", 0.5)

    with pytest.raises(BrokerError, match=r"node 'nobody': .* has published no state"):
        MqttTarget(load_config(None, overrides(mosquitto.port, "nobody")))


def test_a_broker_that_is_not_there_is_named() -> None:
    with pytest.raises(BrokerError, match="Is the broker running"):
        MqttTarget(load_config(None, overrides(brokers.free_ports(1)[0], "gw")))


def test_a_margin_cannot_be_asked_of_a_node(node: ScriptedNode, mosquitto: brokers.Mosquitto) -> None:
    check = {"kind": "margin", "right": "a", "wrong": "b"}
    items = (Item("p/0/0", "p", "c", "p/0", "?", check),)
    target = MqttTarget(load_config(None, overrides(mosquitto.port, "gw")))

    run = run_suites(target, [Suite("s", "", Path("s.toml"), None, (Probe("p", "c", None, False),), items)], None)
    target.close()

    assert "a node does not score answers" in run.suites[0].results[0].reason
    assert node.requests == []


WATCHED = """
name = "watched"
summary = "The node says what it is asked."
[[probe]]
id = "p"
category = "c"
prompts = ["yes", "yes ", "yes  ", " yes", "  yes", "yes\\n", "\\nyes", "yes\\t"]
check = { kind = "exact", expect = "yes" }
"""


def test_a_watch_asks_one_question_at_a_time_and_compares(
    node: ScriptedNode, mosquitto: brokers.Mosquitto, tmp_path: Path
) -> None:
    """The node answers what it is asked; once it was recorded to be all wrong, once all right."""
    suite = tmp_path / "watched.toml"
    suite.write_text(WATCHED)
    arguments = ["watch", "--suite", str(suite), "--data-dir", str(tmp_path), "--json"]
    arguments += [part for one in overrides(mosquitto.port, "gw") for part in ("--set", one)]
    folder = tmp_path / "gate"
    folder.mkdir()

    def record(text: str, *, passed: bool) -> None:
        items = {f"p/{i}/0": {"answer": text, "passed": passed} for i in range(8)}
        (folder / "ab.json").write_text(json.dumps({"model": "m", "suites": {"watched": items}}))

    record("no", passed=False)
    better = CliRunner().invoke(command, arguments, catch_exceptions=False)
    node.text = "no"
    record("yes", passed=True)
    worse = CliRunner().invoke(command, arguments, catch_exceptions=False)

    first, second = json.loads(better.stdout), json.loads(worse.stdout)
    assert (better.exit_code, first["passed"], len(first["gained"]), first["problems"]) == (0, 8, 8, [])
    assert (worse.exit_code, second["passed"], len(second["lost"])) == (1, 0, 8)
    assert "8 answers of 8 were right" in second["problems"][0]
    assert node.most == 1
    assert {request["priority"] for request in node.requests} == {"batch"}


class LockingNode(ScriptedNode):
    """Locks a database before it answers its first question."""

    def __init__(self, port: int, database: Path) -> None:
        self.database = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        super().__init__(port)

    def _on_message(self, client: paho.Client, data: Any, message: paho.MQTTMessage) -> None:
        if not self.database.in_transaction:
            self.database.execute("BEGIN IMMEDIATE")
        super()._on_message(client, data, message)


def test_a_watch_says_what_it_could_not_read_or_store_and_still_judges(
    mosquitto: brokers.Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is damaged, and another process keeps the database locked; both are trouble beside the score."""
    monkeypatch.setattr("edge.database.LOCKED_S", 0.1)
    suite = tmp_path / "watched.toml"
    suite.write_text(WATCHED)
    (tmp_path / "gate").mkdir()
    (tmp_path / "gate" / "ab.json").write_text('{"suites": ')
    arguments = ["watch", "--suite", str(suite), "--data-dir", str(tmp_path)]
    arguments += [part for one in overrides(mosquitto.port, "gw") for part in ("--set", one)]
    Store(tmp_path / "edgegen.db").close()
    node = LockingNode(mosquitto.port, tmp_path / "edgegen.db")

    done = CliRunner().invoke(command, arguments, catch_exceptions=False)

    node.database.close()
    node.client.disconnect()
    node.client.loop_stop()
    assert done.exit_code == 1
    assert "m-1.2.3: 8 of 8 right" in done.stdout
    assert "trouble: the scores are not stored: " in done.stdout
    assert "database is locked" in done.stdout
    assert "ab.json: the answers recorded at activation cannot be read: JSONDecodeError" in done.stdout


class ForgetfulNode:
    """Accepts what it is asked, and answers only what it is asked for the second time, byte for byte."""

    def __init__(self, port: int, *, then: dict[str, Any] | None = None, sha256: str = "ab") -> None:
        self.payloads: list[bytes] = []
        self.cancelled: list[str] = []
        self._then = then
        self._sha256 = sha256
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda *_: self._present()
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _present(self) -> None:
        self.client.subscribe("edgegen/gw/req/+/+", 1)
        self.client.publish("edgegen/gw/state", json.dumps({"state": "online", "boot": "b"}), 1, retain=True)
        self._tell_info()

    def _tell_info(self) -> None:
        info = {"bundle": {"name": "m", "version": "1.2.3", "sha256": self._sha256}}
        self.client.publish("edgegen/gw/info", json.dumps(info), 1, retain=True)

    def _on_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        request = json.loads(message.payload)
        device, verb = message.topic.split("/")[3:]
        if verb == "cancel":
            self.cancelled.append(request["id"])
            return
        topic, head = f"edgegen/gw/res/{device}/{request['id']}", {"id": request["id"], "node": "gw"}
        client.publish(topic, json.dumps({**head, "type": "accepted", "queue_pos": 0}), 1)
        if message.payload in self.payloads:
            client.publish(topic, json.dumps({**head, "type": "done", "text": "yes"}), 1)
        self.payloads.append(message.payload)
        if self._then is not None:
            client.publish("edgegen/gw/state", json.dumps(self._then), 1, retain=True)

    def becomes(self, sha256: str) -> None:
        self._sha256 = sha256
        self._tell_info()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def asked(count: int = 1) -> tuple[Item, ...]:
    return tuple(
        Item(f"p/0/{i}", "p", "c", "p/0", f"yes {i}", {"kind": "exact", "expect": "yes"}) for i in range(count)
    )


def test_what_was_lost_while_the_broker_was_away_is_asked_again(mosquitto: brokers.Mosquitto) -> None:
    """The node keeps its answer, but a device that was not connected never saw it."""
    node = ForgetfulNode(mosquitto.port)
    target = MqttTarget(load_config(None, overrides(mosquitto.port, "gw")))
    restart = threading.Timer(1.0, mosquitto.restart)
    restart.start()

    answers = [answer.text for _, answer in target.ask(asked(3))]

    restart.join()
    target.close()
    node.close()
    assert answers == ["yes"] * 3
    assert len(node.payloads) >= 6
    assert len(set(node.payloads)) == 3


def test_a_node_that_is_gone_is_not_waited_for_for_ever(
    mosquitto: brokers.Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took the question, and then its will says that it died."""
    monkeypatch.setattr("edge.probes.remote.GONE_S", 0.5)
    node = ForgetfulNode(mosquitto.port, then={"state": "offline"})
    target = MqttTarget(load_config(None, overrides(mosquitto.port, "gw")))

    with pytest.raises(BrokerError, match=r"'gw' or its broker has been gone for .* with 1 questions unanswered"):
        list(target.ask(asked()))

    target.close()
    node.close()


def test_a_broker_that_is_gone_is_not_waited_for_for_ever(
    mosquitto: brokers.Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.probes.remote.GONE_S", 0.5)
    node = ForgetfulNode(mosquitto.port)
    target = MqttTarget(load_config(None, overrides(mosquitto.port, "gw")))
    threading.Timer(0.5, mosquitto.kill).start()

    with pytest.raises(BrokerError, match="has been gone for"):
        list(target.ask(asked()))

    target.close()
    node.close()


def test_a_node_that_changes_its_bundle_meanwhile_is_named(mosquitto: brokers.Mosquitto) -> None:
    """Answers of two models are no score of either."""
    node = ForgetfulNode(mosquitto.port)
    target = MqttTarget(load_config(None, overrides(mosquitto.port, "gw")))
    threading.Timer(0.5, node.becomes, ("cd",)).start()

    with pytest.raises(BrokerError, match=r"went from m-1\.2\.3 \(ab\) to m-1\.2\.3 meanwhile"):
        list(target.ask(asked()))

    target.close()
    node.close()


def test_what_nobody_waits_for_any_more_is_cancelled(mosquitto: brokers.Mosquitto) -> None:
    """Ctrl-C in the middle: the node has up to eight questions, and computes none of them for nobody."""
    node = ForgetfulNode(mosquitto.port)
    target = MqttTarget(load_config(None, overrides(mosquitto.port, "gw")))
    reader = threading.Thread(target=lambda: list(target.ask(asked(3))), daemon=True)
    reader.start()
    wait_for(lambda: len(node.payloads) == 3, "three questions at the node")

    target.close()

    wait_for(lambda: len(node.cancelled) == 3, "three cancellations at the node")
    node.close()
    assert sorted(node.cancelled) == sorted(json.loads(payload)["id"] for payload in node.payloads)


def test_a_watch_that_systemd_ends_cancels_what_it_asked(mosquitto: brokers.Mosquitto, tmp_path: Path) -> None:
    """TimeoutStartSec sends SIGTERM, and the node should not compute an answer for nobody."""
    suite = tmp_path / "watched.toml"
    suite.write_text(WATCHED)
    node = ForgetfulNode(mosquitto.port)
    settings = [part for one in overrides(mosquitto.port, "gw") for part in ("--set", one)]
    arguments = ["probe", "watch", "--suite", str(suite), "--data-dir", str(tmp_path), *settings]
    watch = subprocess.Popen([sys.executable, "-m", "edgegen.cli", *arguments])
    wait_for(lambda: node.payloads, "a question at the node")

    watch.send_signal(signal.SIGTERM)
    status = watch.wait(brokers.PATIENCE_S)

    wait_for(lambda: node.cancelled, "a cancellation at the node")
    node.close()
    assert status == 128 + signal.SIGTERM
    assert node.cancelled == [json.loads(node.payloads[0])["id"]]

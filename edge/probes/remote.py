"""A live node as the target: asks over MQTT at ``batch`` priority, as a device would."""

import collections
import contextlib
import json
import queue
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.probes.answer import Answer
from edge.probes.scoring import is_scored
from edge.probes.suite import Item
from edgegen.config import Config
from edgegen.errors import BrokerError
from edgegen.frames import encode
from edgegen.protocol import is_name
from edgegen.topics import Topics

# Requests at the node at a time: enough to fill its slots, too few to fill its queue.
WINDOW = 8

CONNECT_S = 10.0

# Without an `accepted` for this long the request is not arriving.
ACCEPT_S = 30.0

# Devices go first, so a probe may wait for long; the node's own default deadline is for sensors.
DEADLINE_S = 3600.0

# A node that restarts with a large model, or a broker that is updated, is back within this; then nobody is there.
GONE_S = 180.0

# A question is repeated so often, whatever became of its frames; devices may be before it for long.
REPEAT_S = 60.0

# In the queue of arrivals, in place of a topic: the connection was made again, or was lost.
_AGAIN, _LOST = "", " "

# What a node says of itself that will not answer; `starting` and `draining` pass by themselves.
_SILENT = ("offline", "stopped")

# Endings after which the same question is asked once more: they are about the moment, not about the question.
PASSING = ("internal", "expired")


@dataclass
class _Asked:
    """An item on its way, with its newest request, which a repetition must equal byte for byte."""

    item: Item
    tries: int = 0
    sent_at: float = 0.0
    since: float = 0.0  # it waits to be accepted
    repeated: float = 0.0
    accepted: bool = False
    request: bytes = b""


class MqttTarget:
    """A node behind the configured broker.

    Args:
        config: Its ``[mqtt]`` section says how to connect: a broker with an access list wants a *device's* login here,
            whose name is then also the device's. ``node.id`` names the node.
        window: Requests at the node at a time.
        samples: Each item is answered this often, and what most answers agree on counts.

    Raises:
        BrokerError: If the broker is not reachable or refuses the login, or the node is not online.
    """

    def __init__(self, config: Config, *, window: int = WINDOW, samples: int = 1) -> None:
        self._window = window
        self._samples = samples
        mqtt = config.mqtt
        self._topics = Topics(mqtt.base_topic, config.node.id)
        name = mqtt.username or ""
        self._device = name if is_name(name) else f"probe-{uuid.uuid4().hex[:8]}"
        self._arrived: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._where = f"{mqtt.host}:{mqtt.port}"
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{self._device}-{uuid.uuid4().hex[:8]}",
            protocol=paho.MQTTv5 if mqtt.protocol == 5 else paho.MQTTv311,
        )
        if mqtt.username is not None:
            password = None if mqtt.password_file is None else mqtt.password_file.read_text("utf-8").strip()
            self._client.username_pw_set(mqtt.username, password)
        if mqtt.tls_ca_file or mqtt.tls_cert_file:
            ca, cert, key = (
                None if file is None else str(file)
                for file in (mqtt.tls_ca_file, mqtt.tls_cert_file, mqtt.tls_key_file)
            )
            self._client.tls_set(ca, cert, key)
        self._problem = "no answer"
        self._inside: dict[str, _Asked] = {}
        self._gone_since: float | None = None
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        try:
            self._client.connect(mqtt.host, mqtt.port, keepalive=30)
        except OSError as error:
            raise BrokerError(f"{self._where}: {error}. Is the broker running? `edgegen doctor` looks.") from None
        self._client.loop_start()
        try:
            self._info = self._look()
        except BaseException:
            self.close()
            raise

    # In paho's thread: an exception here would end it, so there is nothing that can raise.

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._problem = str(reason)
            return
        self._problem = "connected, but the node has published no state and info"
        response = self._topics.response(self._device, "+")
        client.subscribe([(self._topics.state, 1), (self._topics.info, 1), (response, 1)])
        self._arrived.put((_AGAIN, b""))

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
        self._arrived.put((_LOST, b""))

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._arrived.put((message.topic, bytes(message.payload)))

    # In the caller's thread.

    def _look(self) -> dict[str, Any]:
        """Wait for the node's retained topics."""
        deadline = time.monotonic() + CONNECT_S
        state: dict[str, Any] = {}
        info: dict[str, Any] = {}
        while not (state and info):
            message = self._next(deadline - time.monotonic())
            if message is None:
                raise BrokerError(
                    f"{self._where}: node {self._topics.node!r}: {self._problem} within {CONNECT_S:.0f} s. Check "
                    "node.id, mqtt.username and mqtt.password_file, or run `edgegen doctor`."
                )
            topic, document = message
            state = document if topic == self._topics.state else state
            info = document if topic == self._topics.info else info
        if state.get("state") not in ("online", "degraded"):
            raise BrokerError(f"{self._topics.state}: the node is {state.get('state')!r}, not online. Start it first.")
        return info

    def _next(self, timeout_s: float) -> tuple[str, dict[str, Any]] | None:
        try:
            topic, payload = self._arrived.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None
        with contextlib.suppress(ValueError):
            document = json.loads(payload)
            if isinstance(document, dict):
                return topic, document
        return topic, {}

    @property
    def model(self) -> str:
        """The node's active bundle."""
        bundle = self._info.get("bundle") or {}
        return f"{bundle.get('name', 'unknown')}-{bundle.get('version', '0')}"

    @property
    def sha256(self) -> str:
        """Of the node's active bundle."""
        return str((self._info.get("bundle") or {}).get("sha256", ""))

    @property
    def adapters(self) -> frozenset[str]:
        """Of the node's active bundle."""
        return frozenset(name for name in self._info.get("adapters") or () if isinstance(name, str))

    def close(self) -> None:
        """Disconnect; what is still asked for is cancelled, so that the node computes nothing for nobody."""
        last = None
        for request_id in self._inside:
            last = self._client.publish(self._topics.request(self._device, "cancel"), encode({"id": request_id}), qos=1)
        self._inside.clear()
        if last is not None and self._client.is_connected():
            with contextlib.suppress(RuntimeError, ValueError):
                last.wait_for_publish(2.0)
        self._client.disconnect()
        self._client.loop_stop()

    def ask(self, items: Iterable[Item]) -> Iterator[tuple[Item, Answer]]:
        """See ``edge.probes.target.Target``.

        Raises:
            BrokerError: If requests do not reach the node, it is gone for long, or it changes its bundle meanwhile.
        """
        asked_for = list(items)
        for item in asked_for:
            if is_scored(item):
                yield item, Answer(problem="a node does not score answers: run a margin with --target bundle or a GGUF")
        waiting = collections.deque(_Asked(item) for item in asked_for if not is_scored(item))
        inside = self._inside
        inside.clear()
        not_before = 0.0
        while waiting or inside:
            now = time.monotonic()
            while waiting and len(inside) < self._window and now >= not_before:
                self._send(waiting.popleft(), inside)
            self._check_there(now)
            self._check_accepted(inside, now)
            frame = self._frame()
            asked = inside.get(str(frame.get("id")))
            kind = frame.get("type")
            if asked is None:
                continue
            if kind == "accepted":
                asked.accepted = True
            elif frame.get("code") in ("busy", "rate_limited"):
                del inside[frame["id"]]
                waiting.appendleft(asked)
                not_before = time.monotonic() + float(frame.get("retry_after_s", 1.0))
            elif kind == "error" and frame.get("code") in PASSING and asked.tries < 2:
                del inside[frame["id"]]
                waiting.append(asked)
            elif kind in ("done", "error"):
                del inside[frame["id"]]
                yield asked.item, _answer(frame, time.monotonic() - asked.sent_at)

    def _send(self, asked: _Asked, inside: dict[str, _Asked]) -> None:
        item, request_id = asked.item, f"probe-{uuid.uuid4().hex}"
        request = {
            "id": request_id,
            "prompt": item.prompt,
            "priority": "batch",
            "deadline_s": DEADLINE_S,
            **item.sampling,
        }
        if item.adapter is not None:
            request["adapter"] = item.adapter
        if item.schema is not None:
            request["schema"] = item.schema
        if self._samples > 1:
            request["samples"] = self._samples
        asked.tries += 1
        asked.accepted, asked.request = False, encode(request)
        asked.sent_at = asked.since = asked.repeated = time.monotonic()
        inside[request_id] = asked
        self._client.publish(self._topics.request(self._device, "generate"), asked.request, qos=1)

    def _frame(self) -> dict[str, Any]:
        """The next frame of an answer, or {} when there was none for a second."""
        topic, document = self._next(1.0) or (None, {})
        if topic not in (_AGAIN, _LOST, self._topics.state, self._topics.info):
            return document
        self._hear(topic, document)
        return {}

    def _hear(self, topic: str, document: dict[str, Any]) -> None:
        """What concerns no single request: the connection, the node's state and its bundle."""
        if topic == _LOST or (topic == self._topics.state and document.get("state") in _SILENT):
            self._gone_since = self._gone_since or time.monotonic()
        elif topic in (_AGAIN, self._topics.state):
            # Whichever of the two comes back last: what was published before it did is lost.
            self._gone_since = None
            self._repeat(time.monotonic())
        elif (bundle := document.get("bundle")) and (before := self.sha256) != str(bundle.get("sha256", "")):
            was, self._info = self.model, document
            raise BrokerError(
                f"{self._topics.info}: the node went from {was} ({before[:12]}) to {self.model} meanwhile, and answers "
                "of two models are no score of either. Run it again."
            )

    def _repeat(self, now: float, older_s: float = 0.0) -> None:
        """Ask the same again: a frame may be lost with a connection, and a node answers a known id with what it has."""
        for asked in self._inside.values():
            if now - asked.repeated >= older_s:
                asked.repeated = now
                asked.since = now if not asked.accepted and not older_s else asked.since
                self._client.publish(self._topics.request(self._device, "generate"), asked.request, qos=1)

    def _check_there(self, now: float) -> None:
        self._repeat(now, REPEAT_S)
        if self._gone_since is not None and now - self._gone_since > GONE_S:
            raise BrokerError(
                f"{self._where}: node {self._topics.node!r} or its broker has been gone for {GONE_S:.0f} s, with "
                f"{len(self._inside)} questions unanswered. Start it, and run this again; `edgegen doctor` looks."
            )

    def _check_accepted(self, inside: dict[str, _Asked], now: float) -> None:
        if self._gone_since is None and any(
            not asked.accepted and now - asked.since > ACCEPT_S for asked in inside.values()
        ):
            raise BrokerError(
                f"{self._where}: node {self._topics.node!r} accepted nothing from device {self._device!r} for "
                f"{ACCEPT_S:.0f} s. With an access list, give a device's login: --set mqtt.username=NAME "
                "--set mqtt.password_file=FILE."
            )


def _answer(frame: dict[str, Any], seconds: float) -> Answer:
    """A terminal frame; its own timing leaves out the wait behind devices, where it says so."""
    if frame["type"] == "error":
        return Answer(seconds=seconds, problem=f"{frame.get('code')}: {frame.get('reason')}")
    timing = frame.get("timing", {})
    computing = max(0.0, float(timing.get("total_s", seconds)) - float(timing.get("queue_s", 0.0)))
    # A node tells its devices no confidence: it abstains itself.
    sure = {k: float(frame[k]) for k in ("agreement",) if k in frame}
    return Answer(frame.get("text", ""), computing, int(frame.get("usage", {}).get("completion_tokens", 0)), sure=sure)

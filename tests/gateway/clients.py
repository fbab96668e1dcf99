"""A paho client that remembers everything it got, for tests that ask who may send and read what."""

import queue
import time
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tests.brokers import LOGINS, PATIENCE_S, Mosquitto


class Client:
    """One connection. ``messages`` holds (topic, payload); ``disconnects`` counts how often the broker ended it.

    It does not reconnect by itself, so that being thrown off the broker is not hidden.
    """

    def __init__(
        self,
        broker: Mosquitto,
        login: str,
        *,
        password: str | None = None,
        port: int | None = None,
        client_id: str = "",
        session_s: int = 0,
    ) -> None:
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.disconnects = 0
        self._paho = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        self._paho.username_pw_set(login, password or LOGINS[login])
        self._paho.on_message = lambda _c, _u, message: self.messages.put((message.topic, bytes(message.payload)))
        self._paho.on_disconnect = self._on_disconnect
        expiry = Properties(PacketTypes.CONNECT)
        expiry.SessionExpiryInterval = session_s
        connected: queue.Queue[ReasonCode] = queue.Queue()
        subscribed: queue.Queue[int] = queue.Queue()
        self._subscribed = subscribed
        self._paho.on_connect = lambda _c, _u, _f, reason, _p: connected.put(reason)
        self._paho.on_subscribe = lambda _c, _u, mid, _r, _p: subscribed.put(mid)
        self._paho.connect(broker.host, port or broker.port, clean_start=session_s == 0, properties=expiry)
        self._paho.loop_start()
        reason = connected.get(timeout=PATIENCE_S)
        assert not reason.is_failure, reason

    def _on_disconnect(self, *_args: object) -> None:
        self.disconnects += 1

    def subscribe(self, *topics: str) -> Self:
        """Subscribe with QoS 1 and wait for the SUBACK; what it says is not looked at, because it lies."""
        for topic in topics:
            self._paho.subscribe(topic, 1)
            self._subscribed.get(timeout=PATIENCE_S)
        return self

    def publish(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> None:
        """Publish with QoS 1 and wait for the PUBACK: the broker has then handed the message to all who get it."""
        sent = self._paho.publish(topic, payload, 1, retain=retain)
        sent.wait_for_publish(PATIENCE_S)
        assert sent.is_published()

    def get_until(self, topic: str) -> list[tuple[str, bytes]]:
        """Everything that arrived before a message on ``topic``."""
        before = []
        while (message := self.get())[0] != topic:
            before.append(message)
        return before

    def get(self) -> tuple[str, bytes]:
        """The next message."""
        return self.messages.get(timeout=PATIENCE_S)

    def wait_disconnected(self) -> bool:
        """Whether the broker ends the connection."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.disconnects and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.disconnects > 0

    def close(self) -> None:
        """Disconnect."""
        self._paho.disconnect()
        self._paho.loop_stop()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Disconnect."""
        self.close()

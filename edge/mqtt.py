"""The MQTT thread: the only owner of paho clients.

It reads what has arrived, hands it over as one burst, publishes what the burst leads to and only then
acknowledges, in order of arrival (MQTT-4.6.0-2). Other threads hand it messages through a queue. Its loop is
its own, because paho's would run a callback a message, and an exception in one would end its thread.
"""

import collections
import contextlib
import logging
import random
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import paho.mqtt.client as paho
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.core.messages import Incoming, Outgoing
from edge.mqtt_connection import Connection
from edge.mqtt_messages import incoming, packet_bytes, publish_properties
from edgegen.config import MqttConfig
from edgegen.topics import Topics

log = logging.getLogger(__name__)

BURST = 64

# After another node took over our session, or said it is online under our id: two nodes that fight for one id
# would otherwise throw each other out every second.
DUPLICATE_BACKOFF_S = (30.0, 60.0)

TICK_S = 1.0  # keep-alive and the pool subscription are looked at this often

_SESSION_TAKEN_OVER = 0x8E
_FAILURE = 0x80

# What the node takes in one packet beyond its own limit for payloads: enough that a request which is a little too
# large still gets its refusal. Larger ones the broker drops, instead of filling the daemon's memory.
PACKET_ALLOWANCE = 2
LEAST_PACKET_BYTES = 1024 * 1024

# MQTT 3.1.1 brokers do not tell their limit; this is the one of the shipped Mosquitto configuration. A packet over it
# would end the connection, be sent again after the next one, and end that too.
ASSUMED_PACKET_BYTES = 262_144

# As much as a broker takes at once by default. Beyond it paho would queue QoS 1 and let QoS 0 overtake.
IN_FLIGHT = 20


class LinkEvents(Protocol):
    """What the thread tells the daemon; called in the MQTT thread."""

    def on_connected(self) -> Sequence[Outgoing]:
        """Connected and subscribed; what to publish first."""

    def on_disconnected(self, reason: str) -> None:
        """The connection failed or ended."""

    def on_burst(self, messages: Sequence[Incoming]) -> Sequence[Outgoing]:
        """Requests that arrived; what to publish before they are acknowledged."""

    def on_other(self, message: Incoming) -> Sequence[Outgoing]:
        """A message on another topic: the node's own state, an admin request."""

    def on_delivered(self, key: int) -> None:
        """The broker took a terminal frame."""

    def on_not_delivered(self, message: Outgoing, reason: str) -> None:
        """The broker refused a terminal frame."""

    def on_too_large(self, message: Outgoing, limit: int) -> Outgoing | None:
        """A frame exceeds the broker's Maximum Packet Size; what to publish instead."""

    def pool_open(self) -> bool:
        """Whether the node takes requests from the pool right now."""


class MqttLink(threading.Thread):
    """The node's connections to its broker.

    Args:
        will: Payload of the will on the state topic.
        admin_filter: Topic filter of admin requests.
        payload_bytes: The node's limit for a payload.

    Attributes:
        turned_at: When the loop last went round without a defect (time.monotonic); for the watchdog.

    Raises:
        ConfigError: If the TLS files cannot be used.
    """

    def __init__(
        self,
        config: MqttConfig,
        topics: Topics,
        events: LinkEvents,
        *,
        will: bytes,
        admin_filter: str,
        payload_bytes: int,
    ) -> None:
        super().__init__(name="mqtt", daemon=True)
        self._topics = topics
        self._events = events
        self._admin_filter = admin_filter
        self._mqtt5 = config.protocol == 5
        self.turned_at = time.monotonic()
        self._queue: collections.deque[Outgoing] = collections.deque()
        self._wake_r, self._wake_w = socket.socketpair()
        self._wake_r.setblocking(False)
        self._wake_w.setblocking(False)
        self._stopping = threading.Event()
        self._deaf = False
        self._backlog_sent = False
        self._leave = ""  # why to leave the broker for a while
        most = max(LEAST_PACKET_BYTES, PACKET_ALLOWANCE * payload_bytes)
        self._main = Connection(config, f"edgegen-{topics.node}", lasting=True, packet_bytes=most)
        self._main.set_will(topics.state, will)
        # With a lasting session a dead node would keep its share of the pool's requests.
        self._pool = Connection(config, f"edgegen-{topics.node}-pool", lasting=False, packet_bytes=most)
        self._pool_subscribed = False
        for connection in (self._main, self._pool):
            self._set_callbacks(connection)

    # --- other threads ---------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether the node's own connection stands."""
        return self._main.connected

    def publish(self, message: Outgoing) -> None:
        """Hand a message to the thread; never blocks.

        Before the first connection only the store knows of answers; they come with the backlog.
        """
        if self._backlog_sent:
            self._queue.append(message)
            self._wake()

    def stop_reading(self) -> None:
        """Leave further requests unacknowledged: the broker keeps them in the session for the next start."""
        self._deaf = True

    def stop(self, last: Outgoing, timeout_s: float = 3.0) -> None:
        """Publish a last message, wait until the broker has everything, disconnect."""
        self.publish(last)
        deadline = time.monotonic() + timeout_s
        while self._main.connected and time.monotonic() < deadline and (self._queue or self._main.in_flight):
            time.sleep(0.01)
        self._stopping.set()
        self._wake()
        self.join(timeout_s)

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full: it is awake already
            self._wake_w.send(b"\0")

    # --- the loop --------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve both connections until stopped."""
        while not self._stopping.is_set():
            try:
                self._turn()
                self.turned_at = time.monotonic()
            except Exception:
                # This thread must outlive any defect: without it the node is deaf while it looks alive.
                log.exception("defect in the MQTT thread")
                time.sleep(TICK_S)
        for connection in (self._pool, self._main):
            connection.disconnect()

    def _turn(self) -> None:
        now = time.monotonic()
        for connection in (self._main, self._pool):
            wanted = connection is self._main or self._main.connected
            if wanted and connection.client.socket() is None and now >= connection.retry_at:
                self._connect(connection)
        self._wait()
        for connection in (self._main, self._pool):
            self._read(connection)
            connection.client.loop_misc()
        if self._leave:
            self._leave_now()
        self._tend_pool()
        while self._queue and self._main.connected and len(self._main.in_flight) < IN_FLIGHT:
            self._send_all([self._queue.popleft()])
        for connection in (self._main, self._pool):
            connection.write()

    def _wait(self) -> None:
        connections = [c for c in (self._main, self._pool) if c.client.socket() is not None]
        readers: list[Any] = [self._wake_r, *(c.client.socket() for c in connections)]
        writers: list[Any] = [c.client.socket() for c in connections if c.client.want_write()]
        timeout = TICK_S
        if self._main.client.socket() is None:
            timeout = min(TICK_S, max(0.0, self._main.retry_at - time.monotonic()))
        if self._queue and self._main.connected and len(self._main.in_flight) < IN_FLIGHT:
            timeout = 0.0
        select.select(readers, writers, [], timeout)
        with contextlib.suppress(BlockingIOError):
            while self._wake_r.recv(4096):
                pass

    def _read(self, connection: Connection) -> None:
        arrived = connection.read(BURST)
        if not arrived or self._deaf:
            return
        try:
            self._handle(arrived)
        finally:
            # Whatever went wrong: a message that is not acknowledged comes back for ever and keeps the others out.
            for message in arrived:
                connection.client.ack(message.mid, message.qos)

    def _handle(self, arrived: Sequence[paho.MQTTMessage]) -> None:
        requests: list[Incoming] = []
        for message in arrived:
            taken = incoming(message)
            if taken is None:
                log.warning("dropped a message whose topic is not UTF-8")
            elif self._topics.parse_request(taken.topic) is not None:
                requests.append(taken)
            else:
                self._send_all(self._guard(self._events.on_other, taken))
        if requests:
            self._send_all(self._take(requests))

    def _take(self, requests: list[Incoming]) -> Sequence[Outgoing]:
        try:
            return self._events.on_burst(requests)
        except Exception:
            # One message must neither take its neighbours along nor come back for ever.
            log.exception("defect while taking a burst of %d requests; taking them one by one", len(requests))
            return [o for r in requests for o in self._guard(lambda one: self._events.on_burst([one]), r)]

    def _guard(self, handler: Callable[[Incoming], Sequence[Outgoing]], message: Incoming) -> Sequence[Outgoing]:
        try:
            return handler(message)
        except Exception:
            log.exception("defect while handling a message on %s; it is dropped", message.topic)
            return ()

    # --- publishing ------------------------------------------------------------------------------

    def _send_all(self, messages: Sequence[Outgoing]) -> None:
        for message in messages:
            try:
                self._send(message)
            except Exception:
                log.exception("defect: cannot publish %d bytes on %s", len(message.payload), message.topic[:200])

    def _send(self, message: Outgoing) -> None:
        limit = self._main.max_packet_bytes or (None if self._mqtt5 else ASSUMED_PACKET_BYTES)
        if limit is not None and packet_bytes(message) > limit:
            smaller = self._events.on_too_large(message, limit)
            if smaller is not None:
                self._send(smaller)
            return
        properties = publish_properties(message) if self._mqtt5 else None
        info = self._main.client.publish(message.topic, message.payload, message.qos, message.retain, properties)
        if message.qos > 0:
            self._main.in_flight[info.mid] = message

    # --- connecting ------------------------------------------------------------------------------

    def _set_callbacks(self, connection: Connection) -> None:  # noqa: C901 - four small callbacks
        client = connection.client

        # An exception in one of these would make paho handle the same packet again and again.
        def on_connect(_c: Any, _u: Any, _flags: Any, reason: Any, properties: Any) -> None:
            try:
                self._on_connect(connection, reason, properties)
            except Exception:
                log.exception("defect after connecting")

        def on_disconnect(_c: Any, _u: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            try:
                self._on_disconnect(connection, reason)
            except Exception:
                log.exception("defect after the connection ended")

        def on_publish(_c: Any, _u: Any, mid: int, reason: Any, _properties: Any) -> None:
            message = connection.in_flight.pop(mid, None)
            if message is None or message.key is None:
                return
            try:
                if reason.value >= _FAILURE:
                    self._events.on_not_delivered(message, str(reason))
                else:
                    self._events.on_delivered(message.key)
            except Exception:
                log.exception("defect after a PUBACK")

        def on_subscribe(_c: Any, _u: Any, _mid: int, reasons: Any, _properties: Any) -> None:
            for reason in reasons:
                if reason.value >= _FAILURE:
                    log.error("the broker refuses a subscription (%s): check its ACL for this login", reason)

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        client.on_publish = on_publish
        client.on_subscribe = on_subscribe

    def _connect(self, connection: Connection) -> None:
        try:
            connection.connect()
        except (OSError, ValueError) as error:
            self._lost(connection, f"{connection.address}: {error}")

    def _on_connect(self, connection: Connection, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            connection.problem = f"{connection.address} refuses the connection: {reason}"
            return  # paho closes the socket and calls on_disconnect
        connection.stands(properties)
        if connection is self._pool:
            self._pool_subscribed = False
            return
        log.info("connected to %s", connection.address)
        self._subscribe()
        self._backlog_sent = True
        # Not from inside paho's callback: there its publish only queues, and the order would be lost.
        self._queue.extend(self._events.on_connected())

    def _subscribe(self) -> None:
        client = self._main.client
        if self._mqtt5:
            # Retain Handling 2: never replay. Retain As Published: a live retained request is seen for what it is.
            requests = SubscribeOptions(
                qos=1, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND
            )
            client.subscribe([(self._topics.requests, requests), (self._admin_filter, requests)])
            client.subscribe(self._topics.state, options=SubscribeOptions(qos=1, noLocal=True))
        else:
            client.subscribe([(self._topics.requests, 1), (self._admin_filter, 1), (self._topics.state, 1)])

    def _on_disconnect(self, connection: Connection, reason: Any) -> None:
        why = connection.problem or f"{connection.address}: {reason}"
        taken_over = getattr(reason, "value", None) == _SESSION_TAKEN_OVER
        self._lost(connection, why)
        if taken_over and not self._stopping.is_set():
            self.back_off(f"another client connected as edgegen-{self._topics.node}: is the node id used twice?")

    def _lost(self, connection: Connection, why: str) -> None:
        news = connection.lost(why)
        if connection is self._main:
            if news:
                log.warning("no broker: %s; trying again for ever", why)
            self._events.on_disconnected(why)
        elif news and self._main.connected:
            log.warning("no connection for the pool: %s; this node takes no pool requests meanwhile", why)

    def back_off(self, why: str) -> None:
        """Leave the broker to the other node of our name for a while, once what is being handled is published."""
        self._leave = why

    def _leave_now(self) -> None:
        why, self._leave = self._leave, ""
        log.error("%s", why)
        self._main.disconnect()
        self._main.connected = False
        self._main.problem = why
        self._main.retry_at = time.monotonic() + random.uniform(*DUPLICATE_BACKOFF_S)  # noqa: S311
        self._events.on_disconnected(why)

    def _tend_pool(self) -> None:
        if not self._pool.connected:
            return
        wanted = self._main.connected and not self._deaf and self._events.pool_open()
        if wanted and not self._pool_subscribed:
            self._pool.client.subscribe(self._topics.pool_requests, qos=1)
        elif self._pool_subscribed and not wanted:
            self._pool.client.unsubscribe(self._topics.pool_requests)
        self._pool_subscribed = wanted

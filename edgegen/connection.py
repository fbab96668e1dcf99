"""One MQTT connection of a client, such as `edgegen ask`: in the foreground, without threads, with errors that say why.

The node has its own (`edge.mqtt`). This one is for commands: it waits for one thing at a time, gives up in time, and
turns what a broker does into a sentence with a remedy.
"""

import collections
import socket
import ssl
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edgegen.config import MqttConfig
from edgegen.errors import BrokerError, ConfigError

CONNECT_S = 10.0  # TCP, TLS and CONNACK together, on a slow link
KEEP_ALIVE_S = 30

_UNSUPPORTED_VERSION = 0x84
_BAD_LOGIN = 0x86
_NOT_AUTHORISED = 0x87
_FAILURE = 0x80


@dataclass(frozen=True)
class BrokerAddress:
    """Where a broker is and how to log in.

    Args:
        protocol: 5, 311, or None: 5, and 311 with a broker that knows nothing newer.
    """

    host: str = "localhost"
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_ca_file: Path | None = None
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    protocol: int | None = None

    @classmethod
    def of_config(cls, config: MqttConfig) -> "BrokerAddress":
        """The broker of a node, with the node's login."""
        return cls(
            host=config.host,
            port=config.port,
            username=config.username,
            password=read_password(config.password_file) if config.password_file else None,
            tls_ca_file=config.tls_ca_file,
            tls_cert_file=config.tls_cert_file,
            tls_key_file=config.tls_key_file,
            protocol=config.protocol,
        )

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_password(path: Path) -> str:
    """The password that stands alone in a file.

    Raises:
        ConfigError: If the file cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(
            [f"{path}: the password cannot be read: {why}. Correct the path or its permissions."]
        ) from None


@dataclass(frozen=True)
class Received:
    """One message from the broker."""

    topic: str
    payload: bytes
    retain: bool
    correlation: bytes | None


class _ClosedEarlyError(BrokerError):
    """The broker ended the connection without an answer to CONNECT."""


class Connection:
    """A connection that is served while one waits for something.

    Args:
        client_id: A random one when left out, so that it takes nobody's MQTT session.
    """

    def __init__(self, address: BrokerAddress, *, client_id: str | None = None) -> None:
        self.address = address
        self.client_id = client_id or f"edgegen-{uuid.uuid4().hex[:16]}"
        self.protocol = address.protocol or 5
        self.arrived: collections.deque[Received] = collections.deque()
        self._client: paho.Client | None = None
        self._connack: Any = None
        self._ended: str | None = None
        self._acknowledged: dict[int, Any] = {}

    # --- connecting ------------------------------------------------------------------------------

    def open(self, timeout_s: float = CONNECT_S) -> Self:
        """Connect and log in.

        Raises:
            BrokerError: If the broker is not there, is no MQTT broker, or refuses the login.
        """
        versions = (5, 311) if self.address.protocol is None else (self.address.protocol,)
        for self.protocol in versions:
            try:
                self._open(timeout_s)
            except _ClosedEarlyError as error:  # brokers that do not know a version may say so, or just hang up
                if self.protocol == versions[-1]:
                    raise BrokerError(str(error)) from None
            else:
                break
        return self

    def _open(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        self._connack = self._ended = None
        self._client = self._new_client(timeout_s)
        address = self.address
        try:
            self._client.connect(address.host, address.port, KEEP_ALIVE_S)
        except socket.gaierror as error:
            raise BrokerError(
                f"{address.host}: no such host ({error.strerror}). Correct the name, or use the broker's IP address."
            ) from None
        except ssl.SSLError as error:
            raise BrokerError(_tls_problem(address, error)) from None
        except TimeoutError:
            raise BrokerError(
                f"{address}: no answer within {timeout_s:.0f} s. Is the machine on, and does a firewall block the port?"
            ) from None
        except OSError as error:
            raise BrokerError(
                f"{address}: {error.strerror or error}. Is the broker running there? Start it "
                "(`systemctl start mosquitto`), or correct host and port."
            ) from None
        while self._connack is None and time.monotonic() < deadline:
            if not self._turn(0.2):
                break
        self._judge_connack(timeout_s)

    def _judge_connack(self, timeout_s: float) -> None:
        address, reason = self.address, self._connack
        if reason is None and self._ended is None:
            raise BrokerError(
                f"{address}: something listens there, but it did not speak MQTT within {timeout_s:.0f} s. "
                "Check the port: 1883 is MQTT, 8883 is MQTT over TLS and needs the file of the authority."
            )
        if reason is None or reason.value == _UNSUPPORTED_VERSION:
            raise _ClosedEarlyError(
                f"{address}: the broker ended the connection instead of answering MQTT "
                f"{'5' if self.protocol == 5 else '3.1.1'}. Check the port (8883 needs TLS), or use the other protocol."
            )
        if reason.value in (_BAD_LOGIN, _NOT_AUTHORISED):
            who = f"the login {address.username!r}" if address.username else "a connection without a login"
            raise BrokerError(
                f"{address}: the broker refuses {who} ({reason}). Correct user name and password; with Mosquitto, "
                "mosquitto_passwd sets them and `systemctl reload mosquitto` makes them known."
            )
        if reason.is_failure:
            raise BrokerError(f"{address}: the broker refuses the connection: {reason}. Its log says more.")

    def _new_client(self, timeout_s: float) -> paho.Client:
        address = self.address
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.client_id,
            protocol=paho.MQTTv5 if self.protocol == 5 else paho.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = timeout_s
        if address.username is not None:
            client.username_pw_set(address.username, address.password)
        if address.tls_ca_file is not None or address.tls_cert_file is not None:
            try:
                client.tls_set(
                    ca_certs=str(address.tls_ca_file) if address.tls_ca_file else None,
                    certfile=str(address.tls_cert_file) if address.tls_cert_file else None,
                    keyfile=str(address.tls_key_file) if address.tls_key_file else None,
                )
            except (OSError, ValueError) as error:
                raise ConfigError([f"{address.tls_ca_file}: not usable for TLS: {error}. Name a PEM file."]) from None

        def on_connect(_c: Any, _u: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            self._connack = reason

        def on_disconnect(_c: Any, _u: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            self._ended = str(reason)

        def acknowledged(_c: Any, _u: Any, mid: int, reason: Any, _properties: Any) -> None:
            self._acknowledged[mid] = reason

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        client.on_publish = acknowledged
        client.on_subscribe = acknowledged
        client.on_message = lambda _c, _u, message: self._on_message(message)
        client.on_socket_open = _no_delay
        return client

    def _on_message(self, message: paho.MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", None)
        self.arrived.append(Received(message.topic, bytes(message.payload), message.retain, correlation))

    def close(self) -> None:
        """Say goodbye and hang up; what waits to be sent goes first."""
        if self._client is not None and self.connected:
            self._client.disconnect()
            self._client.loop_write()
        self._client = None

    @property
    def connected(self) -> bool:
        """Whether the broker has let us in and nobody has hung up since."""
        return self._client is not None and self._connack is not None and self._ended is None

    def __enter__(self) -> Self:
        """Connect."""
        return self.open()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Hang up."""
        self.close()

    # --- talking ---------------------------------------------------------------------------------

    def _turn(self, timeout_s: float) -> bool:
        """Serve the socket once. Returns False when the connection has ended."""
        assert self._client is not None, "not open"
        if self._ended is not None or self._client.socket() is None:
            self._ended = self._ended or "the connection was lost"
            return False
        if self._client.loop(timeout_s) != paho.MQTT_ERR_SUCCESS and self._ended is None:
            self._ended = "the connection was lost"
        return self._ended is None

    def receive(self, timeout_s: float) -> Received | None:
        """The next message, None when none comes in time.

        Raises:
            BrokerError: If the connection ends and everything that had come before was handed out.
        """
        deadline = time.monotonic() + timeout_s
        while not self.arrived:
            left = deadline - time.monotonic()
            if left < 0:
                return None
            if not self._turn(left) and not self.arrived:
                raise BrokerError(f"{self.address}: the connection ended ({self._ended}). Is the broker still running?")
        return self.arrived.popleft()

    def subscribe(self, *filters: str) -> None:
        """Subscribe with QoS 1 and wait for the broker's word, which may still be a lie: only delivery proves a right.

        Raises:
            BrokerError: If the broker refuses, or does not answer.
        """
        assert self._client is not None, "not open"
        for topic_filter in filters:
            _, mid = self._client.subscribe(topic_filter, 1)
            reasons = self._wait(mid, f"the subscription to {topic_filter}")
            if reasons[0].value >= _FAILURE:
                raise BrokerError(
                    f"{self.address}: the broker refuses the subscription to {topic_filter} ({reasons[0]}). "
                    "Its access list must let this login read it."
                )

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, correlation: bytes | None = None, json: bool = True
    ) -> None:
        """Publish with QoS 1 and wait for the acknowledgement.

        Raises:
            BrokerError: If the broker does not acknowledge, or (MQTT 5) says that it forbids the topic.
        """
        self.wait_published(self.publish_soon(topic, payload, retain=retain, correlation=correlation, json=json), topic)

    def publish_soon(
        self, topic: str, payload: bytes, *, retain: bool = False, correlation: bytes | None = None, json: bool = True
    ) -> int:
        """Publish with QoS 1 without waiting. Returns what ``wait_published`` wants to know."""
        assert self._client is not None, "not open"
        properties = None
        if self.protocol == 5:
            properties = Properties(PacketTypes.PUBLISH)
            properties.PayloadFormatIndicator = 1
            properties.ContentType = "application/json" if json else "text/plain"
            if correlation is not None:
                properties.CorrelationData = correlation
        return self._client.publish(topic, payload, 1, retain, properties).mid

    def wait_published(self, mid: int, topic: str) -> None:
        """Wait for one acknowledgement; see ``publish``."""
        reason = self._wait(mid, f"a message on {topic}")
        if reason.value >= _FAILURE:
            who = f"login {self.address.username!r}" if self.address.username else "an anonymous client"
            raise BrokerError(
                f"{self.address}: the broker does not take a message of {who} on {topic} ({reason}). "
                "Its access list must let this login write there; the shipped one binds <device> to the login."
            )

    def _wait(self, mid: int | None, what: str, timeout_s: float = CONNECT_S) -> Any:
        deadline = time.monotonic() + timeout_s
        while mid not in self._acknowledged:
            if not self._turn(0.2):
                raise BrokerError(
                    f"{self.address}: the broker hung up over {what} ({self._ended}). It may be too large for it, "
                    "or its access list forbids it; the broker's log says more."
                )
            if time.monotonic() > deadline:
                raise BrokerError(f"{self.address}: the broker did not acknowledge {what} within {timeout_s:.0f} s.")
        return self._acknowledged.pop(mid)


def _tls_problem(address: BrokerAddress, error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"{address}: the broker's certificate is not trusted: {error.verify_message}. Give the file of the "
            "authority that signed it, and use the host name that stands in the certificate."
        )
    return f"{address}: TLS failed: {error.reason or error}. Is this the TLS port, 8883 by custom?"


def _no_delay(_client: paho.Client, _userdata: Any, sock: Any) -> None:
    """Requests are small and wanted now; Nagle's algorithm would hold them for 40 ms."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

"""One connection to the broker: its paho client, what has arrived, what is in flight, and when it is tried again."""

import random
import select
import socket
import ssl
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.core.messages import Outgoing
from edgegen.config import MqttConfig
from edgegen.errors import ConfigError

KEEP_ALIVE_S = 30
SESSION_EXPIRY_S = 7 * 86400  # a gateway that was off for a long weekend still gets its requests
WILL_DELAY_S = 3  # a reconnect within this is nobody's business

# What the broker may have in flight to us: as much as one group commit should hold.
RECEIVE_MAXIMUM = 32

BACKOFF_S = (1.0, 60.0)


class Connection:
    """A client that is tried again for ever, with a backoff.

    Args:
        lasting: The MQTT session outlives the connection, so that requests wait for the node.
        packet_bytes: The largest packet that is taken.

    Attributes:
        connected: Whether the broker has accepted it and it still stands.
        retry_at: When to connect again (time.monotonic).
        max_packet_bytes: The broker's limit, where it tells one.
        arrived: Messages that were read and not handled.
        in_flight: What is published and not acknowledged, by packet id.
        problem: Why it does not stand.

    Raises:
        ConfigError: If the TLS files cannot be used.
    """

    def __init__(self, config: MqttConfig, client_id: str, *, lasting: bool, packet_bytes: int) -> None:
        self._config = config
        self._mqtt5 = config.protocol == 5
        self._lasting = lasting
        self._packet_bytes = packet_bytes
        self._backoff_s = BACKOFF_S[0]
        self.connected = False
        self.retry_at = 0.0
        self.max_packet_bytes: int | None = None
        self.arrived: list[paho.MQTTMessage] = []
        self.in_flight: dict[int, Outgoing] = {}
        self.problem = ""
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=paho.MQTTv5 if self._mqtt5 else paho.MQTTv311,
            clean_session=None if self._mqtt5 else not lasting,
            manual_ack=True,
        )
        _use_tls(self.client, config)
        self.client.on_message = lambda _c, _u, message: self.arrived.append(message)
        # A frame is small and wanted now; Nagle's algorithm would hold it for 40 ms.
        self.client.on_socket_open = _no_delay

    @property
    def address(self) -> str:
        """The broker's, for messages."""
        return f"{self._config.host}:{self._config.port}"

    def set_will(self, topic: str, payload: bytes) -> None:
        """What the broker says, retained, when this connection breaks."""
        properties = Properties(PacketTypes.WILLMESSAGE) if self._mqtt5 else None
        if properties is not None:
            properties.WillDelayInterval = WILL_DELAY_S
        self.client.will_set(topic, payload, qos=1, retain=True, properties=properties)

    def connect(self) -> None:
        """Connect; whether the broker accepts it comes later, through `on_connect`.

        Raises:
            OSError: If there is nobody, or the password cannot be read.
            ValueError: If host or password are none.
        """
        config = self._config
        if config.username is not None:
            secret = config.password_file.read_text().strip() if config.password_file else None
            self.client.username_pw_set(config.username, secret)
        if not self._mqtt5:
            self.client.connect(config.host, config.port, KEEP_ALIVE_S)
            return
        properties = Properties(PacketTypes.CONNECT)
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        properties.MaximumPacketSize = self._packet_bytes
        properties.SessionExpiryInterval = SESSION_EXPIRY_S if self._lasting else 0
        self.client.connect(
            config.host, config.port, KEEP_ALIVE_S, clean_start=not self._lasting, properties=properties
        )

    def stands(self, properties: Any) -> None:
        """The broker has accepted it.

        Args:
            properties: Of its CONNACK.
        """
        self.connected = True
        self._backoff_s, self.problem = BACKOFF_S[0], ""
        self.max_packet_bytes = getattr(properties, "MaximumPacketSize", None)

    def lost(self, why: str) -> bool:
        """It failed or ended. Returns whether that is news, and not one more try in vain."""
        news = self.connected or self._backoff_s == BACKOFF_S[0]
        self.connected, self.problem = False, why
        self.retry_at = time.monotonic() + self._backoff_s * random.uniform(0.7, 1.3)  # noqa: S311 - jitter
        self._backoff_s = min(BACKOFF_S[1], self._backoff_s * 2)
        return news

    def read(self, most: int) -> list[paho.MQTTMessage]:
        """Read what has arrived, up to so many messages; they are not acknowledged."""
        while len(self.arrived) < most and self._readable():
            if self.client.loop_read() != paho.MQTT_ERR_SUCCESS:
                break
        arrived, self.arrived = self.arrived, []
        return arrived

    def _readable(self) -> bool:
        sock = self.client.socket()
        if sock is None:
            return False
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return True
        return bool(select.select([sock], [], [], 0)[0])

    def write(self) -> None:
        """Write what waits, as far as the socket takes it."""
        if self.client.want_write():
            self.client.loop_write()

    def disconnect(self) -> None:
        """Say goodbye, where it stands; the broker keeps the will to itself."""
        if self.connected:
            self.client.disconnect()
            self.client.loop_write()


def _use_tls(client: paho.Client, config: MqttConfig) -> None:
    if config.tls_ca_file is None:
        return
    try:
        client.tls_set(
            ca_certs=str(config.tls_ca_file),
            certfile=str(config.tls_cert_file) if config.tls_cert_file else None,
            keyfile=str(config.tls_key_file) if config.tls_key_file else None,
        )
    except (OSError, ValueError) as error:
        files = "mqtt.tls_ca_file, tls_cert_file, tls_key_file"
        raise ConfigError([f"{files}: {error}. They must be PEM, and the key must fit the certificate"]) from error


def _no_delay(_client: paho.Client, _userdata: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

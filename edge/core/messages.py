"""MQTT messages as the core sees them: no client library, no sockets."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Incoming:
    """A message that arrived.

    Attributes:
        expiry_s: MQTT 5 Message Expiry Interval, as the broker counted it down.
    """

    topic: str
    payload: bytes
    retain: bool = False
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry_s: float | None = None


@dataclass(frozen=True)
class Outgoing:
    """A message to publish.

    Attributes:
        status: MQTT 5 user property of a terminal frame: ``done`` or the error code.
        key: The request whose stored terminal frame this is; its PUBACK matters to the store.
        json: Whether the payload is JSON (MQTT 5 Content Type).
    """

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    correlation: bytes | None = None
    status: str | None = None
    key: int | None = None
    json: bool = True

"""Between paho's messages and ours; no I/O."""

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.core.messages import Incoming, Outgoing

# Room for the fixed header, topic length, packet id and properties around a payload.
PACKET_OVERHEAD_BYTES = 256


def incoming(message: paho.MQTTMessage) -> Incoming | None:
    """A message as the node takes it; None when its topic is not UTF-8."""
    try:
        topic = message.topic
    except UnicodeDecodeError:
        return None
    properties = message.properties
    return Incoming(
        topic=topic,
        payload=bytes(message.payload),
        retain=message.retain,
        response_topic=getattr(properties, "ResponseTopic", None),
        correlation=getattr(properties, "CorrelationData", None),
        expiry_s=getattr(properties, "MessageExpiryInterval", None),
    )


def publish_properties(message: Outgoing) -> Properties:
    """The properties of an MQTT 5 PUBLISH."""
    properties = Properties(PacketTypes.PUBLISH)
    properties.PayloadFormatIndicator = 1
    properties.ContentType = "application/json" if message.json else "text/plain"
    if message.correlation is not None:
        properties.CorrelationData = message.correlation
    if message.status is not None:
        properties.UserProperty = [("status", message.status)]
    return properties


def packet_bytes(message: Outgoing) -> int:
    """The most that its packet may take."""
    return len(message.topic) + len(message.payload) + PACKET_OVERHEAD_BYTES

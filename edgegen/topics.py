"""The topic tree of a node, and where its answers may go."""

from dataclasses import dataclass
from typing import NamedTuple

from edgegen.protocol import shown

POOL = "pool"  # the node id under which any node of a fleet is addressed

# Room for a long base topic and a device-made suffix; MQTT itself allows 65,535.
RESPONSE_TOPIC_BYTES = 512


@dataclass(frozen=True)
class Topics:
    """The topic tree of one node below ``base``."""

    base: str
    node: str

    @property
    def state(self) -> str:
        """Retained: is the node alive."""
        return f"{self.base}/{self.node}/state"

    @property
    def info(self) -> str:
        """Retained: what the node can do."""
        return f"{self.base}/{self.node}/info"

    @property
    def health(self) -> str:
        """Retained: how the node is doing."""
        return f"{self.base}/{self.node}/health"

    @property
    def offers(self) -> str:
        """Retained: which bundles lie ready to be accepted."""
        return f"{self.base}/{self.node}/offers"

    @property
    def requests(self) -> str:
        """Filter of all requests to this node."""
        return f"{self.base}/{self.node}/req/+/+"

    @property
    def pool_requests(self) -> str:
        """Shared-subscription filter of the requests that any node may take (MQTT 5, section 4.8.2)."""
        return f"$share/edgegen/{self.base}/{POOL}/req/+/+"

    def request(self, device: str, verb: str) -> str:
        """Where a device publishes a request."""
        return f"{self.base}/{self.node}/req/{device}/{verb}"

    def response(self, device: str, request_id: str, *, pool: bool = False) -> str:
        """Where the frames of one answer go."""
        return f"{self.base}/{POOL if pool else self.node}/res/{device}/{request_id}"

    def parse_request(self, topic: str) -> "Address | None":
        """Device and verb of a request topic, or None when it is not one of ours."""
        for node, pool in ((self.node, False), (POOL, True)):
            prefix = f"{self.base}/{node}/req/"
            if topic.startswith(prefix):
                device, slash, verb = topic.removeprefix(prefix).partition("/")
                if slash and "/" not in verb:
                    return Address(device, verb, pool)
        return None


class Address(NamedTuple):
    """Who asks for what: the variable levels of a request topic."""

    device: str
    verb: str
    pool: bool


def response_topic_problem(topics: Topics, address: Address, topic: str) -> str | None:
    """Why a requested Response Topic is not honoured, or None: a device must not make the node publish elsewhere."""
    prefix = topics.response(address.device, "", pool=address.pool)
    if not topic.startswith(prefix) or topic == prefix:
        return f"response topic {shown(topic)} does not lie under {prefix}"
    if len(topic.encode()) > RESPONSE_TOPIC_BYTES or any(c in topic for c in "+#\0"):
        return f"response topic {shown(topic)} is not a topic of at most {RESPONSE_TOPIC_BYTES} bytes without wildcards"
    return None

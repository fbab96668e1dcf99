"""What the daemon does with what the broker brings; everything here runs in the MQTT thread."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edge import clock, presence
from edge.core.messages import Incoming, Outgoing
from edge.core.twin import Twin
from edge.intake import Intake
from edgegen.errors import StoreError

if TYPE_CHECKING:
    from edge.daemon import Daemon


class BrokerEvents:
    """The daemon's side of `edge.mqtt`, its `LinkEvents`."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon
        self._intake = Intake(daemon.node, mqtt5=daemon.config.mqtt.protocol == 5)
        self._twin = Twin(daemon.boot)
        self._connections = 0

    def on_connected(self) -> Sequence[Outgoing]:
        """Retained topics may be gone with the old broker; answers may be waiting. The main loop tells the state."""
        daemon, announcer = self._daemon, self._daemon.announcer
        self._connections += 1
        announcer.say_again()
        daemon.waiting.wake()
        try:
            interrupted = daemon.admin.recover() if self._connections == 1 else []
            return [announcer.info_message(), announcer.offers_message(), *interrupted, *daemon.node.backlog()]
        except StoreError as error:
            # What waits there is published after the next start, or when its devices repeat themselves.
            daemon.node.storage.failed(error, clock.now())
            return [announcer.info_message()]

    def on_disconnected(self, reason: str) -> None:  # noqa: ARG002 - the link keeps and logs it
        """Remember to say everything again."""
        self._daemon.announcer.say_again()

    def on_burst(self, messages: Sequence[Incoming]) -> Sequence[Outgoing]:
        """Requests."""
        return self._intake.burst(messages, clock.now())

    def on_other(self, message: Incoming) -> Sequence[Outgoing]:
        """Our own state as the broker has it, or an admin request."""
        daemon, announcer = self._daemon, self._daemon.announcer
        if message.topic != daemon.topics.state:
            return daemon.admin.handle(message)
        first = self._connections == 1
        twin = self._twin.heard(message.payload, retained=message.retain, first_connection=first)
        if twin is not None:
            boot, state = twin
            why = f"another node is {state} as {daemon.topics.node!r} (boot {boot}): change one node.id"
            daemon.link.back_off(why)
            return [announcer.state_message(presence.state(daemon.boot, "offline", why))]
        if not announcer.has_said(message.payload):
            announcer.say_again()
            daemon.waiting.wake()
        return ()

    def on_delivered(self, key: int) -> None:
        """A terminal frame is with the broker."""
        self._daemon.node.delivered(key, clock.now())

    def on_not_delivered(self, message: Outgoing, reason: str) -> None:
        """A terminal frame was refused by the broker."""
        self._daemon.node.not_delivered(message, reason, clock.now())

    def on_too_large(self, message: Outgoing, limit: int) -> Outgoing | None:
        """A frame is larger than the broker takes."""
        return self._daemon.node.too_large(message, limit)

    def pool_open(self) -> bool:
        """The pool gets a share of an online node's free room only."""
        node = self._daemon.node
        return self._daemon.engines.ready and not node.draining and node.open_requests < node.limits.queue // 2

"""Says how the node is: the retained topics ``state``, ``info``, ``offers`` and ``health``, and the telemetry rows."""

import logging
from typing import TYPE_CHECKING

from edge import clock, presence
from edge.core.messages import Outgoing
from edge.telemetry import Sampler
from edgegen.errors import StoreError
from edgegen.frames import encode

if TYPE_CHECKING:
    from edge.daemon import Daemon

log = logging.getLogger(__name__)


class Announcer:
    """Makes the messages of one daemon about itself, and publishes a change of its state once."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon
        self._sampler = Sampler(daemon.config.node.data_dir)
        self._published_state: bytes | None = None

    # --- state -----------------------------------------------------------------------------------

    def state_now(self) -> tuple[str, str | None]:
        """The state and, when it is not plainly online, the reason."""
        node, engines = self._daemon.node, self._daemon.engines
        if node.draining:
            return "draining", None
        if node.storage.problem is not None:
            return "degraded", node.storage.problem
        if not engines.ready:
            if engines.failure:
                return "degraded", engines.failure
            return ("degraded", "the engine restarts") if self._daemon.engine_events.ready else ("starting", None)
        return "online", None

    def tell_state(self) -> None:
        """Publish the state where it is not what was published last."""
        state, reason = self.state_now()
        # With no model that loads, a promise to answer would be an empty one.
        self._daemon.node.unavailable = self._daemon.engines.failure or None
        payload = presence.state(self._daemon.boot, state, reason)
        if payload != self._published_state and self._daemon.link.connected:
            self._published_state = payload
            self._daemon.publish(self.state_message(payload))

    def say_again(self) -> None:
        """What was published last is not there any more."""
        self._published_state = None

    def has_said(self, payload: bytes) -> bool:
        """Whether this is the state that was published last."""
        return payload == self._published_state

    def state_message(self, payload: bytes) -> Outgoing:
        """A state, as it is published."""
        return Outgoing(self._daemon.topics.state, payload, retain=True)

    # --- info and offers -------------------------------------------------------------------------

    def info_message(self) -> Outgoing:
        """What the node can do."""
        daemon, events = self._daemon, self._daemon.engine_events
        document = presence.info(daemon.config, daemon.node, boot=daemon.boot, model=events.model, ready=events.ready)
        return Outgoing(daemon.topics.info, document, retain=True)

    def offers_message(self) -> Outgoing:
        """Which bundles lie ready."""
        offers = self._daemon.offers
        document = {"offers": list(offers.offers), "problem": offers.problem}
        return Outgoing(self._daemon.topics.offers, encode(document), retain=True)

    def tell_offers(self) -> None:
        """What lies ready has changed; in the thread that watches it."""
        for offer in self._daemon.offers.offers:
            log.info(
                "%s on the %s is offered%s",
                offer["offer"],
                offer["place"],
                "" if offer["acceptable"] else f", and would be refused: {offer['why_not']}",
            )
        if self._daemon.link.connected:
            self._daemon.publish(self.offers_message())

    # --- health ----------------------------------------------------------------------------------

    def sample(self, now: float) -> None:
        """Measure the node: a row of telemetry, and the ``health`` topic."""
        daemon, stats = self._daemon, self._daemon.engine_events.stats
        daemon.engines.send({"op": "stats"})
        row = self._sampler.sample(daemon.engines.pid) | {
            "utc": clock.utc(),
            "uptime_s": daemon.node.uptime_s(now),
            "queue_waiting": daemon.node.scheduler.waiting,
            "queue_running": len(daemon.node.scheduler.running),
            "kv_used": stats.get("kv_used"),
            "kv_total": stats.get("kv_total"),
        }
        try:
            daemon.store.add_telemetry(row)
        except StoreError as error:
            daemon.node.storage.failed(error, now)
        if daemon.link.connected:
            health = presence.health(row, daemon.node, stats, daemon.offers)
            daemon.publish(Outgoing(daemon.topics.health, health, qos=0, retain=True))

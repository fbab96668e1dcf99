"""The configuration, read anew while the node runs: what can be applied is, and the log says what that was."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from edge import clock
from edge.policy_file import policy_of
from edgegen.bundle import ResolvedModel, resolve_model
from edgegen.config import Config
from edgegen.errors import ConfigError, EdgegenError

if TYPE_CHECKING:
    from edge.daemon import Daemon

log = logging.getLogger(__name__)

REPLACE_S = 10.0  # what runs may take this long before the engine is replaced under it


def differences(before: Config, after: Config) -> list[str]:
    """What the log says of two configurations, but for their models and guardrails."""
    told = []
    if (after.node, after.mqtt) != (before.node, before.mqtt):
        told.append("[node] and [mqtt] take effect at the next restart")
    if after.limits != before.limits:
        told.append("limits changed")
    return told + [
        f"[{name}] changed" for name in ("telemetry", "update") if getattr(after, name) != getattr(before, name)
    ]


class Reloading:
    """Applies the configuration anew, in the main thread.

    Args:
        read: Reads the configuration.

    Attributes:
        requested: Somebody asked for it; set from any thread, and by a signal.
    """

    def __init__(self, daemon: "Daemon", read: Callable[[], Config]) -> None:
        self._daemon = daemon
        self._read = read
        self.requested = False
        self._replace_at: float | None = None  # when the engine is replaced even if requests still run in it

    def on_timer(self, now: float) -> None:
        """Do what was asked for, and what is due."""
        if self.requested:
            self.requested = False
            self._reload()
        self._replace_engine(now)

    def next_timer(self) -> float | None:
        """When `on_timer` has something to do."""
        return self._replace_at

    def _reload(self) -> None:
        daemon = self._daemon
        try:
            config = self._read()
        except EdgegenError as error:
            log.error("the configuration stays as it was:\n%s", error)  # noqa: TRY400
            return
        before = daemon.config
        told = differences(before, config)
        daemon.config = config = replace(config, node=before.node, mqtt=before.mqtt)
        if config.limits != before.limits:
            daemon.node.set_limits(config.limits)
        try:
            model = resolve_model(config)
        except EdgegenError as error:
            told.append(f"the model stays as it was: {error}")
            daemon.config = replace(config, model=before.model)
        else:
            told += self._change_policy(model)
            used = daemon.engine_events.model
            if model != used or config.model != before.model or config.limits != before.limits:
                daemon.node.paused = True
                self._replace_at = clock.now() + REPLACE_S
                told.append(f"the engine restarts with {model.name}-{model.version} when what runs has ended")
        daemon.offers.look_again()
        for line in told:
            log.info("reload: %s", line)

    def _change_policy(self, model: ResolvedModel) -> list[str]:
        node = self._daemon.node
        try:
            policy = policy_of(self._daemon.config.guardrails.policy, model.folder)
        except ConfigError as error:
            return [f"the guardrails stay as they were: {error}"]
        if policy == node.policy:
            return []
        node.policy = policy
        idle = policy.idle([adapter.name for adapter in model.adapters])
        return [f"guardrails changed: {len(policy.rules)} rules, {len(policy.abstain)} abstain", *idle]

    def _replace_engine(self, now: float) -> None:
        """Start the engine anew, with another model or other adapters, once what runs has ended.

        What takes longer than `REPLACE_S` starts again in the new engine; nothing is lost either way.
        """
        node, engines = self._daemon.node, self._daemon.engines
        if self._replace_at is None or (node.scheduler.running and now < self._replace_at):
            return
        self._replace_at = None
        node.set_slots(self._daemon.config.model.slots)
        engines.replace(now)
        engines.start(now)
        node.paused = False

"""What the node does when its engine is to load, is ready, reports or is gone; a new bundle is on trial meanwhile."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from edge import clock, systemd
from edge.loading import load_message
from edge.policy_file import policy_of
from edge.trial import Trial
from edgegen.bundle import CURRENT, ResolvedModel, current_folder, resolve_model
from edgegen.bundle_install import roll_back
from edgegen.errors import ConfigError, EdgegenError

if TYPE_CHECKING:
    from edge.daemon import Daemon

log = logging.getLogger(__name__)


class EngineEvents:
    """The daemon's side of `edge.engines`; in the main thread.

    Attributes:
        model: What was resolved last, to be loaded or loaded.
        ready: The ``ready`` message of the last engine that was.
        stats: Its last answer to a ``stats`` message.
    """

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon
        self._trial = Trial(daemon.config.node.data_dir, self._go_back, lambda: daemon.config.update.online_s)
        self.model: ResolvedModel | None = None
        self.ready: Mapping[str, Any] = {}
        self.stats: Mapping[str, Any] = {}

    # --- the engine ------------------------------------------------------------------------------

    def load_message(self) -> Mapping[str, Any]:
        """What the next engine is told to load.

        Raises:
            EdgegenError: If there is no such model, or no rules for it.
        """
        config, node = self._daemon.config, self._daemon.node
        if self._is_current:
            self._trial.loading(clock.now())
        model = resolve_model(config)
        try:
            node.policy = policy_of(config.guardrails.policy, model.folder)
        except ConfigError as error:
            if self.model is None or model.folder != self.model.folder:
                raise  # a model never answers under another's rules, or none
            log.error("the guardrails stay as they were: %s", error)  # noqa: TRY400
        for line in node.policy.idle([adapter.name for adapter in model.adapters]):
            log.warning("guardrails: %s", line)
        self.model = model
        return load_message(self.model, config, cache_dir=config.node.data_dir / "cache")

    def apply_model(self) -> None:
        """What the node must know of the model before the engine has loaded it."""
        if self.model is not None:
            self._daemon.node.model = f"{self.model.name}-{self.model.version}"
            self._daemon.node.adapters = frozenset(a.name for a in self.model.adapters)

    def on_ready(self, message: Mapping[str, Any]) -> None:
        """The model is loaded."""
        daemon = self._daemon
        self.ready = message
        self.apply_model()
        log.info("engine %d is ready after %.2f s: %s", message["pid"], message["load_s"], message["model"]["name"])
        daemon.node.unavailable = None
        daemon.node.attach_engine(daemon.engines, clock.now())
        systemd.notify("READY=1", f"STATUS=answering with {daemon.node.model}")
        if daemon.link.connected:
            daemon.publish(daemon.announcer.info_message())
        if self._is_current:
            self._trial.ready(clock.now())
        folder = self.model.folder if self.model is not None else None
        daemon.updates.answering(folder.name if folder is not None else None)
        daemon.offers.look_again()

    def on_step(self, events: list[dict[str, Any]]) -> None:
        """One step was computed."""
        self._daemon.node.on_step(events, clock.now())

    def on_stats(self, message: Mapping[str, Any]) -> None:
        """It told its figures."""
        self.stats = message

    def on_gone(self, reason: str, died: bool) -> None:  # noqa: FBT001
        """It died, or could not load, or was replaced."""
        daemon = self._daemon
        self.stats = {}
        daemon.updates.failing(reason)
        on_trial = self._is_current and self._trial.is_on
        daemon.node.detach_engine(clock.now(), died=died, suspected=not on_trial)
        if died:
            daemon.note("engine died", reason)
        if self._is_current and (died or daemon.engines.failure):
            try:
                if self._trial.ended(reason):
                    daemon.engines.replace(clock.now())
            except EdgegenError as error:
                log.error("the previous bundle cannot come back: %s", error)  # noqa: TRY400

    # --- the trial of a new bundle -----------------------------------------------------------------

    @property
    def _is_current(self) -> bool:
        """Whether the model is the bundle ``current``, which may change while the node runs."""
        return self._daemon.config.model.bundle == CURRENT

    def on_timer(self, now: float) -> None:
        """Go back to the previous bundle where the new one does not come online."""
        try:
            if self._trial.on_timer(now):
                self._daemon.engines.replace(now)
        except EdgegenError as error:
            log.error("the previous bundle cannot come back: %s", error)  # noqa: TRY400

    def next_timer(self) -> float | None:
        """When `on_timer` has something to do."""
        return self._trial.next_timer()

    def _go_back(self, reason: str) -> None:
        """Make the previous bundle current again, on the record."""
        daemon = self._daemon
        data_dir = daemon.config.node.data_dir
        left = current_folder(data_dir)
        roll_back(data_dir, reason=reason, audit=lambda line: daemon.note("bundle", line))
        if left is not None:
            daemon.updates.went_back(left.name, reason)

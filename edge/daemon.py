"""The daemon: builds the real handles, runs the main loop, and says how it is doing.

Two threads. The MQTT thread (`edge.mqtt`) takes requests in; this one owns the engine, the timers and the
signals. They meet in `edge.node`, which has the lock.
"""

import contextlib
import fcntl
import json
import logging
import os
import selectors
import signal
import socket
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO, Any

from edge import clock, presence, salvage, systemd
from edge.admin import Admin
from edge.core.messages import Incoming, Outgoing
from edge.engine.supervisor import EngineProcess
from edge.engines import EngineKeeper
from edge.intake import Intake
from edge.loading import load_message
from edge.mqtt import MqttLink
from edge.node import Node
from edge.offers import OfferWatch
from edge.policy_file import policy_of
from edge.telemetry import Sampler
from edge.trial import Trial
from edge.updates import Updates
from edgegen.bundle import CURRENT, ResolvedModel, current_folder, resolve_model
from edgegen.bundle_install import roll_back
from edgegen.config import Config
from edgegen.errors import ConfigError, EdgegenError, StoreError
from edgegen.protocol import Topics, encode

log = logging.getLogger(__name__)

DRAIN_S = 10.0  # what runs at SIGTERM may take this long; TimeoutStopSec of the unit is longer
HOUSEKEEPING_S = 60.0
WHEN_IDLE_S = 60.0  # the main loop wakes at least this often


class Daemon:
    """One node.

    Args:
        reload: Reads the configuration anew, for SIGHUP.
        spare: An engine child that was spawned before this module was even imported.

    Raises:
        ConfigError: If another daemon uses the same data directory.
        StoreError: If the database cannot be opened.
    """

    def __init__(self, config: Config, reload: Callable[[], Config], spare: EngineProcess | None = None) -> None:
        self.config = config
        self._reload = reload
        self.boot = str(uuid.uuid4())  # of this process: tells us from another node under our name
        self.topics = Topics(config.mqtt.base_topic, config.node.id)
        self.started_at = clock.now()
        self.model: ResolvedModel | None = None
        self.ready: Mapping[str, Any] = {}
        self.engine_stats: Mapping[str, Any] = {}
        self._selector = selectors.DefaultSelector()
        self._registered: int | None = None
        self._wake_r, self._wake_w = socket.socketpair()
        self._wake_r.setblocking(False)
        self._wake_w.setblocking(False)
        self._selector.register(self._wake_r, selectors.EVENT_READ)
        self._stop_at: float | None = None
        self._replace_at: float | None = None  # when the engine is replaced even if requests still run in it
        self._stop_now = False
        self._hang_up = False
        self._published_state: bytes | None = None
        self._connections = 0
        self._earlier_boots: set[str] = set()  # seen on our state topic at the first connection
        # Before the lock names this process to those who send it: unhandled, it ends a process.
        signal.signal(signal.SIGHUP, self._on_hang_up)
        self._lock_file = self._prepare_data_dir(config.node.data_dir)
        self.store = salvage.open_store(config.node.data_dir / "edgegen.db")
        self.node = Node(
            topics=self.topics,
            store=self.store,
            limits=config.limits,
            slots=config.model.slots,
            publish=self.publish,
            utc=clock.utc,
            boot=clock.boot_id(),
            started_at=self.started_at,
            changed=self.wake,
        )
        self._trial = Trial(config.node.data_dir, self._go_back, lambda: self.config.update.online_s)
        self.updates = Updates(lambda: self.config, self._updated)
        self.offers = OfferWatch(lambda: self.config, self._tell_offers)
        self.engines = EngineKeeper(
            self._load_message,
            on_ready=self._on_ready,
            on_step=self._on_step,
            on_stats=self._on_stats,
            on_gone=self._on_gone,
            spare=spare,
        )
        self._intake = Intake(self.node, mqtt5=config.mqtt.protocol == 5)
        self._admin = Admin(self)
        self._sampler = Sampler(config.node.data_dir)
        self.link = MqttLink(
            config.mqtt,
            self.topics,
            self,
            will=presence.state(self.boot, "offline"),
            admin_filter=self._admin.filter,
            payload_bytes=config.limits.payload_bytes,
        )
        self.engines.start(self.started_at)
        self._apply_model()

    def _prepare_data_dir(self, data_dir: Path) -> IO[str]:
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            lock = (data_dir / "edgegen.lock").open("a+")
        except OSError as error:
            problem = f"{error.strerror}. Make the folder writable for this user, or choose another"
            raise ConfigError([f"node.data_dir = {str(data_dir)!r}: {problem}"]) from error
        if not _lock(lock):
            lock.seek(0)
            problem = f"in use by process {lock.read().strip()}. Stop it, or choose another folder"
            raise ConfigError([f"node.data_dir = {str(data_dir)!r}: {problem}"])
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        return lock

    # --- the main loop ---------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        self._catch_signals()
        found = self.node.recover(clock.now())
        if found:
            log.info("%d open requests from before go on", found)
        self.updates.clear()
        self.offers.start()
        self.link.start()
        next_sample = clock.now() + 1.0
        next_housekeeping = clock.now() + HOUSEKEEPING_S
        watchdog_s = systemd.watchdog_interval_s()
        next_watchdog = clock.now()
        while not self._finished():
            now = clock.now()
            self.engines.start(now)
            self.node.on_timer(now)
            self._tend_trial(now)
            self._tell_state()
            self.engines.check_stall(now, working=bool(self.node.scheduler.running))
            if self._hang_up:
                self._hang_up = False
                self.reload()
            self._replace_engine(now)
            if now >= next_sample:
                next_sample = now + self.config.telemetry.interval_s
                self._sample(now)
            if now >= next_housekeeping:
                next_housekeeping = now + HOUSEKEEPING_S
                self.node.housekeep(now, self.config.telemetry.retention_days)
            if watchdog_s is not None and now >= next_watchdog:
                if time.monotonic() - self.link.turned_at < watchdog_s:  # a deaf node is no live one
                    systemd.notify("WATCHDOG=1")
                next_watchdog = now + watchdog_s
            due = [next_sample, next_housekeeping, self.node.next_timer(), self.engines.retry_at]
            due += [self._stop_at, self._replace_at, self._trial.next_timer()]
            if watchdog_s is not None:
                due.append(next_watchdog)
            self._wait(min(t for t in due if t is not None) - clock.now())
        self._shut_down()

    def _wait(self, timeout_s: float) -> None:
        process = self.engines.process
        if self._registered is not None:
            self._selector.unregister(self._registered)
            self._registered = None
        if process is not None:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if process.wants_write else 0)
            self._registered = process.fileno()
            self._selector.register(self._registered, events)
        for key, events in self._selector.select(max(0.0, min(timeout_s, WHEN_IDLE_S))):
            if key.fileobj is self._wake_r:
                self._drain_wakes()
                continue
            if events & selectors.EVENT_WRITE and process is not None:
                process.flush()
            if events & selectors.EVENT_READ:
                if self._registered is not None:
                    self._selector.unregister(self._registered)
                    self._registered = None
                self.engines.receive(clock.now())

    def _drain_wakes(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake_r.recv(4096):
                pass

    def wake(self) -> None:
        """Make the main loop look around; callable from any thread."""
        with contextlib.suppress(BlockingIOError):  # full: it is awake already
            self._wake_w.send(b"\0")

    def _catch_signals(self) -> None:
        signal.set_wakeup_fd(self._wake_w.fileno(), warn_on_full_buffer=False)

        def stop(number: int, _frame: FrameType | None) -> None:
            if self._stop_at is None:
                log.info("%s: finishing what runs", signal.Signals(number).name)
                self.drain()
            else:
                self._stop_now = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def _on_hang_up(self, _number: int, _frame: FrameType | None) -> None:
        self._hang_up = True

    # --- stopping --------------------------------------------------------------------------------

    def drain(self) -> None:
        """Take nothing more, finish what runs for at most `DRAIN_S`, then stop; the rest stays stored."""
        self.node.draining = True
        self.link.stop_reading()
        self._stop_at = clock.now() + DRAIN_S
        systemd.notify("STOPPING=1")
        self.wake()

    def _finished(self) -> bool:
        if self._stop_now:
            return True
        if self._stop_at is None:
            return False
        return not self.node.scheduler.running or clock.now() >= self._stop_at

    def _shut_down(self) -> None:
        now = clock.now()
        waiting = len(self.node.scheduler)
        self.offers.stop()
        self.updates.stop()
        self.engines.close()
        self.link.stop(self._state_message(presence.state(self.boot, "stopped")))
        self.node.flush_marks(now)
        self.node.housekeep(now, self.config.telemetry.retention_days)
        self.store.close()
        self._lock_file.close()
        log.info("stopped; %d requests stay stored for the next start", waiting)

    # --- the engine ------------------------------------------------------------------------------

    def _load_message(self) -> Mapping[str, Any]:
        if self.config.model.bundle == CURRENT:
            self._trial.loading(clock.now())
        model = resolve_model(self.config)
        try:
            self.node.policy = policy_of(self.config.guardrails.policy, model.folder)
        except ConfigError as error:
            if self.model is None or model.folder != self.model.folder:
                raise  # a model never answers under another's rules, or none
            log.error("the guardrails stay as they were: %s", error)  # noqa: TRY400
        self.model = model
        return load_message(self.model, self.config, cache_dir=self.config.node.data_dir / "cache")

    def _apply_model(self) -> None:
        """What the node must know of the model before the engine has loaded it."""
        if self.model is not None:
            self.node.model = f"{self.model.name}-{self.model.version}"
            self.node.adapters = frozenset(a.name for a in self.model.adapters)

    def _on_ready(self, message: Mapping[str, Any]) -> None:
        self.ready = message
        self._apply_model()
        log.info("engine %d is ready after %.2f s: %s", message["pid"], message["load_s"], message["model"]["name"])
        self.node.unavailable = None
        self.node.attach_engine(self.engines, clock.now())
        systemd.notify("READY=1", f"STATUS=answering with {self.node.model}")
        if self.link.connected:
            self.publish(self._info_message())
        if self.config.model.bundle == CURRENT:
            self._trial.ready(clock.now())
        folder = self.model.folder if self.model is not None else None
        self.updates.answering(folder.name if folder is not None else None)
        self.offers.look_again()

    def _on_step(self, events: list[dict[str, Any]]) -> None:
        self.node.on_step(events, clock.now())

    def _on_stats(self, message: Mapping[str, Any]) -> None:
        self.engine_stats = message

    def _on_gone(self, reason: str, died: bool) -> None:  # noqa: FBT001
        self.engine_stats = {}
        self.updates.failing(reason)
        on_trial = self.config.model.bundle == CURRENT and self._trial.is_on
        self.node.detach_engine(clock.now(), died=died, suspected=not on_trial)
        if died:
            self.note("engine died", reason)
        if self.config.model.bundle == CURRENT and (died or self.engines.failure):
            try:
                if self._trial.ended(reason):
                    self.engines.replace(clock.now())
            except EdgegenError as error:
                log.error("the previous bundle cannot come back: %s", error)  # noqa: TRY400

    def _tend_trial(self, now: float) -> None:
        try:
            if self._trial.on_timer(now):
                self.engines.replace(now)
        except EdgegenError as error:
            log.error("the previous bundle cannot come back: %s", error)  # noqa: TRY400

    def _go_back(self, reason: str) -> None:
        """Make the previous bundle current again, on the record."""
        left = current_folder(self.config.node.data_dir)
        roll_back(self.config.node.data_dir, reason=reason, audit=lambda line: self.note("bundle", line))
        if left is not None:
            self.updates.went_back(left.name, reason)

    def _updated(self) -> None:
        """A bundle command has ended; in its thread."""
        self.offers.look_again()

    def note(self, kind: str, detail: str) -> None:
        """Keep an event an operator would ask about."""
        try:
            self.store.add_event(clock.utc(), kind, detail)
        except StoreError as error:
            self.node.storage.failed(error, clock.now())

    # --- reloading -------------------------------------------------------------------------------

    def request_reload(self) -> None:
        """Reload in the main thread, soon; callable from any thread."""
        self._hang_up = True
        self.wake()

    def reload(self) -> None:
        """Read the configuration anew and apply what can be applied; the log says what that was."""
        try:
            config = self._reload()
        except EdgegenError as error:
            log.error("the configuration stays as it was:\n%s", error)  # noqa: TRY400
            return
        before, done = self.config, []
        if (config.node, config.mqtt) != (before.node, before.mqtt):
            done.append("[node] and [mqtt] take effect at the next restart")
        self.config = config = replace(config, node=before.node, mqtt=before.mqtt)
        if config.limits != before.limits:
            self.node.set_limits(config.limits)
            done.append("limits changed")
        done += [
            f"[{name}] changed" for name in ("telemetry", "update") if getattr(config, name) != getattr(before, name)
        ]
        try:
            model = resolve_model(config)
        except EdgegenError as error:
            done.append(f"the model stays as it was: {error}")
            self.config = replace(config, model=before.model)
        else:
            done += self._change_policy(model)
            if model != self.model or config.model != before.model or config.limits != before.limits:
                self.node.paused = True
                self._replace_at = clock.now() + DRAIN_S
                done.append(f"the engine restarts with {model.name}-{model.version} when what runs has ended")
        self.offers.look_again()
        for line in done:
            log.info("reload: %s", line)

    def _change_policy(self, model: ResolvedModel) -> list[str]:
        try:
            policy = policy_of(self.config.guardrails.policy, model.folder)
        except ConfigError as error:
            return [f"the guardrails stay as they were: {error}"]
        if policy == self.node.policy:
            return []
        self.node.policy = policy
        return [f"guardrails changed: {len(policy.rules)} rules, {len(policy.abstain)} abstain"]

    def _replace_engine(self, now: float) -> None:
        """Start the engine anew, with another model or other adapters, once what runs has ended.

        What takes longer than `DRAIN_S` starts again in the new engine; nothing is lost either way.
        """
        if self._replace_at is None or (self.node.scheduler.running and now < self._replace_at):
            return
        self._replace_at = None
        self.node.set_slots(self.config.model.slots)
        self.engines.replace(now)
        self.engines.start(now)
        self.node.paused = False

    # --- saying how it is ------------------------------------------------------------------------

    def publish(self, message: Outgoing) -> None:
        """Hand a message to the MQTT thread; never blocks."""
        self.link.publish(message)

    def state_now(self) -> tuple[str, str | None]:
        """The state and, when it is not plainly online, the reason."""
        if self.node.draining:
            return "draining", None
        if self.node.storage.problem is not None:
            return "degraded", self.node.storage.problem
        if not self.engines.ready:
            if self.engines.failure:
                return "degraded", self.engines.failure
            return ("degraded", "the engine restarts") if self.ready else ("starting", None)
        return "online", None

    def _tell_state(self) -> None:
        state, reason = self.state_now()
        # With no model that loads, a promise to answer would be an empty one.
        self.node.unavailable = self.engines.failure or None
        payload = presence.state(self.boot, state, reason)
        if payload != self._published_state and self.link.connected:
            self._published_state = payload
            self.publish(self._state_message(payload))

    def _state_message(self, payload: bytes) -> Outgoing:
        return Outgoing(self.topics.state, payload, retain=True)

    def _offers_message(self) -> Outgoing:
        document = {"offers": list(self.offers.offers), "problem": self.offers.problem}
        return Outgoing(self.topics.offers, encode(document), retain=True)

    def _tell_offers(self) -> None:
        """What lies ready has changed; in the thread that watches it."""
        for offer in self.offers.offers:
            log.info(
                "%s on the %s is offered%s",
                offer["offer"],
                offer["place"],
                "" if offer["acceptable"] else f", and would be refused: {offer['why_not']}",
            )
        if self.link.connected:
            self.publish(self._offers_message())

    def _info_message(self) -> Outgoing:
        return Outgoing(self.topics.info, presence.info(self), retain=True)

    def _sample(self, now: float) -> None:
        self.engines.send({"op": "stats"})
        sample = self._sampler.sample(self.engines.pid)
        row = sample | {
            "utc": clock.utc(),
            "uptime_s": self.node.uptime_s(now),
            "queue_waiting": self.node.scheduler.waiting,
            "queue_running": len(self.node.scheduler.running),
            "kv_used": self.engine_stats.get("kv_used"),
            "kv_total": self.engine_stats.get("kv_total"),
        }
        try:
            self.store.add_telemetry(row)
        except StoreError as error:
            self.node.storage.failed(error, now)
        if self.link.connected:
            health = presence.health(row, self.node, self.engine_stats, self.offers)
            self.publish(Outgoing(self.topics.health, health, qos=0, retain=True))

    # --- LinkEvents, in the MQTT thread ------------------------------------------------------------

    def on_connected(self) -> Sequence[Outgoing]:
        """Retained topics may be gone with the old broker; answers may be waiting. The main loop tells the state."""
        self._connections += 1
        self._published_state = None
        self.wake()
        try:
            interrupted = self._admin.recover() if self._connections == 1 else []
            return [self._info_message(), self._offers_message(), *interrupted, *self.node.backlog()]
        except StoreError as error:
            # What waits there is published after the next start, or when its devices repeat themselves.
            self.node.storage.failed(error, clock.now())
            return [self._info_message()]

    def on_disconnected(self, reason: str) -> None:  # noqa: ARG002 - the link keeps and logs it
        """Remember to say everything again."""
        self._published_state = None

    def on_burst(self, messages: Sequence[Incoming]) -> Sequence[Outgoing]:
        """Requests."""
        return self._intake.burst(messages, clock.now())

    def on_other(self, message: Incoming) -> Sequence[Outgoing]:
        """Our own state as the broker has it, or an admin request."""
        if message.topic != self.topics.state:
            return self._admin.handle(message)
        try:
            document = json.loads(message.payload or b"{}")
            boot, state = str(document.get("boot")), str(document.get("state"))
        except (ValueError, AttributeError):
            boot, state = "", ""
        alive = state in ("starting", "online", "degraded")
        if message.retain and self._connections == 1:
            self._earlier_boots.add(boot)  # our own life before this one, as far as we can know
        if alive and boot != self.boot and boot not in self._earlier_boots:
            why = f"another node is {state} as {self.topics.node!r} (boot {boot}): change one node.id"
            self.link.back_off(why)
            return [self._state_message(presence.state(self.boot, "offline", why))]
        if message.payload != self._published_state:
            self._published_state = None  # not what we said: say it again
            self.wake()
        return ()

    def on_delivered(self, key: int) -> None:
        """A terminal frame is with the broker."""
        self.node.delivered(key, clock.now())

    def on_not_delivered(self, message: Outgoing, reason: str) -> None:
        """A terminal frame was refused by the broker."""
        self.node.not_delivered(message, reason, clock.now())

    def on_too_large(self, message: Outgoing, limit: int) -> Outgoing | None:
        """A frame is larger than the broker takes."""
        return self.node.too_large(message, limit)

    def pool_open(self) -> bool:
        """The pool gets a share of an online node's free room only."""
        return self.engines.ready and not self.node.draining and self.node.open_requests < self.node.limits.queue // 2


def _lock(file: IO[str]) -> bool:
    """Take the data directory's lock; `edgegen doctor` holds it for an instant to see whether a node runs."""
    for _ in range(5):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.05)
    return False

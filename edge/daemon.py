"""The daemon: builds the real handles, runs the main loop, and stops in order.

Two threads. The MQTT thread (`edge.mqtt`) takes requests in; this one owns the engine, the timers and the
signals. They meet in `edge.node`, which has the lock.
"""

import logging
import signal
import time
import uuid
from collections.abc import Callable
from types import FrameType

from edge import clock, data_dir, presence, salvage, systemd
from edge.admin import Admin
from edge.announcer import Announcer
from edge.broker_events import BrokerEvents
from edge.core.messages import Outgoing
from edge.engine.supervisor import EngineProcess
from edge.engine_events import EngineEvents
from edge.engines import EngineKeeper
from edge.mqtt import MqttLink
from edge.node import Node
from edge.offers import OfferWatch
from edge.reloading import Reloading
from edge.updates import Updates
from edge.waiting import Waiting
from edgegen.config import Config
from edgegen.errors import StoreError
from edgegen.topics import Topics

log = logging.getLogger(__name__)

DRAIN_S = 10.0  # what runs at SIGTERM may take this long; TimeoutStopSec of the unit is longer
HOUSEKEEPING_S = 60.0


class Daemon:
    """One node: its handles, by which its parts find each other.

    Args:
        reload: Reads the configuration anew, for SIGHUP.
        spare: An engine child that was spawned before this module was even imported.

    Raises:
        ConfigError: If another daemon uses the same data directory.
        StoreError: If the database cannot be opened.
    """

    def __init__(self, config: Config, reload: Callable[[], Config], spare: EngineProcess | None = None) -> None:
        self.config = config
        self.boot = str(uuid.uuid4())  # of this process: tells us from another node under our name
        self.topics = Topics(config.mqtt.base_topic, config.node.id)
        self.started_at = clock.now()
        self.waiting = Waiting()
        self.reloading = Reloading(self, reload)
        self._stop_at: float | None = None
        self._stop_now = False
        # Before the lock names this process to those who send it: unhandled, it ends a process.
        signal.signal(signal.SIGHUP, self._on_hang_up)
        self._lock_file = data_dir.take(config.node.data_dir)
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
            changed=self.waiting.wake,
        )
        self.announcer = Announcer(self)
        self.offers = OfferWatch(lambda: self.config, self.announcer.tell_offers)
        self.updates = Updates(lambda: self.config, self.offers.look_again)
        self.engine_events = EngineEvents(self)
        self.engines = EngineKeeper(
            self.engine_events.load_message,
            on_ready=self.engine_events.on_ready,
            on_step=self.engine_events.on_step,
            on_stats=self.engine_events.on_stats,
            on_gone=self.engine_events.on_gone,
            spare=spare,
        )
        self.admin = Admin(self)
        self.link = MqttLink(
            config.mqtt,
            self.topics,
            BrokerEvents(self),
            will=presence.state(self.boot, "offline"),
            admin_filter=self.admin.filter,
            payload_bytes=config.limits.payload_bytes,
        )
        self.engines.start(self.started_at)
        self.engine_events.apply_model()

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
            self.engine_events.on_timer(now)
            self.announcer.tell_state()
            self.engines.check_stall(now, working=bool(self.node.scheduler.running))
            self.reloading.on_timer(now)
            if now >= next_sample:
                next_sample = now + self.config.telemetry.interval_s
                self.announcer.sample(now)
            if now >= next_housekeeping:
                next_housekeeping = now + HOUSEKEEPING_S
                self.node.housekeep(now, self.config.telemetry.retention_days)
            if watchdog_s is not None and now >= next_watchdog:
                if time.monotonic() - self.link.turned_at < watchdog_s:  # a deaf node is no live one
                    systemd.notify("WATCHDOG=1")
                next_watchdog = now + watchdog_s
            due = [next_sample, next_housekeeping, self.node.next_timer(), self.engines.retry_at]
            due += [self._stop_at, self.reloading.next_timer(), self.engine_events.next_timer()]
            if watchdog_s is not None:
                due.append(next_watchdog)
            if self.waiting.wait(self.engines.process, min(t for t in due if t is not None) - clock.now()):
                self.engines.receive(clock.now())
        self._shut_down()

    def publish(self, message: Outgoing) -> None:
        """Hand a message to the MQTT thread; never blocks."""
        self.link.publish(message)

    def note(self, kind: str, detail: str) -> None:
        """Keep an event an operator would ask about."""
        try:
            self.store.add_event(clock.utc(), kind, detail)
        except StoreError as error:
            self.node.storage.failed(error, clock.now())

    # --- signals ---------------------------------------------------------------------------------

    def _catch_signals(self) -> None:
        signal.set_wakeup_fd(self.waiting.wakeup_fd, warn_on_full_buffer=False)

        def stop(number: int, _frame: FrameType | None) -> None:
            if self._stop_at is None:
                log.info("%s: finishing what runs", signal.Signals(number).name)
                self.drain()
            else:
                self._stop_now = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def _on_hang_up(self, _number: int, _frame: FrameType | None) -> None:
        self.reloading.requested = True

    def request_reload(self) -> None:
        """Reload in the main thread, soon; callable from any thread."""
        self.reloading.requested = True
        self.waiting.wake()

    # --- stopping --------------------------------------------------------------------------------

    def drain(self) -> None:
        """Take nothing more, finish what runs for at most `DRAIN_S`, then stop; the rest stays stored."""
        self.node.draining = True
        self.link.stop_reading()
        self._stop_at = clock.now() + DRAIN_S
        systemd.notify("STOPPING=1")
        self.waiting.wake()

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
        self.link.stop(self.announcer.state_message(presence.state(self.boot, "stopped")))
        self.node.flush_marks(now)
        self.node.housekeep(now, self.config.telemetry.retention_days)
        self.store.close()
        self._lock_file.close()
        log.info("stopped; %d requests stay stored for the next start", waiting)

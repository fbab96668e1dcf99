"""Terminal frames on their way to the broker: acknowledged, refused, or larger than it takes.

A frame stays in the store's outbox until its PUBACK is marked there. Time is an argument.
"""

import logging
from collections.abc import Callable

from edge.core.endings import terminal
from edge.core.messages import Outgoing
from edge.core.metrics import Counters
from edge.storage import RETRY_S, Storage
from edge.store import Store
from edgegen.errors import StoreError
from edgegen.frames import frame, plain_error

log = logging.getLogger(__name__)

# PUBACKs are marked in the store together: losing a mark only repeats a frame.
MARK_S = 0.5

# A broker that refuses a terminal frame (not authorised, quota) is tried this often, with doubling pauses.
ATTEMPTS = 6


class Delivery:
    """What becomes of terminal frames after they are published. Called under the node's lock.

    Args:
        node: The node's name, which frames carry.
        publish: Hands a message to the MQTT thread.
        utc: Wall clock.
        changed: Called when there is a new time to wake at.
    """

    def __init__(
        self,
        store: Store,
        storage: Storage,
        counters: Counters,
        *,
        node: str,
        publish: Callable[[Outgoing], None],
        utc: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._storage = storage
        self._counters = counters
        self._node = node
        self._publish = publish
        self._utc = utc
        self._changed = changed
        self._acknowledged: list[int] = []
        self._marks_at: float | None = None
        self._attempts: dict[int, int] = {}
        self._again: list[tuple[float, Outgoing]] = []

    def acknowledged(self, key: int, now: float) -> None:
        """The broker has taken a request's terminal frame."""
        self._acknowledged.append(key)
        self._attempts.pop(key, None)
        if self._marks_at is None:
            self._marks_at = now + MARK_S
            self._changed()

    def refused(self, message: Outgoing, reason: str, now: float) -> None:
        """The broker answered a terminal frame with a reason code of 0x80 or more."""
        assert message.key is not None
        attempt = self._attempts[message.key] = self._attempts.get(message.key, 0) + 1
        if attempt < ATTEMPTS:
            self._again.append((now + 2.0**attempt, message))
            self._changed()
            return
        del self._attempts[message.key]
        self._counters.undeliverable += 1
        log.error("%s: the broker refused the answer %d times (%s); giving up", message.topic, attempt, reason)
        try:
            self._store.requests.undeliverable(message.key)
            self._store.add_event(self._utc(), "undeliverable", f"{message.topic}: {reason}")
        except StoreError as error:
            self._storage.failed(error, now)

    def too_large(self, message: Outgoing, limit: int) -> Outgoing | None:
        """Put an error in place of a frame the broker would never carry; None when there is none to put."""
        size = len(message.payload)
        reason = f"the frame has {size} bytes, the broker takes {limit}; ask for less, or raise its limit"
        log.error("%s: %s", message.topic, reason)
        if message.key is None:
            return None
        try:
            stored = self._store.requests.terminal(message.key)
            if stored.status == "too_large":
                return None  # not even the error fits
            payload = plain_error("too_large", reason)
            if not stored.plain:
                payload = frame(
                    stored.request_id, self._node, "error", stored.run, stored.seq, code="too_large", reason=reason
                )
            self._store.requests.replace_terminal(message.key, payload, "too_large")
        except StoreError as error:
            log.error("%s", error)  # noqa: TRY400 - stays in the outbox; the next start tries again
            return None
        return terminal(message.topic, payload, message.correlation, "too_large", message.key, plain=stored.plain)

    def next_timer(self) -> float | None:
        """When to call `on_timer` again."""
        return min((at for at in (self._marks_at, *(at for at, _ in self._again)) if at is not None), default=None)

    def on_timer(self, now: float) -> None:
        """Mark what was acknowledged, and publish again what was refused."""
        if self._marks_at is not None and self._marks_at <= now:
            self.flush_marks(now)
        due = [message for at, message in self._again if at <= now]
        self._again = [(at, message) for at, message in self._again if at > now]
        for message in due:
            self._publish(message)

    def flush_marks(self, now: float) -> None:
        """Write the PUBACKs of terminal frames to the store."""
        keys, self._acknowledged, self._marks_at = self._acknowledged, [], None
        if not keys:
            return
        try:
            self._store.requests.delivered(keys)
        except StoreError as error:
            self._acknowledged = keys + self._acknowledged
            self._storage.failed(error, now)
            self._marks_at = now + RETRY_S

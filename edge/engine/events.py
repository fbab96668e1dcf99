"""What has happened since the daemon last heard."""

from typing import Any

Event = dict[str, Any]

# The daemon publishes deltas every 75 ms at most (edge.node). A message a step would only wake it more often, on cores
# that the next step needs: 8 sequences make a step in 35 ms on two of them.
DELTA_HOLD_S = 0.05


class Events:
    """Events for the daemon, in order, until it takes them. Text of one request that waits is one delta."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._deltas: dict[int, Event] = {}
        self._urgent = False
        self._taken_at = 0.0

    def emit(self, key: int | None, kind: str, **facts: Any) -> None:
        """Add one; the engine's own work has no key, and nobody hears of it."""
        if key is None:
            return
        if kind == "delta":
            waiting = self._deltas.get(key)
            if waiting is not None:
                waiting["text"] += facts["text"]
                return
            self._deltas[key] = event = {"key": key, "type": kind, **facts}
            self._events.append(event)
            return
        self._deltas.pop(key, None)
        self._urgent = True
        self._events.append({"key": key, "type": kind, **facts})

    def take(self, now: float) -> list[Event]:
        """The events since the last call; none while all that waits is text younger than `DELTA_HOLD_S`."""
        if not self._urgent and now - self._taken_at < DELTA_HOLD_S:
            return []
        events, self._events = self._events, []
        self._deltas.clear()
        self._urgent, self._taken_at = False, now
        return events


def describe(error: Exception) -> str:
    """A defect of ours as the reason of an ``internal`` error."""
    return f"{type(error).__name__}: {error}"

"""What has happened since the daemon last heard."""

from typing import Any

Event = dict[str, Any]


class Events:
    """Events for the daemon, in order, until it takes them."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def emit(self, key: int | None, kind: str, **facts: Any) -> None:
        """Add one; the engine's own work has no key, and nobody hears of it."""
        if key is not None:
            self._events.append({"key": key, "type": kind, **facts})

    def take(self) -> list[Event]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events


def describe(error: Exception) -> str:
    """A defect of ours as the reason of an ``internal`` error."""
    return f"{type(error).__name__}: {error}"

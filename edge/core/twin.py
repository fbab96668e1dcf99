"""Two nodes under one name: told from what the broker has on the node's own state topic."""

import json

ALIVE = ("starting", "online", "degraded")


class Twin:
    """Looks for another node of our name.

    Args:
        boot: Of this process; every process has its own.
    """

    def __init__(self, boot: str) -> None:
        self._boot = boot
        self._earlier: set[str] = set()  # seen at the first connection

    def heard(self, payload: bytes, *, retained: bool, first_connection: bool) -> tuple[str, str] | None:
        """Look at a ``state`` document of our topic.

        Args:
            retained: It was there before we subscribed.
            first_connection: Of this process to a broker.

        Returns:
            Boot and state of the other node; None when there is none.
        """
        try:
            document = json.loads(payload or b"{}")
            boot, state = str(document.get("boot")), str(document.get("state"))
        except (ValueError, AttributeError):
            boot, state = "", ""
        if retained and first_connection:
            self._earlier.add(boot)  # our own life before this one, as far as we can know
        if state in ALIVE and boot != self._boot and boot not in self._earlier:
            return boot, state
        return None

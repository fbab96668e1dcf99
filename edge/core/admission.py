"""Whether a new request may come in: the queue's bound and each device's rate. Pure; time is an argument."""

from edgegen.errors import RequestError


class TokenBucket:
    """Allows ``per_minute`` events a minute; a minute's worth may come at once."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._per_s = per_minute / 60.0
        self._size = float(per_minute)
        self._level = self._size
        self._at = now

    def _refill(self, now: float) -> None:
        self._level = min(self._size, self._level + max(0.0, now - self._at) * self._per_s)
        self._at = max(self._at, now)

    def take(self, now: float) -> float:
        """Take one. Returns 0, or the seconds until one is there."""
        self._refill(now)
        if self._level >= 1.0:
            self._level -= 1.0
            return 0.0
        return (1.0 - self._level) / self._per_s

    def full(self, now: float) -> bool:
        """Whether it remembers nothing worth keeping."""
        self._refill(now)
        return self._level >= self._size


class Admission:
    """The node's bounds on what it takes in.

    Args:
        queue: Open requests at most, waiting and running.
        per_device_per_minute: New requests of one device a minute; 0 means no limit.
    """

    # Accounts are kept for devices seen lately; above this many, the full ones are swept out. A topic
    # level is free for a hostile client to invent where the broker has no ACL.
    SWEEP_ABOVE = 1024

    def __init__(self, queue: int, per_device_per_minute: int) -> None:
        self._queue = queue
        self._per_minute = per_device_per_minute
        self._buckets: dict[str, TokenBucket] = {}
        self._service_s = 2.0  # moving average of slot time a request, for `retry_after_s`

    def served(self, seconds: float) -> None:
        """Learn how long a request kept its slot."""
        self._service_s += 0.1 * (seconds - self._service_s)

    def check(self, device: str, request_id: str | None, *, open_requests: int, slots: int, now: float) -> None:
        """Let one new request in.

        Raises:
            RequestError: ``busy`` when the queue is full, ``rate_limited`` when the device asks too often.
        """
        if open_requests >= self._queue:
            raise RequestError(
                "busy",
                f"{open_requests} requests are open and this node takes {self._queue}; send it again later",
                request_id=request_id,
                retry_after_s=max(1.0, self._service_s * open_requests / slots / 2),
            )
        if self._per_minute == 0:
            return
        if device not in self._buckets:
            if len(self._buckets) >= self.SWEEP_ABOVE:
                self._buckets = {name: b for name, b in self._buckets.items() if not b.full(now)}
            self._buckets[device] = TokenBucket(self._per_minute, now)
        wait_s = self._buckets[device].take(now)
        if wait_s > 0:
            raise RequestError(
                "rate_limited",
                f"{device} sent more than {self._per_minute} requests a minute; wait {wait_s:.1f} s",
                request_id=request_id,
                retry_after_s=wait_s,
            )

"""Who goes next: priority, fair share between devices, adapter groups, deadlines. Pure; time is an argument.

What was started as `batch` holds its slot against other batch requests alone: for a device's the engine takes it out
and goes on with it later.

The order among waiting requests is decided by, in this order: priority (raised by waiting), the adapter
that already runs (for at most a quantum), the device served least, and arrival.
"""

from collections.abc import Iterable

from edge.core.request import Job

# Strict priority with ageing: after this long in the queue a request counts one class higher, so `batch`
# reaches the front after at most two of these, however much `high` arrives.
AGEING_S = 30.0

# What a dispatched request is charged to its device until its true token count is known.
NOMINAL_TOKENS = 64

_CLASS = {"high": 0, "normal": 1, "batch": 2}


class Scheduler:
    """The queue in front of the engine's slots.

    Args:
        slots: Sequences the engine runs side by side; a request with ``samples`` n takes n of them.
        quantum: Dispatches in a row that may prefer the running adapter while another one waits.
    """

    def __init__(self, slots: int, quantum: int | None = None) -> None:
        self.slots = slots
        self._quantum = quantum if quantum is not None else slots
        self._waiting: dict[int, Job] = {}
        self._running: dict[int, Job] = {}
        self._served: dict[str, float] = {}  # device -> tokens charged, a virtual time
        self._floor = 0.0  # virtual time at which a newly seen device joins
        self._streak = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._running)

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return len(self._waiting)

    @property
    def running(self) -> tuple[Job, ...]:
        """Requests in the engine."""
        return tuple(self._running.values())

    @property
    def queue(self) -> tuple[Job, ...]:
        """Requests that wait."""
        return tuple(self._waiting.values())

    def get(self, key: int) -> Job | None:
        """The open request, waiting or running."""
        return self._waiting.get(key) or self._running.get(key)

    def add(self, job: Job) -> None:
        """Put a request in the queue, new or returned by a dead engine."""
        self._running.pop(job.key, None)
        self._waiting[job.key] = job
        self._served[job.device] = max(self._served.get(job.device, 0.0), self._floor)

    def remove(self, key: int, tokens: int = 0) -> Job | None:
        """Forget a request that ended; ``tokens`` is what it truly cost."""
        if (job := self._waiting.pop(key, None)) is not None:
            self._forget(job.device)
            return job
        job = self._running.pop(key, None)
        if job is not None:
            if job.device in self._served:
                self._served[job.device] += tokens - NOMINAL_TOKENS * job.samples
            self._forget(job.device)
        return job

    def next(self, now: float) -> Job | None:
        """Choose the request to start now and move it among the running; None when none may start."""
        if not self._waiting or any(job.alone for job in self._running.values()):
            return None
        job = self._choose(self._waiting.values(), now)
        if job.priority == "batch" and self._free(batch=True) < self._cost(job) <= self._free(batch=False):
            # It waits for other batch requests, and no device for it: its own wait may have raised it before them.
            devices = [other for other in self._waiting.values() if other.priority != "batch"]
            if not devices:
                return None
            job = self._choose(devices, now)
        if self._running and (job.alone or self._cost(job) > self._free(batch=job.priority == "batch")):
            return None  # wait until the slots it needs are free: overtaking for ever would starve it
        adapters = {other.adapter for other in self._running.values()}
        others_wait = any(other.adapter != job.adapter for other in self._waiting.values())
        self._streak = self._streak + 1 if job.adapter in adapters and others_wait else 0
        del self._waiting[job.key]
        self._running[job.key] = job
        job.makes_way = self._level(job, now) == _CLASS["batch"]
        self._floor = max(self._floor, self._served[job.device])
        self._served[job.device] += NOMINAL_TOKENS * job.samples
        return job

    def _choose(self, among: Iterable[Job], now: float) -> Job:
        running = {job.adapter for job in self._running.values()}
        prefer = running if self._streak < self._quantum else set()
        avoid = running if self._streak >= self._quantum else set()

        def rank(job: Job) -> tuple[int, bool, float, int]:
            foreign = job.adapter in avoid or bool(prefer and job.adapter not in prefer)
            return self._level(job, now), foreign, self._served[job.device], job.key

        return min(among, key=rank)

    def _level(self, job: Job, now: float) -> int:
        return max(0, _CLASS[job.priority] - int(max(0.0, now - job.received_at) / AGEING_S))

    def _free(self, *, batch: bool) -> int:
        """Slots that are free for a batch request, or for another."""
        return self.slots - sum(self._cost(job) for job in self._running.values() if batch or not job.makes_way)

    def _cost(self, job: Job) -> int:
        return min(job.samples, self.slots)

    def _forget(self, device: str) -> None:
        """Drop the account of a device with nothing open, unless it is ahead of the others."""
        open_devices = {job.device for jobs in (self._waiting, self._running) for job in jobs.values()}
        if device not in open_devices and self._served.get(device, 0.0) <= self._floor:
            self._served.pop(device, None)
        if not open_devices:
            self._served.clear()
            self._floor = 0.0

    def expired(self, now: float) -> list[Job]:
        """Open requests whose deadline has passed."""
        jobs = (*self._waiting.values(), *self._running.values())
        return [job for job in jobs if job.deadline_at is not None and job.deadline_at <= now]

    def next_timer(self) -> float | None:
        """When to call `expired` again: the earliest deadline."""
        jobs = (*self._waiting.values(), *self._running.values())
        return min((job.deadline_at for job in jobs if job.deadline_at is not None), default=None)

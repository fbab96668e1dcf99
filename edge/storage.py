"""A node's writes: endings that the disk does not take are kept and tried again, a damaged database is set aside.

Time is an argument, in seconds of the node's clock.
"""

import logging
from collections.abc import Callable, Sequence

from edge import salvage
from edge.core.endings import Ending
from edge.core.request import Job
from edge.core.scheduler import Scheduler
from edge.store import Store
from edgegen.errors import StoreDamagedError, StoreError

log = logging.getLogger(__name__)

# After a failed commit (a full disk, mostly) the node tries again at this pace.
RETRY_S = 1.0

# A disk that damages a new database at once will do it again: then the node says so and takes nothing.
ANEW_S = 60.0

DEDUP_WINDOW_S = 24 * 3600.0


class Storage:
    """What a node writes, and what it does while that fails. All but `failed` is called under the node's lock.

    Args:
        boot: The kernel's boot id, for rows of requests.
        utc: Wall clock.
        uptime_s: How long this node has been running in all at a time.
        changed: Called when there is a new time to wake at.

    Attributes:
        problem: Why the disk takes nothing at the moment.
        retry_at: When to call `retry`.
        unsaved: Endings that are not stored yet, and so not published.
    """

    def __init__(
        self,
        store: Store,
        *,
        boot: str,
        utc: Callable[[], float],
        uptime_s: Callable[[float], float],
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._boot = boot
        self._utc = utc
        self._uptime_s = uptime_s
        self._changed = changed
        self.problem: str | None = None
        self.retry_at: float | None = None
        self.unsaved: list[Ending] = []
        self._damaged = False
        self._anew_at: float | None = None

    def failed(self, error: StoreError, now: float) -> None:
        """Remember that the disk takes nothing, and try again soon; callable from any thread."""
        if self.problem is None:
            log.error("%s", error)
        self._damaged = self._damaged or isinstance(error, StoreDamagedError)
        self.problem = str(error)
        if self.retry_at is None or self.retry_at <= now:  # further failures do not put the next try off
            self.retry_at = now + RETRY_S
        self._changed()

    def save(self, endings: Sequence[Ending]) -> list[Ending]:
        """Store terminal frames. Returns those that were first, and so are the answer.

        Raises:
            StoreError: If the commit fails; then none is stored.
        """
        with self._store.transaction():
            return [e for e in endings if self._store.requests.finish(e.job, e.frame, e.status, e.measured)]

    def keep(self, endings: Sequence[Ending], now: float) -> list[Ending]:
        """The same, but what cannot be stored now is kept until it can be."""
        try:
            return self.save(endings)
        except StoreError as error:
            self.unsaved.extend(endings)
            self.failed(error, now)
            return []

    def retry(self, scheduler: Scheduler, now: float) -> tuple[list[Ending], list[Job]] | None:
        """Store what is not stored yet, in a new database if the old one is damaged.

        Returns:
            The endings that were first, and the waiting requests that the damage has cost; None when the disk still
            takes nothing.
        """
        try:
            lost = self._begin_anew(scheduler, now) if self._damaged else []
            won = self.save(self.unsaved)
            self._store.set_uptime_s(self._uptime_s(now))
        except StoreError as error:
            self.failed(error, now)
            return None
        log.warning("the store takes writes again")
        self.unsaved, self.retry_at, self.problem = [], None, None
        return won, lost

    def _begin_anew(self, scheduler: Scheduler, now: float) -> list[Job]:
        """Set a damaged database aside. Returns the waiting requests whose payload could not be read from it.

        What runs in the engine needs its payload no more, and what has ended needs only a row to stand in.
        """
        if self._anew_at is not None and now < self._anew_at + ANEW_S:
            raise StoreDamagedError(f"{self._store.path}: damaged again, within a minute. Replace the disk.")
        self._anew_at = now
        salvage.renew(self._store)
        self._damaged = False
        waiting = scheduler.queue
        ended = [ending.job for ending in self.unsaved]
        unread = [job for job in (*scheduler.running, *ended, *waiting) if not self._store.requests.has(job.key)]
        with self._store.transaction():
            for job in unread:
                self._store.requests.insert_unread(job, boot=self._boot, uptime_s=self._uptime_s(now), utc=self._utc())
        return [job for job in waiting if job in unread]

    def housekeep(self, now: float, retention_days: float) -> None:
        """Keep the uptime and drop what is past its time."""
        try:
            self._store.set_uptime_s(self._uptime_s(now))
            self._store.prune(
                utc=self._utc(),
                uptime_s=self._uptime_s(now),
                dedup_window_s=DEDUP_WINDOW_S,
                retention_s=retention_days * 86400.0,
            )
        except StoreError as error:
            self.failed(error, now)

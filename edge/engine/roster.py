"""Which sequences run, which wait and since when, and the open jobs by the daemon's number."""

import time

from edge.engine.pool import KvPool
from edge.engine.sequence import Job, Seq

# A request gains one priority class each time it has waited this long in all: batch work is not starved, however often
# it makes way.
AGING_S = 10.0


class Roster:
    """Every sequence the engine knows is in exactly one of ``running`` and ``waiting``."""

    def __init__(self) -> None:
        self.running: list[Seq] = []
        self.waiting: list[Seq] = []
        self.jobs: dict[int, Job] = {}
        self.preemptions = 0

    def wait(self, seq: Seq) -> None:
        """Put a sequence among the waiting."""
        self.waiting.append(seq)
        seq.waits_since = time.monotonic() - seq.waited_s

    def preempt(self, seq: Seq, pool: KvPool) -> None:
        """Take a running sequence out; it is recomputed later and its device never knows."""
        self.running.remove(seq)
        pool.drop(seq.seq_id)
        seq.seq_id, seq.n_past = -1, 0
        self.preemptions += 1
        self.wait(seq)

    def stop_waiting(self, seq: Seq) -> None:
        """Take a sequence out of the waiting."""
        self.waiting.remove(seq)
        seq.waited_s = time.monotonic() - seq.waits_since

    def remove(self, seq: Seq) -> None:
        """Forget a sequence wherever it is."""
        if seq in self.running:
            self.running.remove(seq)
        if seq in self.waiting:
            self.stop_waiting(seq)

    def by_urgency(self, now: float) -> list[Seq]:
        """The waiting ones by class, which their waits raise, and then by age."""
        self.waiting.sort(key=lambda seq: (self.urgency(seq, now), seq.job.arrival))
        return list(self.waiting)

    def urgency(self, seq: Seq, now: float) -> int:
        """The class of a waiting sequence, raised by its waits; less is more urgent."""
        return seq.job.priority - int((now - seq.waits_since) / AGING_S)

    def least_urgent(self) -> Seq:
        """The youngest running sequence of the lowest class."""
        return max(self.running, key=lambda seq: (seq.job.urgency, seq.job.arrival))

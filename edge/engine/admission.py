"""Who begins: slots, room in the KV pool, and the shared prefix that is computed before those who need it."""

import time
from collections.abc import Sequence

from edge.engine.events import Events
from edge.engine.intake import Intake
from edge.engine.kvfile import KeptPrefixes
from edge.engine.model import Model
from edge.engine.pool import KvPool
from edge.engine.prefix import SHARED, WORTH_KEEPING_TOKENS
from edge.engine.roster import Roster
from edge.engine.sequence import PRIORITIES, Job, Seq

# Cells a new sequence leaves to each running one, so that it is not preempted right after it began.
HEADROOM_TOKENS = 32

BATCH = PRIORITIES["batch"]


class Admission:
    """Starts waiting sequences, and the engine's own jobs that compute shared prefixes."""

    def __init__(
        self, model: Model, pool: KvPool, roster: Roster, events: Events, *, intake: Intake, kept: KeptPrefixes
    ) -> None:
        self._model = model
        self._pool = pool
        self._roster = roster
        self._intake = intake
        self._kept = kept
        self._events = events
        self._arrivals = 0

    def next_arrival(self) -> int:
        """A number that grows with every request."""
        self._arrivals += 1
        return self._arrivals

    def admit(self, now: float) -> None:
        """Start waiting sequences while there are slots and room, by priority and age."""
        if not self._roster.waiting:
            return
        promised: list[Seq] = []  # they begin once their prefix is computed, and keep their place until then
        for seq in self._roster.by_urgency(now):
            if not self._make_way(seq, promised):
                return
            if self._must_wait_for_prefix(seq.job):
                promised.append(seq)
                continue
            seq.job.urgency = self._roster.urgency(seq, now)
            self._roster.stop_waiting(seq)
            self._start(seq)

    def warm_up(self, adapter: str) -> bool:
        """Get the shared prefix of an adapter: from disk, or by a job of the engine's own (True: it is under way)."""
        if len(self._intake.shared_prefix) < WORTH_KEEPING_TOKENS:
            return False
        roster = self._roster
        if any(seq.job.key is None and seq.job.adapter == adapter for seq in (*roster.running, *roster.waiting)):
            return True
        tokens = self._intake.shared_prefix
        key = self._model.prefix_key(adapter)
        if self._pool.make_room(len(tokens)):
            seq_id = self._pool.take_id()
            if self._kept.load(adapter, tokens, seq_id):
                self._pool.grow(seq_id, len(tokens))
                self._pool.keep(seq_id, key, SHARED, tokens, len(tokens))
                return False
            self._pool.drop(seq_id)
        self._start(self._intake.shared_prefix_job(adapter, self.next_arrival()))
        return True

    def start_clock(self, seq: Seq) -> None:
        """Tell the device that its request has begun."""
        job = seq.job
        job.started_s = time.monotonic()
        self._events.emit(
            job.key,
            "started",
            prompt_tokens=job.prompt_length,
            cached_tokens=job.cached_tokens,
            max_tokens=job.max_new,
        )

    def _has_slot(self, seq: Seq, running: Sequence[Seq]) -> bool:
        jobs = {other.job for other in running if other.job.key is not None} | {seq.job}
        reserved = sum(job.samples - 1 for job in jobs if not job.forked)
        return len(jobs) <= self._model.options.slots and len(running) + 1 + reserved <= self._model.max_running

    def _make_way(self, seq: Seq, promised: Sequence[Seq]) -> bool:
        """Whether there are a slot and room for ``seq``, after preempting what was started as batch if that is a help.

        What was started late, in a class that its waits had raised, ends: batch work is not starved.
        """
        reserved = () if seq.job.key is None else promised  # a prefix is what they wait for
        staying = list(self._roster.running)
        while not (self._has_slot(seq, [*staying, *reserved]) and self._fits(seq, [*staying, *reserved])):
            batch = {other.job for other in staying if other.job.urgency >= BATCH}
            if seq.job.priority >= BATCH or not batch:
                return False
            youngest = max(batch, key=lambda job: job.arrival)
            staying = [other for other in staying if other.job is not youngest]
        for other in [other for other in self._roster.running if other not in staying]:
            self._roster.preempt(other, self._pool)
        return True

    def _must_wait_for_prefix(self, job: Job) -> bool:
        """Whether the shared prefix this job begins with is being computed; starts that if nobody has."""
        if job.shared_length < WORTH_KEEPING_TOKENS or self._pool.prefixes.shared(self._model.prefix_key(job.adapter)):
            return False
        return self.warm_up(job.adapter)

    def _fits(self, seq: Seq, running: Sequence[Seq]) -> bool:
        """Whether the pool has room for all of ``seq`` beside these; always if there are none."""
        if not running:
            return True
        pending = sum(other.pending for other in running)
        headroom = HEADROOM_TOKENS * (len(running) + seq.job.samples)
        room = self._pool.room_beside(other.seq_id for other in running) - pending - headroom
        return len(seq.tokens) - seq.job.shared_length <= room

    def _start(self, seq: Seq) -> None:
        job = seq.job
        key = self._model.prefix_key(job.adapter)
        seq.seq_id, seq.n_past = self._pool.start(key, job.owner, seq.tokens)
        self._roster.running.append(seq)
        if job.started_s is None:
            job.cached_tokens = min(seq.n_past, job.prompt_length)
            self.start_clock(seq)

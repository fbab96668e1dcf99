"""How requests end: with an answer or an error, and what becomes of the cells they held."""

from edge.engine import answer
from edge.engine.events import Events
from edge.engine.kvfile import KeptPrefixes
from edge.engine.model import Model
from edge.engine.pool import KvPool
from edge.engine.prefix import SHARED
from edge.engine.roster import Roster
from edge.engine.sequence import Job, Seq


class Endings:
    """Ends sequences and jobs; each job gets exactly one terminal event."""

    def __init__(self, model: Model, pool: KvPool, roster: Roster, kept: KeptPrefixes, events: Events) -> None:
        self._model = model
        self._pool = pool
        self._roster = roster
        self._kept = kept
        self._events = events

    def finish(self, seq: Seq) -> None:
        """One sequence has ended; answers the request when all of its samples have."""
        job = seq.job
        self._roster.remove(seq)
        seq.text.finish()
        seq.sampler.close()
        if seq.constraint is not None:
            answer.close_document(seq)
        if seq.seq_id >= 0:
            computed = seq.tokens[: seq.n_past]
            if job.keeps_prefix and seq is job.sequences[0]:
                key = self._model.prefix_key(job.adapter)
                self._pool.keep(seq.seq_id, key, job.owner, computed, job.shared_length)
            else:
                self._pool.drop(seq.seq_id)
            seq.seq_id = -1
        if job.stream:
            text = seq.text.take(last=True)
            if text:
                self._events.emit(job.key, "delta", text=text)
        if all(sample.finish for sample in job.sequences):
            assert job.key is not None
            del self._roster.jobs[job.key]
            self._events.emit(job.key, "done", **answer.done(job, self._model.vocab))

    def fail(self, job: Job, code: str, reason: str) -> None:
        """End a job with an error and give back all it holds."""
        for seq in job.sequences:
            self._roster.remove(seq)
            if seq.seq_id >= 0:
                self._pool.drop(seq.seq_id)
                seq.seq_id = -1
            seq.sampler.close()
        if job.key is not None and self._roster.jobs.pop(job.key, None) is not None:
            self._events.emit(job.key, "error", code=code, reason=reason)

    def keep_shared(self, seq: Seq) -> None:
        """The shared prefix of an adapter has been computed: keep it, on disk too."""
        self._roster.remove(seq)
        self._kept.save(seq.job.adapter, seq.tokens, seq.seq_id)
        self._pool.keep(seq.seq_id, self._model.prefix_key(seq.job.adapter), SHARED, seq.tokens, len(seq.tokens))

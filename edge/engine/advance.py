"""From a row of logits to the next tokens of a sequence, and what follows from them."""

import time

import numpy as np
from numpy.typing import NDArray

from edge.engine.constrain import SchemaRefusedError
from edge.engine.endings import Endings
from edge.engine.events import Events, describe
from edge.engine.model import Model
from edge.engine.pool import KvPool
from edge.engine.roster import Roster
from edge.engine.sampling import Logits, Sampler, log_probability
from edge.engine.sequence import Seq
from edge.engine.text import TextStream


class Advance:
    """Samples, appends what a grammar forces, and ends what has come to its end."""

    def __init__(self, model: Model, pool: KvPool, roster: Roster, endings: Endings, events: Events) -> None:
        self._vocab = model.vocab
        self._pool = pool
        self._roster = roster
        self._endings = endings
        self._events = events

    def by_row(self, seq: Seq, row: Logits) -> None:
        """Go on from the logits after the last token of ``seq``; at the end of a prompt its other samples start."""
        job = seq.job
        if seq not in self._roster.running:  # its job failed earlier in this step
            return
        try:
            if job.samples > 1 and not job.forked:
                self._fork(seq)
                for sample in list(job.sequences):
                    self._advance(sample, row)
            else:
                self._advance(seq, row)
        except SchemaRefusedError as error:
            self._endings.fail(
                job, "schema_invalid", f"the schema's grammar failed in the middle of the answer: {error}"
            )
        except Exception as error:  # noqa: BLE001 - one request's defect must not end the others
            self._endings.fail(job, "internal", describe(error))

    def by_guess(self, seq: Seq, guess: list[int], rows: NDArray[np.float32]) -> int:
        """Go on through a guess as far as it comes true; returns how many of its tokens did.

        Row ``i`` holds the logits after the guess's first ``i`` tokens. Each token is sampled as it would be without a
        guess, so the answer's distribution is the same; the row after it counts only if it is the one guessed.
        """
        start = len(seq.tokens)
        right = 0
        while True:
            self.by_row(seq, rows[right])
            new = seq.tokens[start + right :]  # one sampled token and what a grammar forces after it
            if seq.seq_id < 0 or new != guess[right : right + len(new)]:
                return right
            right += len(new)
            seq.n_past += len(new)
            self._pool.grow(seq.seq_id, len(new))

    def take_forced(self, seq: Seq) -> None:
        """Append the tokens the grammar leaves no choice about: they cost one batch together, and no sampling."""
        assert seq.constraint is not None
        forced = seq.constraint.forced()
        complete = seq.constraint.complete
        for place, token in enumerate(forced):
            seq.tokens.append(token)
            if seq.scored:
                seq.logprobs.append((token, 0.0))  # certain: the grammar allowed nothing else
            last = place == len(forced) - 1
            if seq.text.feed(self._vocab.piece(token)):
                seq.finish = "stop"
            elif last and complete:
                seq.finish = "schema"
            elif seq.generated >= seq.job.max_new:
                seq.finish = "length"
            if seq.finish:
                return
        if complete:
            seq.finish = "schema"

    def _fork(self, seq: Seq) -> None:
        """Start the other samples of a job from the prompt that has just been computed."""
        job = seq.job
        job.forked = True
        for stream in range(1, job.samples):
            sample = Seq(
                job,
                list(seq.tokens),
                Sampler(job.options, stream=stream),
                TextStream(job.options.stop),
                None if seq.constraint is None else seq.constraint.copy(),
                seq_id=self._pool.fork(seq.seq_id, seq.n_past),
                n_past=seq.n_past,
                logprobs=list(seq.logprobs),
            )
            sample.text = seq.text.copy()
            job.sequences.append(sample)
            self._roster.running.append(sample)

    def _advance(self, seq: Seq, row: Logits) -> None:
        """Sample one token of one sequence and see what follows from it."""
        job = seq.job
        constraint = seq.constraint
        token = seq.sampler.pick(row) if constraint is None else constraint.pick(row, seq.sampler)
        if self._vocab.is_eog(token):
            seq.finish = "stop"
        else:
            self._take(seq, token, log_probability(row, token) if seq.scored else 0.0)
            if constraint is not None and not seq.finish:
                self.take_forced(seq)
        if job.first_s is None and seq.generated:
            job.first_s = time.monotonic()
            self._events.emit(job.key, "first")
        if seq.finish:
            self._endings.finish(seq)
        elif job.stream:
            text = seq.text.take()
            if text:
                self._events.emit(job.key, "delta", text=text)

    def _take(self, seq: Seq, token: int, logprob: float) -> None:
        seq.tokens.append(token)
        if seq.scored:
            seq.logprobs.append((token, logprob))
        if seq.text.feed(self._vocab.piece(token)):
            seq.finish = "stop"
        elif seq.constraint is not None and seq.constraint.complete:
            seq.finish = "schema"
        elif seq.generated >= seq.job.max_new:
            seq.finish = "length"

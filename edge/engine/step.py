"""One step: a plan with room in the KV pool, one llama_batch, and every sequence in it advanced."""

import time
from dataclasses import replace

from edge.core.planner import Plan, Planner
from edge.engine.advance import Advance
from edge.engine.endings import Endings
from edge.engine.lookup import Lookup
from edge.engine.model import Model
from edge.engine.pool import KvPool
from edge.engine.roster import Roster
from edge.engine.sequence import Seq
from edgegen.errors import EngineError


class Stepper:
    """Plans and computes steps over the running sequences."""

    def __init__(self, model: Model, pool: KvPool, roster: Roster, advance: Advance, endings: Endings) -> None:
        self._model = model
        self._pool = pool
        self._roster = roster
        self._advance = advance
        self._endings = endings
        self._planner = Planner(model.n_batch)
        self.single_steps = 0
        self._singles_s = 0.0
        self.guessed = 0
        self.guessed_right = 0

    @property
    def s_per_token(self) -> float:
        """What a token of a full step costs now."""
        return self._planner.cost.s_per_token

    def step(self, now: float) -> None:
        """Compute one batch for the running sequences, if there are any."""
        plan = self._prepare(now)
        if plan is None:
            return
        if not plan.singly:
            self._compute(plan)
            return
        self.single_steps += 1
        self._singles_s = 0.0
        for chunk in plan.chunks:
            if chunk[0].seq_id >= 0:  # what went wrong with one may have ended the next
                self._compute(replace(plan, chunks=(chunk,)))
        self._planner.observe(plan, self._singles_s)

    def _prepare(self, now: float) -> Plan[Seq] | None:
        """A plan that has room in the KV pool, after evicting and preempting what it takes; None: nobody is left."""
        while self._roster.running:
            self._planner.use_threads(self._model.threads)
            plan = self._planner.plan(self._roster.running, now)
            if self._pool.make_room(sum(count for _, count in plan.chunks)):
                return plan
            self._roster.preempt(self._roster.least_urgent(), self._pool)
        return None

    def _compute(self, plan: Plan[Seq]) -> None:
        guess = self._guess(plan)
        outputs = self._fill(plan, guess)
        started = time.perf_counter()
        try:
            self._model.use_adapter(plan.group)
            status = self._model.decode()
        except EngineError as error:
            for seq, _ in plan.chunks:
                self._endings.fail(seq.job, "internal", str(error))
            return
        if status == 1:  # the ledger was wrong: trust llama.cpp
            self._make_room_by_force()
            return
        seconds = time.perf_counter() - started
        if plan.singly:
            self._singles_s += seconds
        else:
            self._planner.observe(plan, seconds)
        for seq, count in plan.chunks:
            seq.n_past += count
            self._pool.grow(seq.seq_id, count)
            if seq.job.key is None and not seq.pending:
                self._endings.keep_shared(seq)
        if guess:
            self._check(outputs[0], guess)
        elif outputs:
            for seq, row in zip(outputs, self._model.logits(len(outputs)), strict=True):
                self._advance.by_row(seq, row)

    def _guess(self, plan: Plan[Seq]) -> list[int]:
        """What may follow a sequence that generates alone; nothing beside others, whose tokens would come later."""
        longest = self._model.options.lookup_tokens
        if len(self._roster.running) > 1 or not longest or not self._model.can_share_prefixes:
            return []
        ((seq, count),) = plan.chunks
        if count > 1 or seq.pending > 1 or not seq.generated or seq.job.key is None:
            return []
        if seq.lookup is None:
            seq.lookup = Lookup(longest)
        # No kept prefix is evicted for a guess, and the sampler has the last word after the guess.
        return seq.lookup.guess(seq.tokens, min(self._pool.ledger.free, seq.job.max_new - seq.generated) - 1)

    def _check(self, seq: Seq, guess: list[int]) -> None:
        """Keep what came true of a guess."""
        right = self._advance.by_guess(seq, guess, self._model.logits(1 + len(guess)))
        self.guessed += len(guess)
        self.guessed_right += right
        if seq.lookup is not None:
            seq.lookup.judge(len(guess), right)
        if seq.seq_id >= 0:
            self._model.cut(seq.seq_id, seq.n_past)

    def _make_room_by_force(self) -> None:
        if self._pool.evict_one():
            return
        if len(self._roster.running) > 1:
            self._roster.preempt(self._roster.least_urgent(), self._pool)
        else:
            (alone,) = self._roster.running
            self._endings.fail(alone.job, "internal", "llama.cpp finds no KV room for a request that is alone")

    def _fill(self, plan: Plan[Seq], guess: list[int]) -> list[Seq]:
        """Put the plan into the batch; returns the sequences whose next token can be sampled, in its order."""
        batch = self._model.batch
        batch.clear()
        outputs = []
        for seq, count in plan.chunks:
            output = count == seq.pending and seq.job.key is not None
            tokens = seq.tokens[seq.n_past : seq.n_past + count] + guess
            batch.add(seq.seq_id, tokens, seq.n_past, output=output, all_outputs=bool(guess))
            if output:
                outputs.append(seq)
        return outputs

"""The engine: jobs in, one llama_batch a step, events out. No socket, no process; worker.py has those."""

import time
from typing import Any

from edge.core.planner import Plan, Planner
from edge.engine import answer, canary, kvfile
from edge.engine.constrain import SchemaRefusedError
from edge.engine.embed import Embedder
from edge.engine.intake import Intake, Limits, RefusedError
from edge.engine.model import N_BATCH, AdapterFile, LoadOptions, Model
from edge.engine.pool import KvPool
from edge.engine.prefix import SHARED, WORTH_KEEPING_TOKENS
from edge.engine.sampling import Logits, Sampler, SamplingOptions, log_probability
from edge.engine.sequence import Job, Seq
from edge.engine.text import TextStream
from edgegen.errors import EngineError

Event = dict[str, Any]

# Cells a new sequence leaves to each running one, so that it is not preempted right after it began.
HEADROOM_TOKENS = 32

# A waiting request gains one priority class each time it has waited this long: batch work is not starved.
AGING_S = 10.0


class Engine:
    """Continuous batching over one model.

    Call ``submit`` and ``cancel`` at any time, ``step`` while ``busy``; each returns events for the daemon.

    Raises:
        EngineError: Something in ``load`` cannot be loaded.
    """

    def __init__(self, load: dict[str, Any]) -> None:
        self.model = Model(load_options(load))
        n_ctx = self.model.n_ctx
        limits = Limits(prompt_tokens=int(load.get("prompt_tokens") or 0), n_ctx=n_ctx)
        self.intake = Intake(
            self.model,
            limits,
            SamplingOptions().updated(load.get("defaults") or {}),
            system_prompt=load.get("system_prompt"),
            chat_template=load.get("chat_template"),
        )
        self._slots = self.model.options.slots
        self._pool = KvPool(self.model)
        self._planner = Planner(N_BATCH)
        self._embedder = Embedder(self.model, min(n_ctx, limits.prompt_tokens or n_ctx))
        self._kept = kvfile.KeptPrefixes(self.model, load.get("cache_dir"))
        self._running: list[Seq] = []
        self._waiting: list[Seq] = []
        self._waiting_since: dict[Seq, float] = {}
        self._jobs: dict[int, Job] = {}
        self._events: list[Event] = []
        for adapter in self.model.options.adapters:
            canary.check(self.model, adapter.name, adapter.canary_text, adapter.canary_kl)
        self._arrivals = 0
        self.steps = 0
        self.preemptions = 0
        if len(self.intake.shared_prefix) >= WORTH_KEEPING_TOKENS:
            self._warm_up("")

    @property
    def busy(self) -> bool:
        """Whether ``step`` has something to compute."""
        return bool(self._running or self._waiting or len(self._embedder))

    def take_events(self) -> list[Event]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events

    def submit(self, message: dict[str, Any]) -> None:
        """Take a request; a refusal is an event like any other answer."""
        key = int(message["key"])
        try:
            if message.get("verb") == "embed":
                job = self.intake.embedding(message, time.monotonic())
                self._embedder.submit(job)
                self._emit(key, "started", prompt_tokens=len(job.tokens), cached_tokens=0, max_tokens=0)
                return
            self._arrivals += 1
            seq = self.intake.job(message, self._arrivals)
            if seq.constraint is not None:
                self._take_forced(seq)
            self._jobs[key] = seq.job
            self._wait(seq)
            if seq.finish:  # the grammar left no choice at all
                self._start_clock(seq)
                self._waiting.remove(seq)
                self._finish(seq)
        except RefusedError as refusal:
            self._emit(key, "error", code=refusal.code, reason=refusal.reason)
        except Exception as error:  # noqa: BLE001 - one request's defect must not end the others
            self._jobs.pop(key, None)
            self._emit(key, "error", code="internal", reason=_describe(error))

    def cancel(self, key: int) -> None:
        """End a request at once; an unknown key is ignored: its answer was probably on the way."""
        job = self._jobs.get(key)
        if job is not None:
            self._fail(job, "cancelled", "cancelled on request")
        elif self._embedder.cancel(key):
            self._emit(key, "error", code="cancelled", reason="cancelled on request")

    def step(self) -> None:
        """Admit what fits, compute one batch, advance every sequence in it."""
        self.steps += 1
        now = time.monotonic()
        self._admit(now)
        if self._running:
            plan = self._prepare(now)
            if plan is not None:
                self._compute(plan)
        if len(self._embedder):
            self._embed(now)

    def rest(self) -> None:
        """Called when there is nothing to do."""
        self._embedder.release_if_idle(time.monotonic())

    def stats(self) -> dict[str, Any]:
        """The figures of the ``stats`` message."""
        ledger, prefixes = self._pool.ledger, self._pool.prefixes
        return {
            "running": len(self._running),
            "waiting": len(self._waiting) + len(self._embedder),
            "kv_used": ledger.used,
            "kv_total": ledger.total,
            "prefix_tokens": prefixes.tokens,
            "prefix_entries": len(prefixes),
            "prefix_hits": prefixes.hits,
            "steps": self.steps,
            "preemptions": self.preemptions,
            "adapter_switches": self.model.adapter_switches,
            "s_per_token": round(self._planner.s_per_token, 6),
        }

    # -- admission ------------------------------------------------------------------------------------------------

    def _wait(self, seq: Seq) -> None:
        self._waiting.append(seq)
        self._waiting_since.setdefault(seq, time.monotonic())

    def _admit(self, now: float) -> None:
        """Start waiting sequences while there are slots and room, by priority and age."""
        if not self._waiting:
            return
        self._waiting.sort(
            key=lambda seq: (seq.job.priority - int((now - self._waiting_since[seq]) / AGING_S), seq.job.arrival)
        )
        for seq in list(self._waiting):
            if seq not in self._waiting:
                continue
            if not self._has_slot(seq):
                return
            if self._must_wait_for_prefix(seq.job):
                continue
            if not self._fits(seq):
                return
            self._waiting.remove(seq)
            del self._waiting_since[seq]
            self._start(seq)

    def _has_slot(self, seq: Seq) -> bool:
        jobs = {running.job for running in self._running if running.job.key is not None} | {seq.job}
        reserved = sum(job.samples - 1 for job in jobs if not job.forked)
        return len(jobs) <= self._slots and len(self._running) + 1 + reserved <= self.model.max_running

    def _must_wait_for_prefix(self, job: Job) -> bool:
        """Whether the shared prefix this job begins with is being computed; starts that if nobody has."""
        if job.shared_length < WORTH_KEEPING_TOKENS or self._pool.prefixes.shared(self.model.prefix_key(job.adapter)):
            return False
        return self._warm_up(job.adapter)

    def _warm_up(self, adapter: str) -> bool:
        """Get the shared prefix of an adapter: from disk, or by a job of the engine's own (True: it is under way)."""
        if any(seq.job.key is None and seq.job.adapter == adapter for seq in (*self._running, *self._waiting)):
            return True
        tokens = self.intake.shared_prefix
        key = self.model.prefix_key(adapter)
        if self._pool.make_room(len(tokens)):
            seq_id = self._pool.take_id()
            if self._kept.load(adapter, tokens, seq_id):
                self._pool.grow(seq_id, len(tokens))
                self._pool.keep(seq_id, key, SHARED, tokens, len(tokens))
                return False
            self._pool.drop(seq_id)
        self._arrivals += 1
        self._start(self.intake.shared_prefix_job(adapter, self._arrivals))
        return True

    def _fits(self, seq: Seq) -> bool:
        """Whether the pool has room for all of ``seq`` beside what runs; always if nothing does."""
        if not self._running:
            return True
        pending = sum(other.pending for other in self._running)
        headroom = HEADROOM_TOKENS * (len(self._running) + seq.job.samples)
        room = self._pool.room_beside(other.seq_id for other in self._running) - pending - headroom
        return len(seq.tokens) - seq.job.shared_length <= room

    def _start(self, seq: Seq) -> None:
        job = seq.job
        key = self.model.prefix_key(job.adapter)
        seq.seq_id, seq.n_past = self._pool.start(key, job.owner, seq.tokens)
        self._running.append(seq)
        if job.started_s is None:
            job.cached_tokens = min(seq.n_past, job.prompt_length)
            self._start_clock(seq)

    def _start_clock(self, seq: Seq) -> None:
        job = seq.job
        job.started_s = time.monotonic()
        self._emit(
            job.key,
            "started",
            prompt_tokens=job.prompt_length,
            cached_tokens=job.cached_tokens,
            max_tokens=job.max_new,
        )

    # -- one step -------------------------------------------------------------------------------------------------

    def _prepare(self, now: float) -> Plan[Seq] | None:
        """A plan that has room in the KV pool, after evicting and preempting what it takes; None: try again later."""
        while self._running:
            plan = self._planner.plan(self._running, now)
            if self._pool.make_room(sum(count for _, count in plan.chunks)):
                return plan
            self._preempt()
        return None

    def _preempt(self) -> None:
        """Take the youngest sequence of the lowest priority out; it is recomputed later and its device never knows."""
        victim = max(self._running, key=lambda seq: (seq.job.priority, seq.job.arrival))
        self._running.remove(victim)
        self._pool.drop(victim.seq_id)
        victim.seq_id, victim.n_past = -1, 0
        self.preemptions += 1
        self._wait(victim)

    def _compute(self, plan: Plan[Seq]) -> None:
        outputs = self._fill(plan)
        started = time.perf_counter()
        try:
            self.model.use_adapter(plan.group)
            status = self.model.decode()
        except EngineError as error:
            for seq, _ in plan.chunks:
                self._fail(seq.job, "internal", str(error))
            return
        if status == 1:  # the ledger was wrong: trust llama.cpp
            if self._pool.evict_one():
                return
            if len(self._running) > 1:
                self._preempt()
            else:
                self._fail(self._running[0].job, "internal", "llama.cpp finds no KV room for a request that is alone")
            return
        self._planner.observe(self.model.batch.size, time.perf_counter() - started)
        for seq, count in plan.chunks:
            seq.n_past += count
            self._pool.grow(seq.seq_id, count)
            if seq.job.key is None and not seq.pending:
                self._keep_shared(seq)
        if outputs:
            for seq, row in zip(outputs, self.model.logits(len(outputs)), strict=True):
                self._advance_job(seq, row)

    def _fill(self, plan: Plan[Seq]) -> list[Seq]:
        """Put the plan into the batch; returns the sequences whose next token can be sampled, in its order."""
        batch = self.model.batch
        batch.clear()
        outputs = []
        for seq, count in plan.chunks:
            output = count == seq.pending and seq.job.key is not None
            batch.add(seq.seq_id, seq.tokens[seq.n_past : seq.n_past + count], seq.n_past, output=output)
            if output:
                outputs.append(seq)
        return outputs

    def _keep_shared(self, seq: Seq) -> None:
        self._running.remove(seq)
        self._kept.save(seq.job.adapter, seq.tokens, seq.seq_id)
        self._pool.keep(seq.seq_id, self.model.prefix_key(seq.job.adapter), SHARED, seq.tokens, len(seq.tokens))

    def _advance_job(self, seq: Seq, row: Logits) -> None:
        job = seq.job
        if seq not in self._running:  # its job failed earlier in this step
            return
        try:
            if job.samples > 1 and not job.forked:
                self._fork(seq)
                for sample in list(job.sequences):
                    self._advance(sample, row)
            else:
                self._advance(seq, row)
        except SchemaRefusedError as error:
            self._fail(job, "schema_invalid", f"the schema's grammar failed in the middle of the answer: {error}")
        except Exception as error:  # noqa: BLE001 - one request's defect must not end the others
            self._fail(job, "internal", _describe(error))

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
            self._running.append(sample)

    def _advance(self, seq: Seq, row: Logits) -> None:
        """Sample one token of one sequence and see what follows from it."""
        job = seq.job
        constraint = seq.constraint
        token = seq.sampler.pick(row) if constraint is None else constraint.pick(row, seq.sampler)
        if self.model.vocab.is_eog(token):
            seq.finish = "stop"
        else:
            self._take(seq, token, log_probability(row, token) if job.wants_logprobs else 0.0)
            if constraint is not None and not seq.finish:
                self._take_forced(seq)
        if job.first_s is None and seq.generated:
            job.first_s = time.monotonic()
            self._emit(job.key, "first")
        if seq.finish:
            self._running.remove(seq)
            self._finish(seq)
        elif job.stream:
            text = seq.text.take()
            if text:
                self._emit(job.key, "delta", text=text)

    def _take(self, seq: Seq, token: int, logprob: float) -> None:
        seq.tokens.append(token)
        if seq.job.wants_logprobs:
            seq.logprobs.append((token, logprob))
        if seq.text.feed(self.model.vocab.piece(token)):
            seq.finish = "stop"
        elif seq.constraint is not None and seq.constraint.complete:
            seq.finish = "schema"
        elif seq.generated >= seq.job.max_new:
            seq.finish = "length"

    def _take_forced(self, seq: Seq) -> None:
        """Append the tokens the grammar leaves no choice about: they cost one batch together, and no sampling."""
        assert seq.constraint is not None
        forced = seq.constraint.forced()
        complete = seq.constraint.complete
        for place, token in enumerate(forced):
            seq.tokens.append(token)
            if seq.job.wants_logprobs:
                seq.logprobs.append((token, 0.0))  # certain: the grammar allowed nothing else
            last = place == len(forced) - 1
            if seq.text.feed(self.model.vocab.piece(token)):
                seq.finish = "stop"
            elif last and complete:
                seq.finish = "schema"
            elif seq.generated >= seq.job.max_new:
                seq.finish = "length"
            if seq.finish:
                return
        if complete:
            seq.finish = "schema"

    # -- endings --------------------------------------------------------------------------------------------------

    def _finish(self, seq: Seq) -> None:
        """One sequence has ended; answers the request when all of its samples have."""
        job = seq.job
        seq.text.finish()
        seq.sampler.close()
        if seq.constraint is not None:
            answer.close_document(seq)
        if seq.seq_id >= 0:
            computed = seq.tokens[: seq.n_past]
            if job.keeps_prefix and seq is job.sequences[0]:
                key = self.model.prefix_key(job.adapter)
                self._pool.keep(seq.seq_id, key, job.owner, computed, job.shared_length)
            else:
                self._pool.drop(seq.seq_id)
            seq.seq_id = -1
        if job.stream:
            text = seq.text.take(last=True)
            if text:
                self._emit(job.key, "delta", text=text)
        if all(sample.finish for sample in job.sequences):
            assert job.key is not None
            del self._jobs[job.key]
            self._events.append({"key": job.key, "type": "done", **answer.done(job, self.model.vocab)})

    def _fail(self, job: Job, code: str, reason: str) -> None:
        """End a job with an error and give back all it holds."""
        for seq in job.sequences:
            if seq in self._running:
                self._running.remove(seq)
            if seq in self._waiting:
                self._waiting.remove(seq)
            self._waiting_since.pop(seq, None)
            if seq.seq_id >= 0:
                self._pool.drop(seq.seq_id)
                seq.seq_id = -1
            seq.sampler.close()
        if job.key is not None and self._jobs.pop(job.key, None) is not None:
            self._emit(job.key, "error", code=code, reason=reason)

    def _embed(self, now: float) -> None:
        try:
            job = self._embedder.step(now)
        except (EngineError, RuntimeError) as error:
            self._emit(self._embedder.fail_first().key, "error", code="internal", reason=str(error))
            return
        if job is not None:
            self._events.append({"key": job.key, "type": "done", **answer.embedded(job)})

    def _emit(self, key: int | None, kind: str, **facts: Any) -> None:
        if key is not None:
            self._events.append({"key": key, "type": kind, **facts})


def load_options(load: dict[str, Any]) -> LoadOptions:
    """The model's part of a ``load`` message."""
    optional = {key: load[key] for key in ("n_threads", "flash_attn", "kv_type") if load.get(key) is not None}
    return LoadOptions(
        model=load["model"],
        adapters=[_adapter_file(entry) for entry in load.get("adapters") or ()],
        n_ctx=int(load.get("n_ctx") or LoadOptions.n_ctx),
        slots=int(load.get("slots") or LoadOptions.slots),
        **optional,
    )


def _adapter_file(entry: dict[str, Any]) -> AdapterFile:
    recorded = entry.get("canary") or {}
    return AdapterFile(
        entry["name"], entry["path"], float(entry.get("scale") or 1.0), recorded.get("text"), recorded.get("kl")
    )


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"

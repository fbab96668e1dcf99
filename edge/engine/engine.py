"""The engine: jobs in, one llama_batch a step, events out. No socket, no process; worker.py has those."""

import time
from typing import Any

from edge.engine import answer, canary
from edge.engine.admission import Admission
from edge.engine.advance import Advance
from edge.engine.embed import Embedder
from edge.engine.endings import Endings
from edge.engine.events import Event, Events, describe
from edge.engine.intake import Intake, Limits, RefusedError
from edge.engine.kvfile import KeptPrefixes
from edge.engine.model import Model
from edge.engine.options import load_options
from edge.engine.pool import KvPool
from edge.engine.roster import Roster
from edge.engine.sampling import SamplingOptions
from edge.engine.step import Stepper
from edgegen.errors import EngineError


class Engine:
    """Continuous batching over one model.

    Call ``submit`` and ``cancel`` at any time, ``step`` while ``busy``; the events for the daemon gather meanwhile.

    Args:
        following: Whether the number of compute threads follows the free cores.

    Raises:
        EngineError: Something in ``load`` cannot be loaded.
    """

    def __init__(self, load: dict[str, Any], *, following: bool = False) -> None:
        self.model = Model(load_options(load), following=following)
        n_ctx = self.model.n_ctx
        limits = Limits(prompt_tokens=int(load.get("prompt_tokens") or 0), n_ctx=n_ctx)
        self.intake = Intake(
            self.model,
            limits,
            SamplingOptions().updated(load.get("defaults") or {}),
            system_prompt=load.get("system_prompt"),
            chat_template=load.get("chat_template"),
            schema_backend=load.get("schema_backend"),
        )
        self._events = Events()
        self._roster = Roster()
        self._pool = KvPool(self.model)
        kept = KeptPrefixes(self.model, load.get("cache_dir"))
        self._admission = Admission(self.model, self._pool, self._roster, self._events, intake=self.intake, kept=kept)
        self._endings = Endings(self.model, self._pool, self._roster, kept, self._events)
        self._advance = Advance(self.model, self._pool, self._roster, self._endings, self._events)
        self._stepper = Stepper(self.model, self._pool, self._roster, self._advance, self._endings)
        self._embedder = Embedder(self.model, min(n_ctx, limits.prompt_tokens or n_ctx))
        self.steps = 0
        for adapter in self.model.options.adapters:
            canary.check(self.model, adapter.name, adapter.canary_text, adapter.canary_kl)
        self._admission.warm_up("")

    @property
    def busy(self) -> bool:
        """Whether ``step`` has something to compute."""
        return bool(self._roster.running or self._roster.waiting or len(self._embedder))

    def take_events(self, now: float) -> list[Event]:
        """The events since the last call."""
        return self._events.take(now)

    def submit(self, message: dict[str, Any]) -> None:
        """Take a request; a refusal is an event like any other answer."""
        key = int(message["key"])
        try:
            if message.get("verb") == "embed":
                job = self.intake.embedding(message, time.monotonic())
                self._embedder.submit(job)
                self._events.emit(key, "started", prompt_tokens=len(job.tokens), cached_tokens=0, max_tokens=0)
                return
            seq = self.intake.job(message, self._admission.next_arrival())
            if seq.constraint is not None:
                self._advance.take_forced(seq)
            self._roster.jobs[key] = seq.job
            self._roster.wait(seq)
            if seq.finish:  # the grammar left no choice at all
                self._admission.start_clock(seq)
                self._endings.finish(seq)
        except RefusedError as refusal:
            self._events.emit(key, "error", code=refusal.code, reason=refusal.reason)
        except Exception as error:  # noqa: BLE001 - one request's defect must not end the others
            self._roster.jobs.pop(key, None)
            self._events.emit(key, "error", code="internal", reason=describe(error))

    def cancel(self, key: int) -> None:
        """End a request at once; an unknown key is ignored: its answer was probably on the way."""
        job = self._roster.jobs.get(key)
        if job is not None:
            self._endings.fail(job, "cancelled", "cancelled on request")
        elif self._embedder.cancel(key):
            self._events.emit(key, "error", code="cancelled", reason="cancelled on request")

    def step(self) -> None:
        """Admit what fits, compute one batch, advance every sequence in it."""
        self.steps += 1
        now = time.monotonic()
        self._admission.admit(now)
        self._stepper.step(now)
        if len(self._embedder):
            self._embed(now)

    def rest(self) -> None:
        """Called when there is nothing to do."""
        self._embedder.release_if_idle(time.monotonic())

    def stats(self) -> dict[str, Any]:
        """The figures of the ``stats`` message."""
        ledger, prefixes = self._pool.ledger, self._pool.prefixes
        return {
            "running": len(self._roster.running),
            "waiting": len(self._roster.waiting) + len(self._embedder),
            "kv_used": ledger.used,
            "kv_total": ledger.total,
            "prefix_tokens": prefixes.tokens,
            "prefix_entries": len(prefixes),
            "prefix_hits": prefixes.hits,
            "steps": self.steps,
            "single_steps": self._stepper.single_steps,
            "preemptions": self._roster.preemptions,
            "guessed_tokens": self._stepper.guessed,
            "guessed_right": self._stepper.guessed_right,
            "adapter_switches": self.model.adapter_switches,
            "threads": self.model.threads,
            "s_per_token": round(self._stepper.s_per_token, 6),
        }

    def _embed(self, now: float) -> None:
        try:
            job = self._embedder.step(now)
        except (EngineError, RuntimeError) as error:
            self._events.emit(self._embedder.fail_first().key, "error", code="internal", reason=str(error))
            return
        if job is not None:
            self._events.emit(job.key, "done", **answer.embedded(job))

"""What a finished job answers: the facts of its ``done`` event."""

import math
import time
from collections.abc import Sequence
from typing import Any

from edge.engine import vote
from edge.engine.embed import EmbedJob
from edge.engine.sequence import Job, Seq
from edge.engine.vocab import Vocab


def close_document(seq: Seq) -> None:
    """Read the document of a constrained sequence that has ended; one that is cut has none."""
    assert seq.constraint is not None
    if seq.finish == "length":
        return
    try:
        seq.document = seq.constraint.parse(seq.text.text)
    except ValueError:
        # Cut by a stop string, or GBNF let through what the schema forbids.
        seq.finish = "length"
    else:
        seq.finish = "schema"


def done(job: Job, vocab: Vocab) -> dict[str, Any]:
    """The facts of a generated answer; with several samples, of the one most agree with."""
    ballots = [
        vote.ballot(seq.text.text, seq.document, constrained=job.constrained, complete=seq.finish == "schema")
        for seq in job.sequences
    ]
    chosen, share = vote.majority(ballots)
    seq = job.sequences[chosen]
    completion = sum(sample.generated for sample in job.sequences)
    facts: dict[str, Any] = {
        "text": seq.text.text,
        "finish": seq.finish,
        "usage": {
            "prompt_tokens": job.prompt_length,
            "cached_tokens": job.cached_tokens,
            "completion_tokens": completion,
        },
        "adapter": job.adapter or None,
        **_speeds(job, completion),
    }
    if seq.finish == "schema":
        facts["json"] = seq.document
    if job.wants_logprobs:
        facts["logprobs"] = [
            {"token": vocab.piece(token).decode("utf-8", "replace"), "logprob": round(logprob, 6)}
            for token, logprob in seq.logprobs
        ]
    if job.wants_confidence and seq.logprobs:
        facts["confidence"] = confidence([logprob for _, logprob in seq.logprobs])
    if job.votes > 1:
        facts["agreement"] = round(share, 4)
    return facts


def confidence(logprobs: Sequence[float]) -> dict[str, float]:
    """How sure the model is of an answer, from 0 to 1.

    ``mean`` is the geometric mean of the probabilities of its tokens (the inverse of its perplexity), ``least`` the
    smallest of them. Tokens that a grammar forced count as certain.
    """
    return {"mean": math.exp(sum(logprobs) / len(logprobs)), "least": math.exp(min(logprobs))}


def _speeds(job: Job, completion: int) -> dict[str, float]:
    """Prompt tokens computed a second until the first token, and answer tokens a second after it."""
    now = time.monotonic()
    started = job.started_s or now
    first = job.first_s or now
    return {
        "pp_tokens_per_s": _rate(job.prompt_length - job.cached_tokens, first - started),
        "tg_tokens_per_s": _rate(completion - len(job.sequences), now - first),
    }


def _rate(tokens: int, seconds: float) -> float:
    return round(tokens / seconds, 2) if tokens > 0 and seconds > 0 else 0.0


def embedded(job: EmbedJob) -> dict[str, Any]:
    """The facts of an embedding."""
    count = len(job.tokens)
    return {
        "text": "",
        "finish": "stop",
        "usage": {"prompt_tokens": count, "cached_tokens": 0, "completion_tokens": 0},
        "adapter": None,
        "pp_tokens_per_s": _rate(count, time.monotonic() - job.started_s),
        "tg_tokens_per_s": 0.0,
        "embedding": job.vector,
    }

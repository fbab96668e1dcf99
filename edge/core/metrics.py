"""What each figure means, defined once. All times are seconds.

- ``queue_s``: from the request's arrival to its start in the engine.
- ``ttft_s`` (time to first token): from arrival to the first token of the answer, queueing included.
- ``total_s``: from arrival to the terminal frame.
- ``pp_tokens_per_s`` and ``tg_tokens_per_s``: prompt processing and text generation, as llama-bench spells
  them, measured in the engine for this request.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.core.request import Job


@dataclass
class Counters:
    """What has happened since the node started."""

    accepted: int = 0
    refused: int = 0
    done: int = 0
    errors: int = 0
    guarded: int = 0
    restarted: int = 0
    engine_deaths: int = 0
    retained_dropped: int = 0
    undeliverable: int = 0


def timing(job: Job, now: float) -> dict[str, float]:
    """The times of a request that ends ``now``."""
    started = job.dispatched_at if job.dispatched_at is not None else now
    times = {"queue_s": started - job.received_at, "total_s": now - job.received_at}
    if job.first_token_at is not None:
        times["ttft_s"] = job.first_token_at - job.received_at
    return {name: round(max(0.0, value), 4) for name, value in times.items()}


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least ``share`` (0 to 1) of the values do not exceed; None without values.

    The nearest-rank form: always a value that was measured.
    """
    if not values:
        return None
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * share // 1))  # ceiling
    return ordered[int(rank) - 1]

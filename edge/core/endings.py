"""How a request ends: the terminal frame that its device gets, and the figures that are kept. Time is an argument."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from edge.core import metrics
from edge.core.messages import Outgoing
from edge.core.request import Job
from edgegen.frames import frame, plain_error

# What of an engine's answer a device is told beside the text, and what of it spells the text.
_TOLD = ("logprobs", "agreement", "embedding")
_TOLD_WITHOUT_TOKENS = ("agreement",)


class Ending(NamedTuple):
    """A terminal frame on its way into the store."""

    job: Job
    frame: bytes
    status: str
    measured: dict[str, Any]


@dataclass(frozen=True)
class Teller:
    """Who ends requests, and when.

    Args:
        node: The node's name.
        model: What answers, ``<name>-<version>``.
        utc: Wall clock, for the row.
        now: The time of the ending.
    """

    node: str
    model: str
    utc: float
    now: float

    def done(self, job: Job, event: Mapping[str, Any], shown: str) -> Ending:
        """The ending of an answer.

        Args:
            event: The engine's ``done``.
            shown: Its text, or what is left of it after a rule has redacted it.
        """
        speeds = {name: event.get(name) for name in ("pp_tokens_per_s", "tg_tokens_per_s")}
        usage = event.get("usage", {})
        measured = self._measured(job) | speeds | usage
        if job.plain:
            return Ending(job, shown.encode(), "done", measured)
        fields: dict[str, Any] = {"text": shown}
        fields |= {name: event[name] for name in ("json", "finish") if name in event}
        fields |= {
            "usage": usage,
            "timing": metrics.timing(job, self.now) | {k: round(v, 1) for k, v in speeds.items() if v is not None},
            "model": self.model,
            "adapter": event.get("adapter"),
        }
        # The tokens spell what was redacted.
        told = _TOLD if shown == event.get("text", "") else _TOLD_WITHOUT_TOKENS
        fields |= {name: event[name] for name in told if name in event}
        payload = frame(job.request_id, self.node, "done", job.run, job.next_seq(), **fields)
        return Ending(job, payload, "done", measured)

    def error(self, job: Job, code: str, reason: str, **more: Any) -> Ending:
        """The ending of an accepted request that gets no answer."""
        if job.plain:
            payload = plain_error(code, reason)
        else:
            payload = frame(
                job.request_id, self.node, "error", job.run, job.next_seq(), code=code, reason=reason, **more
            )
        return Ending(job, payload, code, self._measured(job))

    def _measured(self, job: Job) -> dict[str, Any]:
        return {
            "utc": self.utc,
            "adapter": job.adapter,
            "model": self.model,
            "runs": job.starts,
            "prompt_tokens": job.prompt_tokens,
            "cached_tokens": job.cached_tokens,
            **metrics.timing(job, self.now),
        }


def terminal(topic: str, payload: bytes, correlation: bytes | None, status: str, key: int, *, plain: bool) -> Outgoing:
    """The message that carries a terminal frame."""
    return Outgoing(topic, payload, correlation=correlation, status=status, key=key, json=not plain)

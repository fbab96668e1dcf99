"""A request as the engine takes it. Pure."""

from typing import Any

from edge.core.guardrails import Policy
from edge.core.request import Job
from edgegen.request_reader import Request


def submission(job: Job, request: Request, max_tokens: int, policy: Policy) -> dict[str, Any]:
    """The ``submit`` message; ``max_tokens`` is the node's bound.

    With a policy that judges answers nothing is streamed: the end of an answer may refuse it.
    """
    sampling = dict(request.sampling)
    if sampling.get("max_tokens", 0) > max_tokens:
        sampling["max_tokens"] = max_tokens
    return {
        "op": "submit",
        "key": job.key,
        "verb": request.verb,
        "messages": list(request.messages) or None,
        "prompt": request.prompt,
        "raw": request.raw,
        "adapter": request.adapter,
        "schema": request.schema,
        "sampling": sampling,
        "samples": request.samples,
        "logprobs": request.logprobs,
        "confidence": bool(policy.measures(request.adapter) & {"mean", "least"}),
        "stream": request.stream and not job.plain and not policy.judges_answers(request.adapter),
        "owner": job.device,
        "session": request.session,
        # What has waited long for its start keeps its slot, as the scheduler counts.
        "priority": "normal" if request.priority == "batch" and not job.makes_way else request.priority,
    }

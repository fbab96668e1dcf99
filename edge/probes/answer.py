"""What a target says to an item."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """What came back; ``problem`` says why nothing did.

    Args:
        sure: How sure the model was, from 0 to 1, by `edge.core.guardrails.Measure`; what was not measured is left out.
    """

    text: str = ""
    seconds: float = 0.0
    completion_tokens: int = 0
    problem: str | None = None
    sure: Mapping[str, float] = field(default_factory=dict)

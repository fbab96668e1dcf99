"""What a target says to an item."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What came back; ``problem`` says why nothing did."""

    text: str = ""
    seconds: float = 0.0
    completion_tokens: int = 0
    problem: str | None = None

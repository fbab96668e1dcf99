"""What one evaluation found, item by item, so that two models can be compared pair by pair."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Item:
    """One example.

    Args:
        id: The same for every model that was given the same data.
        right: 1 or 0, or a share in between where a metric grades (pass@1 over samples, NDCG).
        answer: What the model said, or the number of the choice it found most likely.
        parsed: Whether an answer could be read out of what it said.
        reference_nll: Of the reference answer, in nats; and over how many tokens. None where there is none.
    """

    id: str
    right: float
    answer: str = ""
    parsed: bool = True
    reference_nll: float | None = None
    reference_tokens: int = 0


@dataclass(frozen=True)
class Outcome:
    """One task's figures.

    Args:
        metrics: By name; ``main`` names the one that counts for forgetting and the figure of merit.
    """

    task: str
    metrics: Mapping[str, float]
    main: str
    items: tuple[Item, ...]
    notes: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @staticmethod
    def of_json(document: Mapping[str, Any]) -> "Outcome":
        """From a file."""
        items = tuple(Item(**item) for item in document["items"])
        return Outcome(document["task"], document["metrics"], document["main"], items, document.get("notes", {}))

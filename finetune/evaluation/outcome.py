"""What one evaluation found, item by item, so that two models can be compared pair by pair."""

import hashlib
import json
from collections.abc import Iterable, Mapping
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
        asked: Stands for the examples, whatever their order (``asked``); "" in files of before it was kept.
    """

    task: str
    metrics: Mapping[str, float]
    main: str
    items: tuple[Item, ...]
    notes: Mapping[str, Any] = field(default_factory=dict)
    asked: str = ""

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @staticmethod
    def of_json(document: Mapping[str, Any]) -> "Outcome":
        """From a file.

        Raises:
            KeyError, TypeError, ValueError: It is another document.
        """
        items = tuple(Item(**item) for item in document["items"])
        if not items or document["main"] not in document["metrics"]:
            raise ValueError(f"{document['task']}: holds no item, or not its main metric {document['main']!r}")
        if wrong := [item.id for item in items if not isinstance(item.right, int | float)]:
            raise ValueError(f"{document['task']}: 'right' of {wrong[0]} is no number")
        return Outcome(
            document["task"],
            document["metrics"],
            document["main"],
            items,
            document.get("notes", {}),
            document.get("asked", ""),
        )


def asked(examples: Iterable[Any]) -> str:
    """16 hexadecimal digits that stand for examples with their references: the sum of a hash of each.

    So those of parts can be added up, see ``asked_together``. Two models that were given other data, other worked
    examples or another part of them have other digits under the same ids.

    Args:
        examples: What JSON can say, or what has a ``str``.
    """
    return asked_together(
        hashlib.sha256(json.dumps(one, default=str, sort_keys=True).encode()).hexdigest()[:16] for one in examples
    )


def asked_together(parts: Iterable[str]) -> str:
    """Of all parts, from those of each; "" where one does not say."""
    found = list(parts)
    return f"{sum(int(one, 16) for one in found) % 2**64:016x}" if all(found) else ""

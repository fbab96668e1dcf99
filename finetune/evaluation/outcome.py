"""What one evaluation found, item by item, so that two models can be compared pair by pair."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
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
        counted: Its share of each metric that is a mean; of another what that is counted from. Results of parts are
            put together by it (``finetune.evaluation.parts``).
        reason: Why it failed, where something says so.
    """

    id: str
    right: float
    answer: str = ""
    parsed: bool = True
    reference_nll: float | None = None
    reference_tokens: int = 0
    counted: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """One task's figures.

    Args:
        metrics: By name; ``main`` names the one that counts for forgetting and the figure of merit.
        asked: Stands for the examples, whatever their order (``asked``); "" in files of before it was kept.
        whole: Stands for all examples that ``--part`` takes a part of; without it the same as ``asked``.
    """

    task: str
    metrics: Mapping[str, float]
    main: str
    items: tuple[Item, ...]
    notes: Mapping[str, Any] = field(default_factory=dict)
    asked: str = ""
    whole: str = ""

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
        if wrong := [
            item.id for item in items if not isinstance(item.right, int | float) or not math.isfinite(item.right)
        ]:
            raise ValueError(f"{document['task']}: 'right' of {wrong[0]} is no number")
        return Outcome(
            document["task"],
            document["metrics"],
            document["main"],
            items,
            document.get("notes", {}),
            document.get("asked", ""),
            document.get("whole", ""),
        )


def means(items: Sequence[Item]) -> dict[str, float]:
    """Each metric that items have a share of, over all of them; the same in whatever order they come."""
    return {name: math.fsum(item.counted[name] for item in items) / len(items) for name in items[0].counted}


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

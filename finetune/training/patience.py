"""Which held-out measurement is the best so far, and when it is time to stop early. No I/O."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass
class Patience:
    """The best of the measurements so far.

    Args:
        evaluations: How many in a row may be no better (``run.patience``); 0 for any number.
        score: Of the best one; lower is better.
        step: After which it was measured.
        worse: Evaluations since then.
    """

    evaluations: int
    score: float = math.inf
    step: int = 0
    worse: int = 0

    @classmethod
    def from_notes(cls, evaluations: int, notes: Mapping[str, Any]) -> Self:
        """As a checkpoint keeps it."""
        return cls(evaluations, notes["best"][0], notes["best"][1], notes.get("worse", 0))

    def notes(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"best": [self.score, self.step], "worse": self.worse}

    def is_best(self, score: float, step: int) -> bool:
        """Whether a measurement is better than all before; it is the best from now on."""
        better = score < self.score  # never, where it is no number
        if better:
            self.score, self.step = score, step
        return better

    @property
    def is_out(self) -> bool:
        """Whether the training is to stop."""
        return bool(self.evaluations) and self.worse >= self.evaluations

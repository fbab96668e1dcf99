"""One figure for a fine-tuned model: what it is worth for what it costs. docs/evaluation.md says why it is this one.

M = product over parts of (part / reference) ** weight, with costs as (reference / part): a weighted geometric mean of
ratios, 1 for the reference itself. Units cancel, and the ratio of two candidates' figures does not depend on the
reference (P. J. Fleming and J. J. Wallace, "How not to lie with statistics", CACM 29, 1986).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from finetune.evaluation.errors import EvaluationDataError

# What a device gets counts two thirds, half of it that nothing is made up; what the maker pays, one third.
WEIGHTS: Mapping[str, float] = {
    "quality": 1 / 3,
    "non_hallucination": 1 / 3,
    "gpu_memory_bytes": 1 / 9,
    "disk_bytes": 1 / 9,
    "training_s": 1 / 9,
}
COSTS = ("gpu_memory_bytes", "disk_bytes", "training_s")


@dataclass(frozen=True)
class Parts:
    """What the figure is made of.

    Args:
        quality: Mean of the main scores of the tasks the model was tuned for, 0..1.
        non_hallucination: Share of questions without an answer in the data that it declined or answered rightly, 0..1.
        gpu_memory_bytes: Peak reserved while training; on a CPU the peak resident size.
        disk_bytes: Of what a gateway needs beside the base it already has.
        training_s: Wall time of the training.
    """

    quality: float
    non_hallucination: float
    gpu_memory_bytes: float
    disk_bytes: float
    training_s: float

    @staticmethod
    def of_json(document: Mapping[str, Any], where: str) -> "Parts":
        """From a JSON object.

        Raises:
            EvaluationDataError: Parts that are missing, no numbers or out of range, each named.
        """
        problems = []
        for field in fields(Parts):
            value = document.get(field.name)
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if field.name in COSTS and not (number and float(value or 0) > 0):
                problems.append(f"{where}: {field.name!r} has to be a number above 0, and is {value!r}")
            if field.name not in COSTS and not (number and 0 <= float(value or 0) <= 1):
                problems.append(f"{where}: {field.name!r} has to be a number from 0 to 1, and is {value!r}")
        if problems:
            raise EvaluationDataError(problems)
        return Parts(**{field.name: float(document[field.name]) for field in fields(Parts)})


def ratios(candidate: Parts, reference: Parts) -> dict[str, float]:
    """Each part's ratio to the reference's, above 1 where the candidate is better.

    Raises:
        EvaluationDataError: The reference has a quality of 0: nothing can be set in proportion to it.
    """
    found: dict[str, float] = {}
    for name in WEIGHTS:
        mine, other = getattr(candidate, name), getattr(reference, name)
        if not other:
            raise EvaluationDataError([f"the reference's {name} is 0: choose a reference that can do something"])
        found[name] = other / mine if name in COSTS else mine / other
    return found


def merit(candidate: Parts, reference: Parts) -> float:
    """The figure; 0 where quality or non-hallucination is 0."""
    return math.prod(float(ratio ** WEIGHTS[name]) for name, ratio in ratios(candidate, reference).items())

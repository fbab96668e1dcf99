"""A reading with its limits: severity, cause and action as JSON (``edgegen.tasks.alert_triage``)."""

from collections.abc import Iterator

from edgegen.tasks.alert_triage import questions
from edgegen.tasks.dice import Dice
from finetune.datasets.base import Generator, Row


def rows(dice: Dice, split: str) -> Iterator[Row]:
    """All of a split."""
    return questions(dice, split=split)


GENERATOR = Generator("alert-triage", "severity, cause and action of an alert as JSON", rows)

"""What is declined politely, and what only looks like it (``edgegen.tasks.refusal``)."""

from collections.abc import Iterator

from edgegen.tasks.dice import Dice
from edgegen.tasks.refusal import questions
from finetune.datasets.base import Generator, Row


def rows(dice: Dice, split: str) -> Iterator[Row]:
    """All of a split."""
    return questions(dice, split=split)


GENERATOR = Generator("refusal", "polite refusal, and answers to harmless look-alikes", rows)

"""How a sequence goes on, with the rule written out (``edgegen.tasks.sequences``)."""

from collections.abc import Iterator

from edgegen.tasks.dice import Dice
from edgegen.tasks.sequences import questions
from finetune.datasets.base import Generator, Row


def rows(dice: Dice, split: str) -> Iterator[Row]:
    """All of a split."""
    return questions(dice, split=split)


GENERATOR = Generator("sequences", "the next term of a sequence", rows)

"""What a person says to a gateway, as JSON of one schema (``edgegen.tasks.iot_command``)."""

from collections.abc import Iterator

from edgegen.tasks.dice import Dice
from edgegen.tasks.iot_command import questions
from finetune.datasets.base import Generator, Row


def rows(dice: Dice, split: str) -> Iterator[Row]:
    """All of a split."""
    return questions(dice, split=split)


GENERATOR = Generator("iot-command", "a spoken command as JSON", rows)

"""A sensor's log in one line (``edgegen.tasks.sensor_log``)."""

from collections.abc import Iterator

from edgegen.tasks.dice import Dice
from edgegen.tasks.sensor_log import questions
from finetune.datasets.base import Generator, Row


def rows(dice: Dice, split: str) -> Iterator[Row]:
    """All of a split."""
    return questions(dice, split=split)


GENERATOR = Generator("sensor-log", "a summary of a sensor's log", rows)

"""Number comparison in six languages; answers align the digits first (``edgegen.tasks.numbers``)."""

from collections.abc import Iterator

from edgegen.tasks.dice import Dice
from edgegen.tasks.numbers import LANGUAGES, questions
from finetune.datasets.base import Generator, Row

# Percent of the examples that are English; the other languages share the rest.
ENGLISH = 50

# Percent of the pairs of decimals that are one number written in two ways.
EQUAL = 3


def rows(dice: Dice, split: str) -> Iterator[Row]:
    """All languages, mixed."""
    sources = {name: questions(dice, split=split, language=name, equal=EQUAL) for name in LANGUAGES}
    others = [name for name in LANGUAGES if name != "en"]
    while True:
        yield next(sources["en" if dice.chance(ENGLISH) else dice.pick(others)])


GENERATOR = Generator("numbers", "which of two decimals, versions or dates is larger, in six languages", rows)

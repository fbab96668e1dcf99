"""Number comparison as people may ask it, as a small grammar for each language: wordings for training out of few lines.

A draw goes from the inside out: a core of the kind (what is asked for, of what), an opening, a closing. Cores hold
alternatives in square brackets and these slots:

- ``{a}`` and ``{b}``, which stay in the wording, as do those within ``{A}`` and ``{B}``: the number with a unit;
- ``{W}``, one of the kind's words ("larger"), and ``{S}`` its superlative ("largest"), where the language has both;
- ``{X}`` and ``{Y}``, a pair of things that have the numbers; ``{Q}``, one of the kind's questions.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edgegen.tasks.dice import Dice
from edgegen.tasks.phrases import drawn

Kind = tuple[str, str]  # as in ``number_wordings_en``: the word of the answer, the letter of what is compared


class Scene(NamedTuple):
    """What a kind of question can be about.

    Args:
        cores: With the slots of this module's docstring.
        words: Pairs for ``{W}`` and ``{S}``.
        units: ``#`` is the number, as in "# kg".
        things: Pairs for ``{X}`` and ``{Y}``.
        asks: Whole sentences for ``{Q}``.
    """

    cores: Sequence[str]
    words: Sequence[tuple[str, str]] = (("", ""),)
    units: Sequence[str] = ("#",)
    things: Sequence[tuple[str, str]] = (("", ""),)
    asks: Sequence[str] = ("",)


class Grammar(NamedTuple):
    """A language: how often each kind is drawn, its scenes, and what may stand around a core."""

    scenes: Mapping[Kind, Scene]
    weights: Mapping[str, int]
    openings: Sequence[str]
    closings: Sequence[str]


# Of 100 questions, so many begin or end with more than they need.
_OPENED, _CLOSED = 35, 25


def with_slot(cores: Sequence[str], slot: str, *words: str) -> tuple[str, ...]:
    """Cores with one of these words in a slot of their module, for those kinds that share them but for it."""
    word = words[0] if len(words) == 1 else f"[{'|'.join(words)}]"
    return tuple(core.replace(slot, word) for core in cores)


def kinds(grammar: Grammar) -> list[Kind]:
    """Every kind as often as its weight says: that of its subject, shared by the words of the subject."""
    found = []
    for letter, weight in grammar.weights.items():
        mine = [kind for kind in grammar.scenes if kind[1] == letter]
        found += [kind for kind in mine for _ in range(max(1, round(4 * weight / len(mine))))]
    return found


def wording(dice: Dice, grammar: Grammar, kind: Kind) -> str:
    """A wording of a kind with nothing but ``{a}`` and ``{b}`` left to fill."""
    scene = grammar.scenes[kind]
    word, most = dice.pick(scene.words)
    unit, (one, other) = dice.pick(scene.units), dice.pick(scene.things)
    text = dice.pick(scene.cores).replace("{Q}", dice.pick(scene.asks))
    for slot, filler in (
        ("{W}", word),
        ("{S}", most),
        ("{A}", unit.replace("#", "{a}")),
        ("{B}", unit.replace("#", "{b}")),
        ("{X}", one),
        ("{Y}", other),
    ):
        text = text.replace(slot, filler)
    text = drawn(dice, text).strip()
    # Code keeps its case.
    text = text if text[:12].isascii() and "(" in text[:8] else text[0].upper() + text[1:]
    if dice.chance(_OPENED):
        opening = drawn(dice, dice.pick(grammar.openings))
        text = f"{opening} {text[0].lower() + text[1:] if opening[-1] == ',' else text}"
    elif dice.chance(10):
        text = text[0].lower() + text[1:]
    if dice.chance(_CLOSED) and text[-1] in ".!?":
        text = f"{text} {drawn(dice, dice.pick(grammar.closings))}"
    return text

"""Number comparison as people may ask it, as a small grammar for each language: wordings for training out of few lines.

A draw goes from the inside out: a core of the kind (what is asked for, of what), an opening, a closing. Cores hold
alternatives in square brackets and these slots:

- ``{a}`` and ``{b}``, which stay in the wording, as do those within ``{A}`` and ``{B}``: the number with a unit;
- ``{W}``, one of the kind's words ("larger"), and ``{S}`` its superlative ("largest"), where the language has both;
- ``{AB}``, both at the end of the line, below each other or as a list;
- ``{X}`` and ``{Y}``, a pair of things that have the numbers; ``{Q}``, one of the kind's questions.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edgegen.tasks.dice import Dice
from edgegen.tasks.phrases import drawn

Kind = tuple[str, str]  # as in ``number_wordings_en``: the word of the answer, the letter of what is compared

# The kind whose lines are turned round, and the words that turn them.
Turning = tuple[Kind, Sequence[tuple[str, str]]]


class Scene(NamedTuple):
    """What a kind of question can be about.

    Args:
        cores: With the slots of this module's docstring.
        words: Pairs for ``{W}`` and ``{S}``.
        units: ``#`` is the number, as in "# kg".
        things: Pairs for ``{X}`` and ``{Y}``.
        asks: Whole sentences for ``{Q}``.
        share: How often it is drawn beside the other scenes of its subject.
    """

    cores: Sequence[str]
    words: Sequence[tuple[str, str]] = (("", ""),)
    units: Sequence[str] = ("#",)
    things: Sequence[tuple[str, str]] = (("", ""),)
    asks: Sequence[str] = ("",)
    share: int = 1


class Grammar(NamedTuple):
    """A language: how often each kind is drawn, its scenes, and what may stand around a core."""

    scenes: Mapping[Kind, Scene]
    weights: Mapping[str, int]
    openings: Sequence[str]
    closings: Sequence[str]


# Both numbers behind a question that speaks of "these two": in its line, each in a line of its own, or as a list.
_LISTED = "[: {A}; {B}|: {A}, {B}|: {A} / {B}|\n{A}\n{B}|:\n{A}\n{B}|\n- {A}\n- {B}|:\n* {A}\n* {B}|\n1) {A}\n2) {B}]"

# Of 100 questions, so many begin or end with more than they need.
_OPENED, _CLOSED = 35, 25


def with_slot(cores: Sequence[str], slot: str, *words: str) -> tuple[str, ...]:
    """Cores with one of these words in a slot of their module, for those kinds that share them but for it."""
    word = words[0] if len(words) == 1 else f"[{'|'.join(words)}]"
    return tuple(core.replace(slot, word) for core in cores)


def turned(scene: Scene, *words: tuple[str, str]) -> Scene:
    """The scene of the opposite question: each of these words replaced, in the order given.

    So that both have the same lines but for the word that decides. A line is left out which has none of the words, and
    no ``{Q}``: it would ask for the same as before.
    """

    def other(line: str) -> str:
        for old, new in words:
            line = line.replace(old, new)
        return line

    def others(lines: Sequence[str]) -> tuple[str, ...]:
        return tuple(other(line) for line in lines if "{Q}" in line or other(line) != line)

    return scene._replace(cores=others(scene.cores), asks=others(scene.asks), share=1)


def opposites(scenes: Mapping[Kind, Scene], words: Mapping[Kind, Turning]) -> dict[Kind, Scene]:
    """The scenes of ``words``, each made of the one that it names."""
    return {kind: turned(scenes[of], *changed) for kind, (of, changed) in words.items()}


def kinds(grammar: Grammar) -> list[Kind]:
    """Every kind as often as its weight says: its subject's, dealt out to the subject's scenes by their shares."""
    found = []
    for letter, weight in grammar.weights.items():
        mine = {kind: scene.share for kind, scene in grammar.scenes.items() if kind[1] == letter}
        whole = sum(mine.values())
        found += [kind for kind, share in mine.items() for _ in range(max(1, round(4 * weight * share / whole)))]
    return found


def wording(dice: Dice, grammar: Grammar, kind: Kind) -> str:
    """A wording of a kind with nothing but ``{a}`` and ``{b}`` left to fill."""
    scene = grammar.scenes[kind]
    word, most = dice.pick(scene.words)
    unit, (one, other) = dice.pick(scene.units), dice.pick(scene.things)
    text = dice.pick(scene.cores).replace("{Q}", dice.pick(scene.asks))
    listed = "{AB}" in text
    for slot, filler in (
        ("{W}", word),
        ("{S}", most),
        ("{AB}", _LISTED),
        ("{A}", unit.replace("#", "{a}")),
        ("{B}", unit.replace("#", "{b}")),
        ("{X}", one),
        ("{Y}", other),
    ):
        text = text.replace(slot, filler)
    text = drawn(dice, text).strip()
    if listed:
        text = text.replace("?:", "?").replace(".:", ".")
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

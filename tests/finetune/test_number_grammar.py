"""The grammars that compose number comparisons: every core of every language is a whole, unambiguous question."""

import pytest

from edgegen.tasks import number_grammar, numbers
from edgegen.tasks.dice import Dice

# Each pair asks for the opposite of the other.
OPPOSITES = (
    (("larger", "n"), ("smaller", "n")),
    (("max", "n"), ("min", "n")),
    (("asc", "n"), ("desc", "n")),
    (("higher", "p"), ("lower", "p")),
    (("heavier", "p"), ("lighter", "p")),
    (("more expensive", "p"), ("cheaper", "p")),
    (("longer", "p"), ("shorter", "p")),
    (("warmer", "t"), ("colder", "t")),
    (("newer", "v"), ("older", "v")),
    (("later", "d"), ("earlier", "d")),
)


def _wordings(language: str, kind: tuple[str, str], times: int) -> list[str]:
    """Wordings of each core of a kind, so many of each."""
    grammar = numbers.LANGUAGES[language].grammar
    scene, dice = grammar.scenes[kind], Dice(7)
    found = []
    for core in scene.cores:
        alone = grammar._replace(scenes={kind: scene._replace(cores=(core,))})
        found += [number_grammar.wording(dice, alone, kind) for _ in range(times)]
    return found


@pytest.mark.parametrize("language", numbers.LANGUAGES)
def test_every_core_holds_both_numbers_and_leaves_no_slot(language: str) -> None:
    for kind in numbers.LANGUAGES[language].grammar.scenes:
        for text in _wordings(language, kind, 3):
            filled = text.format(a="31.7", b="42.85")
            assert "31.7" in filled, text
            assert "42.85" in filled, text
            assert not set("{}|") & set(filled), text
            assert "  " not in filled, text


@pytest.mark.parametrize("language", numbers.LANGUAGES)
@pytest.mark.parametrize(("one", "other"), OPPOSITES)
def test_no_wording_asks_for_opposites(language: str, one: number_grammar.Kind, other: number_grammar.Kind) -> None:
    asked = set(_wordings(language, one, 5))
    assert not asked & set(_wordings(language, other, 5))


def test_a_scene_turned_round_keeps_what_asks_and_drops_what_would_ask_the_same() -> None:
    scene = number_grammar.Scene(
        ("is {A} higher than {B}?", "{A} or {B}: {Q}", "compare {A} with {B}: more?"),
        asks=("Which is higher?", "Which shows more?"),
        share=3,
    )

    other = number_grammar.turned(scene, ("higher", "lower"))

    assert other.cores == ("is {A} lower than {B}?", "{A} or {B}: {Q}")
    assert other.asks == ("Which is lower?",)
    assert other.share == 1


@pytest.mark.parametrize("language", numbers.LANGUAGES)
def test_kinds_are_drawn_by_the_weight_of_their_subject_and_their_share(language: str) -> None:
    grammar = numbers.LANGUAGES[language].grammar
    kinds = number_grammar.kinds(grammar)

    for letter, weight in grammar.weights.items():
        mine = [kind for kind in kinds if kind[1] == letter]
        assert len(mine) == pytest.approx(4 * weight, rel=0.15)
    if language != "en":
        assert kinds.count(("higher", "p")) > kinds.count(("lower", "p"))


def test_both_numbers_can_stand_below_each_other() -> None:
    scene = number_grammar.Scene(("which is larger?{AB}",))
    grammar = number_grammar.Grammar({("larger", "n"): scene}, {"n": 1}, ("Hi!",), ("Thanks.",))
    dice = Dice(4)

    found = {number_grammar.wording(dice, grammar, ("larger", "n")) for _ in range(300)}

    assert "Which is larger?\n- {a}\n- {b}" in found
    assert "Which is larger? {a}, {b}" in found
    assert not any("?:" in text for text in found)


@pytest.mark.parametrize("language", numbers.LANGUAGES)
def test_every_kind_has_an_answer(language: str) -> None:
    spoken = numbers.LANGUAGES[language]
    assert {word for word, _ in spoken.grammar.scenes} == set(spoken.closings)

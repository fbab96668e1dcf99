"""The grammars that compose number comparisons: every core of every language is a whole, unambiguous question."""

import pytest

from edgegen.tasks import number_grammar, numbers
from edgegen.tasks.dice import Dice

# Each pair asks for the opposite of the other.
OPPOSITES = (("larger", "smaller"), ("max", "min"), ("asc", "desc"))


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
def test_no_wording_asks_for_opposites(language: str, one: str, other: str) -> None:
    asked = set(_wordings(language, (one, "n"), 5))
    assert not asked & set(_wordings(language, (other, "n"), 5))


@pytest.mark.parametrize("language", numbers.LANGUAGES)
def test_every_kind_has_an_answer(language: str) -> None:
    spoken = numbers.LANGUAGES[language]
    assert {word for word, _ in spoken.grammar.scenes} == set(spoken.closings)

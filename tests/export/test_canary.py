"""Which text an adapter is recognised by, of those that were measured."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from export import canary

HELD_OUT = "The pump of the third well runs dry in August, every year. Nobody has found out why, and nobody asks."

Choose = Callable[[float, float], tuple[Mapping[str, Any] | None, list[list[str]]]]


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Choose:
    """What is chosen, and which texts were measured, where general and held-out texts move by so many nats."""

    def choose(general: float, held_out: float) -> tuple[Mapping[str, Any] | None, list[list[str]]]:
        asked: list[list[str]] = []

        def call(_: str, given: Mapping[str, Any], __: Path) -> dict[str, Any]:
            asked.append(given["texts"])
            most = general if given["texts"] == list(canary.GENERAL) else held_out
            return {"kl": [most / (place + 1) for place in range(len(given["texts"]))]}

        monkeypatch.setattr(canary, "call", call)
        return canary.measure(tmp_path, tmp_path, HELD_OUT, log=tmp_path), asked

    return choose


def test_held_out_words_are_only_read_where_general_texts_hardly_move(choose: Choose) -> None:
    """The manifest is read by many."""
    found, asked = choose(canary.GOOD_KL, 5.0)

    assert found == {"text": canary.GENERAL[0], "kl": canary.GOOD_KL}
    assert asked == [list(canary.GENERAL)]


@pytest.mark.parametrize(("general", "held_out"), [(0.3, 4.0), (0.3, 0.2), (0.01, 0.06)])
def test_the_text_that_moves_most_is_chosen(choose: Choose, general: float, held_out: float) -> None:
    """One that moves little may move by a third more or less on a board with other kernels."""
    found, asked = choose(general, held_out)

    assert len(asked) == 2
    assert found is not None
    assert found["kl"] == max(general, held_out)
    assert (found["text"] in canary.GENERAL) is (general > held_out)


def test_an_adapter_that_moves_nothing_has_no_canary(choose: Choose) -> None:
    """It could not be told from none."""
    assert choose(canary.LEAST_KL / 2, canary.LEAST_KL / 2)[0] is None

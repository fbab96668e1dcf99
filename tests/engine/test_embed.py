"""Embeddings beside generation."""

import math

import pytest

from tests.engine.conftest import EngineClient

pytestmark = pytest.mark.model


def cosine(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def test_an_embedding_has_length_one_and_similar_sentences_are_nearer(engine: EngineClient) -> None:
    """Mean over the tokens, scaled; 576 numbers for SmolLM2-135M."""
    cat, kitten, market = (
        engine.ask(text, verb="embed")["embedding"]
        for text in (
            "The cat sleeps on the warm sofa.",
            "A kitten is sleeping on the couch.",
            "Stock prices fell sharply after the central bank's report.",
        )
    )

    assert len(cat) == 576
    assert math.isclose(cosine(cat, cat), 1.0, abs_tol=1e-5)
    assert cosine(cat, kitten) > cosine(cat, market)


def test_long_texts_are_embedded_in_chunks_without_disturbing_a_running_answer(engine: EngineClient) -> None:
    """The answer keeps coming while the text is read."""
    story = engine.submit("The story of", raw=True, stream=True, sampling={"temperature": 0, "max_tokens": 60})
    engine.wait_for(story, "first")

    key = engine.submit("pump " * 400, verb="embed")
    embedded = engine.answer(key)
    tokens_meanwhile = len(engine.of_kind(story, "delta"))

    assert embedded["usage"]["prompt_tokens"] >= 400
    assert tokens_meanwhile >= 4
    assert engine.answer(story)["type"] == "done"


def test_an_embedding_can_be_cancelled(engine: EngineClient) -> None:
    """Also in the middle of a long text."""
    key = engine.submit("pump " * 1500, verb="embed")

    engine.process.send({"op": "cancel", "key": key})

    assert engine.answer(key)["code"] == "cancelled"


def test_a_text_that_is_too_long_is_refused(engine: EngineClient) -> None:
    """With both numbers."""
    answer = engine.ask("pump " * 2500, verb="embed")

    assert answer["code"] == "context_overflow"
    assert "1900" in answer["reason"]

"""What every evaluation asks of a model: log-likelihoods, logits, answers. GGUF and checkpoint answer alike.

Text becomes tokens by the rules of EleutherAI's lm-evaluation-harness, so that figures may stand beside its own: a text
begins with BOS if the model's tokenizer says so and it does not stand there already; control tokens written in a text
are recognised; spaces at the end of a context belong to the continuation; and an empty context is BOS, or EOS where
there is no BOS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Tokens = Sequence[int]
Messages = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Score:
    """What a model makes of a continuation.

    Args:
        logprob: Sum over its tokens, in nats.
        greedy: Whether greedy decoding would have said exactly this.
        tokens: How many tokens the sum is over.
    """

    logprob: float
    greedy: bool
    tokens: int


@dataclass(frozen=True)
class Generation:
    """How answers are made.

    Args:
        stop: Strings that end an answer; they are not part of it.
        temperature: 0 is greedy decoding.
        top_p: Sample from the smallest set of tokens that holds this much probability.
        seed: The same seed gives the same answers on the same machine.
        numbers: Of the prompts, where they are a part of some: each is then sampled as it is among all of them.
    """

    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    numbers: Sequence[int] | None = None

    def random(self, place: int) -> np.random.Generator:
        """Draws for the answer to the prompt that stands there, from 0."""
        return np.random.default_rng([self.seed, place if self.numbers is None else self.numbers[place]])


class Scorer(Protocol):
    """A loaded model with adapters beside it.

    ``start`` is the token that stands for an empty context, ``n_ctx`` the longest context in tokens, ``truncated`` how
    many requests so far were longer and lost their beginning.
    """

    name: str
    start: int
    n_ctx: int
    truncated: int
    adapters: tuple[str, ...]

    def use(self, adapter: str | None) -> None:
        """Compute with this adapter from now on; None is the base alone."""

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, BOS in front where the model wants it."""

    def score(self, requests: Sequence[tuple[Tokens, Tokens]]) -> list[Score]:
        """The score of each continuation after its context, as ``(context, continuation)``; neither is empty."""

    def logits(self, tokens: Tokens, first: int) -> NDArray[np.float32]:
        """``(len(tokens) - first, vocabulary)``: what follows each position from ``first`` on, not normalised."""

    def generate(self, prompts: Sequence[Tokens], settings: Generation) -> list[str]:
        """An answer to each prompt."""

    def render(self, messages: Messages) -> str:
        """A chat by the model's template, ready for the assistant's answer."""


def encode_pair(scorer: Scorer, context: str, continuation: str) -> tuple[list[int], list[int]]:
    """Both as tokens, cut where the harness cuts them (lm_eval.api.model.TemplateLM)."""
    if not context:
        tokens = scorer.encode(continuation)
        if len(tokens) > 1 and tokens[0] == scorer.start:
            return tokens[:1], tokens[1:]
        return [scorer.start], tokens
    bare = context.rstrip()
    continuation = context[len(bare) :] + continuation
    whole, first = scorer.encode(bare + continuation), scorer.encode(bare)
    if not first:  # nothing but spaces
        return [scorer.start], whole
    return first, whole[len(first) :]


def loglikelihoods(scorer: Scorer, pairs: Sequence[tuple[str, str]]) -> list[Score]:
    """The score of each ``(context, continuation)``; an empty continuation is certain and scores 0."""
    encoded = [encode_pair(scorer, *pair) for pair in pairs]
    asked = [i for i, (_, continuation) in enumerate(encoded) if continuation]
    scores = [Score(0.0, greedy=True, tokens=0)] * len(pairs)
    for i, score in zip(asked, scorer.score([encoded[i] for i in asked]), strict=True):
        scores[i] = score
    return scores


def answers(scorer: Scorer, prompts: Sequence[str], settings: Generation) -> list[str]:
    """An answer to each prompt."""
    return scorer.generate([scorer.encode(prompt) or [scorer.start] for prompt in prompts], settings)


def cut(text: str, stop: Sequence[str]) -> tuple[str, bool]:
    """``text`` up to the first stop string in it, and whether there was one."""
    places = [place for string in stop if string and (place := text.find(string)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-probabilities of rows of logits; float32 with the sum in float64, exact to about 1e-6 nats."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    total = np.exp(shifted).sum(axis=-1, keepdims=True, dtype=np.float64)
    scores: NDArray[np.float32] = shifted - np.log(total).astype(np.float32)
    return scores


def sample(logits: NDArray[np.float32], settings: Generation, draw: float) -> int:
    """The next token from one row of logits; ``draw`` is uniform in 0..1."""
    if settings.temperature <= 0:
        return int(logits.argmax())
    probabilities = np.exp(log_softmax(logits / np.float32(settings.temperature)).astype(np.float64))
    order = np.argsort(-probabilities)
    cumulated = np.cumsum(probabilities[order])
    kept = int(np.searchsorted(cumulated, settings.top_p)) + 1 if settings.top_p < 1 else len(order)
    kept = min(kept, len(order))
    return int(order[min(int(np.searchsorted(cumulated[:kept], draw * cumulated[kept - 1])), kept - 1)])

"""Answers from a model in the fine-tuning plane: several prompts at once, each ending where the model ends it."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
from transformers import GenerationConfig

from finetune.tokens import begin_of, begin_with


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn; temperature 0 takes the likeliest token."""

    max_tokens: int = 256
    temperature: float = 0.7
    top_p: float = 0.95
    seed: int = 0
    batch: int = 16


@dataclass(frozen=True)
class Answer:
    """What a model wrote, and whether it ended by itself."""

    text: str
    ended: bool


def generate(model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], sampling: Sampling) -> list[Answer]:
    """One answer to each prompt, given in tokens. What is drawn follows from the seed and these prompts alone."""
    length = max(len(prompt) for prompt in prompts)
    pad = tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (length - len(prompt)) + list(prompt) for prompt in prompts])
    mask = torch.tensor([[0] * (length - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    ends = sorted({tokenizer.eos_token_id, *_ends_of(model)})
    draws = sampling.temperature > 0
    config = cast(Any, GenerationConfig)(
        max_new_tokens=sampling.max_tokens,
        do_sample=draws,
        temperature=sampling.temperature if draws else None,
        top_p=sampling.top_p if draws else None,
        top_k=0 if draws else None,
        eos_token_id=ends,
        pad_token_id=pad,
    )
    with torch.no_grad(), _measuring(model), _random(model.device, _seed(sampling.seed, prompts)):
        output = model.generate(
            input_ids=ids.to(model.device), attention_mask=mask.to(model.device), generation_config=config
        )
    return [_answer(tokens, ends, tokenizer) for tokens in output[:, length:].tolist()]


def chat_tokens(tokenizer: Any, messages: Sequence[dict[str, str]]) -> list[int]:
    """A conversation in tokens, up to where the assistant speaks."""
    text = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
    return begin_with(begin_of(tokenizer), tokenizer(text, add_special_tokens=False)["input_ids"])


def _answer(tokens: list[int], ends: list[int], tokenizer: Any) -> Answer:
    end = next((number for number, token in enumerate(tokens) if token in ends), None)
    return Answer(tokenizer.decode(tokens[:end], skip_special_tokens=True).strip(), end is not None)


def _ends_of(model: Any) -> list[int]:
    found = getattr(model.generation_config, "eos_token_id", None)
    return found if isinstance(found, list) else [] if found is None else [found]


def _seed(seed: int, prompts: Sequence[Sequence[int]]) -> int:
    return int(hashlib.sha256(json.dumps([seed, *map(list, prompts)]).encode()).hexdigest()[:8], 16)


@contextmanager
def _measuring(model: Any) -> Iterator[None]:
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


@contextmanager
def _random(device: torch.device, seed: int) -> Iterator[None]:
    """Chance of its own, which leaves that of a training as it was."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield

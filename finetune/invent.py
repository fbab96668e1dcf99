"""Replay data out of nothing: what a base writes when nobody asks it anything.

Given the beginning of a user's turn and no words, an instruction-tuned model writes a question of its own, and then
answers it (Magpie, arXiv 2406.08464, section 2.1). Given one token of its vocabulary it writes text of any kind. Held
to both by the KL term, a fine-tune keeps what the base was like, and neither a download nor a licence is needed.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import torch
from transformers import GenerationConfig

from finetune.answers import Messages, answer_all
from finetune.backends import peft_backend as backend
from finetune.errors import TrainingError
from finetune.generation import Sampling
from finetune.recipe import Recipe

# A question is shorter than its answer; one that runs on is cut off by the model's own end in nearly all cases.
QUESTION_TOKENS = 96
_MARK = "\N{PILCROW SIGN}\N{PILCROW SIGN}"


def invent_questions(model: Any, tokenizer: Any, count: int, sampling: Sampling) -> list[Messages]:
    """Questions the model makes up as a user, each once; fewer than ``count``, since some never end or come again."""
    rendered = tokenizer.apply_chat_template([{"role": "user", "content": _MARK}], tokenize=False)
    opening, _, closing = rendered.partition(_MARK)
    end = closing.strip().split("\n")[0]  # what the template puts behind a user's words
    found: dict[str, None] = {}
    for _, text in _continued(model, tokenizer, [opening] * count, QUESTION_TOKENS, sampling):
        words, mark, _ = text.partition(end)
        if mark and words.strip() and not any(special in words for special in tokenizer.all_special_tokens):
            found[words.strip()] = None
    return [[{"role": "user", "content": words}] for words in found]


def invent_texts(model: Any, tokenizer: Any, count: int, sampling: Sampling) -> Iterator[str]:
    """Plain texts, each begun with one token drawn evenly from the vocabulary."""
    drawn = torch.Generator().manual_seed(sampling.seed)
    special = set(tokenizer.all_special_ids)
    tokens = [
        token for token in torch.randint(len(tokenizer), (count,), generator=drawn).tolist() if token not in special
    ]
    openings = [text for text in map(tokenizer.decode, tokens) if text.strip()]
    for opening, text in _continued(model, tokenizer, openings, sampling.max_tokens, sampling):
        plain = opening + text
        for mark in tokenizer.all_special_tokens:
            plain = plain.partition(mark)[0]
        if plain.strip():
            yield plain


def write_invented(
    recipe: Recipe, chats: int, texts: int, out: Path, sampling: Sampling, *, say: Callable[[str], None]
) -> tuple[int, int]:
    """Let the recipe's base make up chats and texts and write a replay file, whole or not at all.

    Returns:
        How many chats and how many texts were written. A chat whose answer did not end is left out.

    Raises:
        TrainingError: When the base has no chat template or the file cannot be written.
    """
    tokenizer = backend.load_tokenizer(recipe)
    if chats and not tokenizer.chat_template:
        raise TrainingError(f"{recipe.base.model}: has no chat template, so it makes up no chats. Ask for texts only.")
    model = backend.load_model(recipe)
    temporary = out.with_name(f".{out.name}.part")
    written = [0, 0]
    try:
        with temporary.open("w", encoding="utf-8") as file:
            for kind, row in _rows(model, tokenizer, chats, texts, sampling):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                written[kind] += 1
                if sum(written) % sampling.batch == 0:
                    say(f"{written[0]:,} chats, {written[1]:,} texts")
        if not any(written):
            raise TrainingError(
                f"{out}: not written: nothing came of {chats:,} chats and {texts:,} texts. Ask for more, or raise "
                "--max-tokens."
            )
        temporary.rename(out)
    except OSError as error:
        raise TrainingError(f"{out}: cannot be written: {error.strerror}. Choose another path.") from None
    finally:
        temporary.unlink(missing_ok=True)
    return written[0], written[1]


def _rows(
    model: Any, tokenizer: Any, chats: int, texts: int, sampling: Sampling
) -> Iterator[tuple[int, dict[str, Any]]]:
    if chats:
        questions = invent_questions(model, tokenizer, chats, sampling)
        for messages, answer in answer_all(model, tokenizer, questions, sampling):
            if answer:
                yield 0, {"messages": [*messages, {"role": "assistant", "content": answer}]}
    if texts:
        for text in invent_texts(model, tokenizer, texts, sampling):
            yield 1, {"text": text}


def _continued(
    model: Any, tokenizer: Any, openings: list[str], max_tokens: int, sampling: Sampling
) -> Iterator[tuple[str, str]]:
    """Each opening with what the model wrote after it, special tokens shown."""
    config = cast(Any, GenerationConfig)(
        max_new_tokens=max_tokens,
        do_sample=True,
        temperature=sampling.temperature or 1.0,
        top_p=sampling.top_p,
        top_k=0,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    tokenizer.padding_side = "left"
    model.eval()
    torch.manual_seed(sampling.seed)
    for start in range(0, len(openings), sampling.batch):
        texts = openings[start : start + sampling.batch]
        batch = tokenizer(texts, add_special_tokens=False, padding=True, return_tensors="pt").to(model.device)
        with torch.no_grad():
            output = model.generate(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], generation_config=config
            )
        new = tokenizer.batch_decode(output[:, batch["input_ids"].shape[1] :], skip_special_tokens=False)
        yield from zip(texts, new, strict=True)

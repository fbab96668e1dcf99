"""A base model's own answers, as replay data: what keeps a fine-tune from forgetting costs no licence and no download.

Prompts go through the base's chat template and are answered by sampling, several at once. An answer that did not end by
itself is left out: learned, it would teach the model to stop in the middle of a sentence.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from finetune.backends import peft_backend as backend
from finetune.errors import DataError, TrainingError
from finetune.examples import PROBLEMS_SHOWN
from finetune.generation import Sampling, chat_tokens, generate
from finetune.recipe import Recipe

Messages = list[dict[str, str]]
FORMS = 'plain lines, or JSON lines with "prompt", "messages" or "instruction"'


def read_prompts(path: Path) -> list[Messages]:
    """The prompts of a file, each as the messages before the answer; equal ones once.

    A file whose name ends in ``.jsonl`` holds objects, any other one prompt a line.

    Raises:
        DataError: Naming every line that is no prompt.
    """
    problems, found = [], {}
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # a prompt may hold other ends of lines, as U+2028
    except (OSError, ValueError) as error:
        raise DataError([f"{path}: cannot be read: {error}. It must hold {FORMS}, in UTF-8."]) from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            messages = _messages(json.loads(line)) if path.suffix == ".jsonl" else [_said("user", line.strip())]
            found[json.dumps(messages)] = messages
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}. The file must hold {FORMS}.")
    if not found and not problems:
        problems.append(f"{path}: holds no prompt. Write {FORMS}.")
    if problems:
        raise DataError(problems[:PROBLEMS_SHOWN])
    return list(found.values())


def _messages(row: Any) -> Messages:
    """The messages up to the last one that is not the assistant's."""
    if isinstance(row, dict) and isinstance(row.get("messages"), list):
        said = [_said(m.get("role"), m.get("content")) for m in row["messages"] if isinstance(m, dict)]
        while said and said[-1]["role"] == "assistant":
            said.pop()
    elif isinstance(row, dict) and "instruction" in row:
        said = [_said("user", "\n\n".join(part for part in (row["instruction"], row.get("input")) if part))]
    else:
        said = [_said("user", row.get("prompt") if isinstance(row, dict) else None)]
    if not said:
        raise ValueError("holds no question")
    return said


def _said(role: Any, content: Any) -> dict[str, str]:
    if role not in ("system", "user", "assistant") or not isinstance(content, str) or not content.strip():
        raise ValueError("holds no prompt")
    return {"role": role, "content": content}


def answer_all(
    model: Any, tokenizer: Any, prompts: Sequence[Messages], sampling: Sampling
) -> Iterator[tuple[Messages, str | None]]:
    """Each prompt with its answer, or with None where the answer did not end within ``sampling.max_tokens``.

    Prompts of similar length are answered together, so they come in another order.
    """
    tokens = [chat_tokens(tokenizer, prompt) for prompt in prompts]
    order = sorted(range(len(prompts)), key=lambda place: len(tokens[place]))
    for start in range(0, len(order), sampling.batch):
        places = order[start : start + sampling.batch]
        found = generate(model, tokenizer, [tokens[place] for place in places], sampling)
        for place, answer in zip(places, found, strict=True):
            yield prompts[place], answer.text if answer.ended and answer.text else None


def write_answers(
    recipe: Recipe, prompts: Sequence[Messages], out: Path, sampling: Sampling, say: Callable[[str], None]
) -> tuple[int, int]:
    """Answer the prompts with the recipe's base and write a replay file, whole or not at all.

    Returns:
        How many answers were written, and how many were left out because they did not end.

    Raises:
        TrainingError: When the base has no chat template or the file cannot be written.
    """
    tokenizer = backend.load_tokenizer(recipe)
    if not tokenizer.chat_template:
        raise TrainingError(f"{recipe.base.model}: has no chat template, so it answers no questions.")
    model = backend.load_model(recipe)
    temporary = out.with_name(f".{out.name}.part")
    written = left_out = 0
    try:
        with temporary.open("w", encoding="utf-8") as file:
            for messages, text in answer_all(model, tokenizer, prompts, sampling):
                if text is None:
                    left_out += 1
                else:
                    written += 1
                    row = {"messages": [*messages, _said("assistant", text)]}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                done = written + left_out
                if done % sampling.batch == 0 or done == len(prompts):
                    say(f"{done:,} of {len(prompts):,} prompts answered, {left_out:,} left out")
        if not written:
            raise TrainingError(
                f"{out}: not written: none of {left_out:,} answers ended within {sampling.max_tokens} tokens. Raise "
                "--max-tokens, or take a base that was tuned to answer."
            )
        temporary.rename(out)
    except OSError as error:
        raise TrainingError(f"{out}: cannot be written: {error.strerror}. Choose another path.") from None
    finally:
        temporary.unlink(missing_ok=True)
    return written, left_out

"""What the model wrote before and after: a few held-out examples, answered by base and adapter, for a person."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from finetune.generation import Sampling, generate
from finetune.methods.base import Implementation
from finetune.tokens import Sample

# Enough to see the form of an answer.
MAX_TOKENS = 64
# Stands for a question where the template is looked at.
_QUESTION = "\N{PILCROW SIGN}\N{PILCROW SIGN}"


def before_and_after(
    model: Any, method: Implementation, tokenizer: Any, held_out: Sequence[Sample], count: int
) -> list[dict[str, str]]:
    """The first ``count`` held-out examples: prompt, what was expected, what base and adapter write.

    The likeliest token is taken each time. A conversation counts up to its first answer.
    """
    method.settle(model)
    chosen = held_out[:count]
    parts = [question_and_answer(sample) for sample in chosen]
    written: dict[int, tuple[str, str]] = {}
    for task in sorted({sample.task for sample in chosen}):
        places = [place for place, sample in enumerate(chosen) if sample.task == task]
        method.use_task(model, task)
        prompts = [parts[place][0] for place in places]
        with method.as_base(model):
            before = _answers(model, tokenizer, prompts)
        written |= dict(zip(places, zip(before, _answers(model, tokenizer, prompts), strict=True), strict=True))
    return [
        {
            "prompt": asked(prompt, tokenizer),
            "expected": tokenizer.decode(expected, skip_special_tokens=True).strip(),
            "before": written[place][0],
            "after": written[place][1],
        }
        for place, (prompt, expected) in enumerate(parts)
    ]


def asked(prompt: Sequence[int], tokenizer: Any) -> str:
    """What a prompt asks: without what the chat template puts around a single question, else without its marks."""
    if tokenizer.chat_template:
        with suppress(Exception):  # a template raises what it likes
            message = [{"role": "user", "content": _QUESTION}]
            around = tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
            before, _, after = str(around).partition(_QUESTION)
            whole = str(tokenizer.decode(prompt, clean_up_tokenization_spaces=False))
            begin = whole.find(before.strip())
            if begin >= 0 and after.strip() and whole.rstrip().endswith(after.rstrip()):
                question = whole[begin + len(before.strip()) : len(whole.rstrip()) - len(after.rstrip())].strip()
                if not any(mark in question for mark in tokenizer.all_special_tokens):
                    return question
    return str(tokenizer.decode(prompt, skip_special_tokens=True)).strip()


def question_and_answer(sample: Sample) -> tuple[Sequence[int], Sequence[int]]:
    """Prompt and first answer with the mark that ends it; text without a prompt is asked by its first token."""
    start = max(1, sample.learned.index(True))
    end = next((n for n in range(start, len(sample.tokens)) if not sample.learned[n]), len(sample.tokens))
    return sample.tokens[:start], sample.tokens[start:end]


def _answers(model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]]) -> list[str]:
    found = generate(model, tokenizer, prompts, Sampling(MAX_TOKENS, temperature=0.0))
    return [answer.text + ("" if answer.ended else " ...") for answer in found]

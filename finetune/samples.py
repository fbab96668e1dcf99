"""What the model wrote before and after: a few held-out examples, answered by base and adapter, for a person."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from finetune.generation import Sampling, generate
from finetune.methods.base import Implementation
from finetune.tokens import Sample

# Enough to see the form of an answer.
MAX_TOKENS = 64


def before_and_after(
    model: Any, method: Implementation, tokenizer: Any, held_out: Sequence[Sample], count: int
) -> list[dict[str, str]]:
    """The first ``count`` held-out examples: prompt, what was expected, what base and adapter write.

    The likeliest token is taken each time. A conversation counts up to its first answer.
    """
    method.settle(model)
    found = []
    for sample in held_out[:count]:
        start = sample.learned.index(True)
        end = next((n for n in range(start, len(sample.tokens)) if not sample.learned[n]), len(sample.tokens))
        prompt = sample.tokens[:start] or sample.tokens[:1]
        method.use_task(model, sample.task)

        def answer(within: AbstractContextManager[None], prompt: Sequence[int] = prompt) -> str:
            with within:
                (written,) = generate(model, tokenizer, [prompt], Sampling(MAX_TOKENS, temperature=0.0))
            return written.text + ("" if written.ended else " ...")

        found.append(
            {
                "prompt": tokenizer.decode(prompt, skip_special_tokens=True).strip(),
                "expected": tokenizer.decode(sample.tokens[start:end], skip_special_tokens=True).strip(),
                "before": answer(method.as_base(model)),
                "after": answer(nullcontext()),
            }
        )
    return found

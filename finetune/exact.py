"""How many held-out examples a training gets exactly right, found without writing an answer.

Greedy decoding writes the reference, and ends there, if and only if each token of the reference and the mark that ends
it is the likeliest after all that stands before it. One forward pass over question and reference therefore tells what
decoding token by token would, in a small part of the time and for every method alike. A text equal to the reference but
cut into other tokens counts as wrong here; `finetune.score` compares texts.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import torch

from finetune.backends import peft_backend as backend
from finetune.methods.base import Implementation
from finetune.packing import Plan
from finetune.sample_store import Samples
from finetune.samples import question_and_answer
from finetune.tokens import Sample


def choose(held_out: Samples, count: int) -> list[Sample]:
    """So many held-out examples, the first of each task in turn, so that each task has its share."""
    places = [held_out.of_task(task, range(len(held_out))) for task in held_out.tasks]
    in_turn = [place for round_ in zip_longest(*places) for place in round_ if place is not None]
    return [held_out[place] for place in in_turn[:count]]


@torch.no_grad()
def exactly_right(
    model: Any, method: Implementation, questions: Sequence[Sample], *, pad: int, tokens_at_once: int
) -> dict[str, list[bool]]:
    """Whether each question would be answered by its reference, by task, in the order of the questions.

    Args:
        questions: Examples; of a conversation the first answer counts.
        tokens_at_once: Most tokens of a batch, padding among them.
    """
    places = defaultdict(list)
    for place, question in enumerate(questions):
        places[question.task].append(place)
    training = model.training
    model.eval()
    method.settle(model)
    found = {}
    for task in sorted(places):
        method.use_task(model, task)
        right: dict[int, bool] = {}
        for batch in _batches([(place, _asked(questions[place])) for place in places[task]], tokens_at_once):
            plan = Plan(tuple((sample,) for _, sample in batch), task)
            right |= zip((place for place, _ in batch), _right(model, plan, pad), strict=True)
        found[task] = [right[place] for place in places[task]]
    model.train(training)
    return found


def _asked(sample: Sample) -> Sample:
    """Question and first answer, of which the answer is what must be likeliest."""
    question, answer = question_and_answer(sample)
    learned = (False,) * len(question) + (True,) * len(answer)
    return Sample((*question, *answer), learned, sample.task)


def _batches(samples: list[tuple[int, Sample]], most: int) -> Iterator[list[tuple[int, Sample]]]:
    """Samples of similar length together."""
    batch: list[tuple[int, Sample]] = []
    for place, sample in sorted(samples, key=lambda pair: len(pair[1].tokens)):
        if batch and (len(batch) + 1) * len(sample.tokens) > most:
            yield batch
            batch = []
        batch.append((place, sample))
    if batch:
        yield batch


def _right(model: Any, plan: Plan, pad: int) -> list[bool]:
    batch = backend.collate(plan, pad, backend.device_of())
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "position_ids")}
    likeliest = model(**inputs, use_cache=False).logits[:, :-1].argmax(-1)
    wanted = batch["labels"][:, 1:]
    wrong = (wanted != backend.IGNORED) & (likeliest != wanted)
    return [not row for row in wrong.any(dim=1).tolist()]

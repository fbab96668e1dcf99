"""GSM8K, answers taken out and compared as lm-evaluation-harness 0.4.13 does (task ``gsm8k``, version 3).

K. Cobbe et al., "Training Verifiers to Solve Math Word Problems", arXiv 2110.14168.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from finetune.evaluation.outcome import Item, Outcome, means
from finetune.evaluation.records import Record, read_json
from finetune.evaluation.scorer import Generation, Scorer, answers, loglikelihoods

INVALID = "[invalid]"
STOP = ("Question:", "</s>", "<|im_end|>")
MAX_TOKENS = 256  # the harness's default
_STRICT = re.compile(r"#### (\-?[0-9\.\,]+)")
_FLEXIBLE = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")
# What is taken out of both sides before they are compared, in this order.
_IGNORED = tuple(re.compile(pattern) for pattern in (r",", r"\$", r"(?s).*#### ", r"\.$"))


def strict_match(answer: str) -> str:
    """The number after the first ``#### ``."""
    found = _STRICT.findall(answer)
    return found[0].strip() if found else INVALID


def flexible_extract(answer: str) -> str:
    """The last number, whatever stands around it."""
    found = _FLEXIBLE.findall(answer)
    return next((group for group in found[-1] if group), INVALID).strip() if found else INVALID


def same(found: str, reference: str) -> bool:
    """Whether both are equal but for case, commas, dollar signs, what stands before ``####`` and a dot at the end."""
    return _plain(found) == _plain(reference)


def _plain(text: str) -> str:
    for pattern in _IGNORED:
        text = pattern.sub("", text)
    return text.lower()


def load(path: Path, limit: int | None = None) -> list[Record]:
    """The published ``test.jsonl`` or ``train.jsonl``: question and answer, which ends in ``#### NUMBER``."""
    return read_json(path, {"question": str, "answer": str}, limit=limit, check=_problem)


def _problem(record: Record) -> str | None:
    """An answer without its mark would count every model's answer as wrong."""
    if not record["question"].strip():
        return "'question' is empty"
    return (
        None if _STRICT.search(record["answer"]) else "'answer' has no #### with a number, so nothing can be compared"
    )


def prompt(question: str, examples: Sequence[Record]) -> str:
    """The question after worked examples."""
    shown = "".join(f"Question: {one['question']}\nAnswer: {one['answer']}\n\n" for one in examples)
    return f"{shown}Question: {question}\nAnswer:"


def evaluate(
    scorer: Scorer, problems: Sequence[Record], examples: Sequence[Record], *, numbers: Sequence[int] | None = None
) -> Outcome:
    """Both ways of counting; the flexible one is what a skill is judged by.

    The examples are the same for every problem, so that what they cost is computed once; the harness draws others for
    each. ``numbers`` are those of the problems in their file, where they are a part of it.
    """
    prompts = [prompt(problem["question"], examples) for problem in problems]
    said = answers(scorer, prompts, Generation(max_tokens=MAX_TOKENS, stop=STOP))
    references = loglikelihoods(scorer, [(p, f" {one['answer']}") for p, one in zip(prompts, problems, strict=True)])
    items = []
    places = range(len(problems)) if numbers is None else numbers
    for number, problem, answer, reference in zip(places, problems, said, references, strict=True):
        extracted = flexible_extract(answer)
        right = float(same(extracted, problem["answer"]))
        items.append(
            Item(
                f"gsm8k/{number}",
                right,
                answer,
                parsed=extracted != INVALID,
                reference_nll=-reference.logprob,
                reference_tokens=reference.tokens,
                counted={
                    "exact_match,strict-match": float(same(strict_match(answer), problem["answer"])),
                    "exact_match,flexible-extract": right,
                },
            )
        )
    return Outcome("gsm8k", means(items), "exact_match,flexible-extract", tuple(items), {"shots": len(examples)})

"""Answers beside a reference text, by ROUGE: examples of your own, asked as in a chat."""

from collections.abc import Sequence
from pathlib import Path

from finetune.evaluation.outcome import Item, Outcome, means
from finetune.evaluation.records import Record, empty_text, read_json
from finetune.evaluation.rouge import rouge, tokens
from finetune.evaluation.scorer import Generation, Scorer, answers, loglikelihoods

MAX_TOKENS = 256


def load(path: Path, limit: int | None = None) -> list[Record]:
    """JSON lines with prompt and reference."""
    return read_json(path, {"prompt": str, "reference": str}, limit=limit, check=_problem)


def _problem(record: Record) -> str | None:
    if (empty := empty_text("prompt", "reference")(record)) is not None:
        return empty
    if not tokens(record["reference"]):
        return "'reference' has no letters a to z and no digits, which is all that ROUGE compares"
    return None


def evaluate(scorer: Scorer, records: Sequence[Record], *, numbers: Sequence[int] | None = None) -> Outcome:
    """ROUGE-1, -2 and -L, means over the examples; an empty answer is 0.

    Args:
        numbers: Of the records in their file, where they are a part of it.
    """
    prompts = [scorer.render([{"role": "user", "content": record["prompt"]}]) for record in records]
    said = answers(scorer, prompts, Generation(max_tokens=MAX_TOKENS))
    references = loglikelihoods(scorer, [(p, r["reference"]) for p, r in zip(prompts, records, strict=True)])
    scores = [rouge(answer, record["reference"]) for answer, record in zip(said, records, strict=True)]
    places = range(len(records)) if numbers is None else numbers
    items = tuple(
        Item(
            f"rouge/{number}",
            score["rougeL"],
            answer,
            parsed=bool(answer.strip()),
            reference_nll=-reference.logprob,
            reference_tokens=reference.tokens,
            counted=score,
        )
        for number, score, answer, reference in zip(places, scores, said, references, strict=True)
    )
    return Outcome("rouge", means(items), "rougeL", items)

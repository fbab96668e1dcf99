"""Multiple choice by log-likelihood: HellaSwag and MMLU, as lm-evaluation-harness 0.4.13 asks and counts them."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from finetune.evaluation.errors import EvaluationDataError
from finetune.evaluation.outcome import Item, Outcome, means
from finetune.evaluation.records import Fields, Record, read_csv, read_json
from finetune.evaluation.scorer import Scorer, loglikelihoods

LETTERS = "ABCD"
MMLU_COLUMNS = 6  # question, four choices, letter


class Choice(NamedTuple):
    """One question; ``choices`` follow ``context`` after one space."""

    id: str
    context: str
    choices: tuple[str, ...]
    gold: int


def evaluate_choices(task: str, scorer: Scorer, questions: Sequence[Choice], *, main: str) -> Outcome:
    """``acc``: the likeliest choice; ``acc_norm``: the likeliest by character."""
    pairs = [(question.context, f" {choice}") for question in questions for choice in question.choices]
    scores = iter(loglikelihoods(scorer, pairs))
    items = []
    for question in questions:
        found = [next(scores) for _ in question.choices]
        sums = np.array([score.logprob for score in found])
        # The harness divides by the length of the choice without the space before it.
        best = int(sums.argmax())
        best_norm = int((sums / [max(1, len(choice)) for choice in question.choices]).argmax())
        counted = {"acc": float(best == question.gold), "acc_norm": float(best_norm == question.gold)}
        gold = found[question.gold]
        items.append(
            Item(
                question.id,
                counted[main],
                str(best_norm if main == "acc_norm" else best),
                reference_nll=-gold.logprob,
                reference_tokens=gold.tokens,
                counted=counted,
            )
        )
    return Outcome(task, means(items), main, tuple(items))


def hellaswag(path: Path, limit: int | None = None) -> list[Choice]:
    """HellaSwag's published JSON lines: ``hellaswag_val.jsonl`` with ctx_a, ctx_b, activity_label, endings, label.

    R. Zellers et al., "HellaSwag: Can a Machine Really Finish Your Sentence?", ACL 2019.
    """
    fields: Fields = {"ctx_a": str, "ctx_b": str, "activity_label": str, "endings": list, "label": (int, str)}
    questions = []
    names: set[str] = set()
    for number, record in enumerate(read_json(path, fields, limit=limit, check=_hellaswag_problem)):
        name = f"hellaswag/{record.get('ind', number)}"
        name = f"{name}/{number}" if name in names else name  # two models are compared by it
        names.add(name)
        beginning = f"{record['activity_label']}: {record['ctx_a']} {record['ctx_b'].capitalize()}"
        endings = tuple(clean(ending) for ending in record["endings"])
        questions.append(Choice(name, clean(beginning), endings, int(record["label"])))
    return questions


def _hellaswag_problem(record: Record) -> str | None:
    endings, label = record["endings"], str(record["label"])
    if len(endings) < 2 or not all(isinstance(ending, str) and ending.strip() for ending in endings):
        return f"'endings' has to be a list of at least two texts, and is {str(endings)[:60]}"
    if not label.isdecimal() or int(label) >= len(endings):
        return f"'label' has to name one of the {len(endings)} endings, 0 to {len(endings) - 1}, and is {label[:20]!r}"
    return None


def clean(text: str) -> str:
    """WikiHow's marks out of a text: ``[title]`` ends a sentence, everything else in brackets goes."""
    text = text.strip().replace(" [title]", ". ")
    return re.sub(r"\[.*?\]", "", text).replace("  ", " ")


def mmlu(folder: Path, subject: str, *, shots: int, limit: int | None = None) -> list[Choice]:
    """One subject of the published CSV files: ``test/SUBJECT_test.csv``, examples from ``dev/SUBJECT_dev.csv``.

    D. Hendrycks et al., "Measuring Massive Multitask Language Understanding", ICLR 2021.
    """
    rows = _mmlu_rows(folder / "test" / f"{subject}_test.csv")[:limit]
    examples = _mmlu_rows(folder / "dev" / f"{subject}_dev.csv")[:shots] if shots else []
    name = subject.replace("_", " ")
    head = f"The following are multiple choice questions (with answers) about {name}.\n\n"
    head += "".join(f"{_question(row)} {row[5].strip()}\n\n" for row in examples)
    return [
        Choice(f"{subject}/{number}", head + _question(row), tuple(LETTERS), LETTERS.index(row[5].strip()))
        for number, row in enumerate(rows)
    ]


def _mmlu_rows(path: Path) -> list[list[str]]:
    rows = read_csv(path, MMLU_COLUMNS)
    problems = [
        f"{path}: question {number}: the answer has to be A, B, C or D, and is {row[5].strip()[:20]!r}"
        for number, row in enumerate(rows, 1)
        if row[5].strip() not in tuple(LETTERS)
    ]
    if problems:
        raise EvaluationDataError(problems)
    return rows


def mmlu_subjects(folder: Path) -> list[str]:
    """The subjects there are files for."""
    return sorted(path.name.removesuffix("_test.csv") for path in (folder / "test").glob("*_test.csv"))


def _question(row: Sequence[str]) -> str:
    choices = "\n".join(f"{letter}. {choice}" for letter, choice in zip(LETTERS, row[1:5], strict=True))
    return f"{row[0].strip()}\n{choices}\nAnswer:"

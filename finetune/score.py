"""How many answers a training gets exactly right: greedy, compared with the references of a data file.

A check for data whose right answer is one text, such as a number or a JSON command. What counts otherwise is measured
by probes on the quantised model (`edgegen probe`) and by `finetune.evaluation`.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetune.answers import Messages, answer_all
from finetune.backends import peft_backend as backend
from finetune.errors import DataError, TrainingError
from finetune.examples import PROBLEMS_SHOWN
from finetune.generation import Sampling
from finetune.recipe import Recipe


@dataclass
class Score:
    """Right answers of one group of questions, and the first wrong ones to look at."""

    right: int = 0
    of: int = 0
    wrong: list[tuple[str, str, str]] = field(default_factory=list)  # question, answer, reference


WRONG_SHOWN = 5


def score(
    recipe: Recipe, adapter: Path | None, data: Path, *, by: str, sampling: Sampling, say: Callable[[str], None]
) -> dict[str, Score]:
    """Score a base, or a base with a plain adapter, on a chat-form data file.

    Args:
        adapter: Folder of a PEFT adapter; None for the base alone.
        by: The field of each line that names its group, for example ``task``.

    Raises:
        DataError: When a line has no messages that end with the assistant's.
        TrainingError: When the adapter cannot be loaded.
    """
    asked_for = _read(data, by)
    prompts = [messages for messages, _, _ in asked_for]
    references: dict[str, list[tuple[str, str]]] = defaultdict(list)  # a question may come again with another answer
    for messages, reference, group in asked_for:
        references[json.dumps(messages)].append((reference, group))
    tokenizer = backend.load_tokenizer(recipe)
    model = backend.load_model(recipe)
    if adapter is not None:
        model = _adapted(model, adapter)
    scores: dict[str, Score] = defaultdict(Score)
    for done, (asked, text) in enumerate(answer_all(model, tokenizer, prompts, sampling), 1):
        reference, group = references[json.dumps(asked)].pop()
        one = scores[group]
        one.of += 1
        one.right += text == reference
        if text != reference and len(one.wrong) < WRONG_SHOWN:
            one.wrong.append((asked[-1]["content"], text or "(did not end)", reference))
        if done % (10 * sampling.batch) == 0:
            say(f"{done:,} of {len(prompts):,} answered")
    return dict(scores)


def _read(data: Path, by: str) -> list[tuple[Messages, str, str]]:
    """Questions with their reference and their group."""
    found, problems = [], []
    try:
        lines = data.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, ValueError) as error:
        raise DataError([f"{data}: cannot be read: {error}. It must hold JSON lines in UTF-8."]) from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
                *asked, answer = row["messages"]
                reference = answer["content"].strip() if asked and answer["role"] == "assistant" else ""
            except (ValueError, KeyError, TypeError, AttributeError):
                reference = ""
            if reference:
                found.append((asked, reference, str(row.get(by, "all"))))
            else:
                problems.append(f"{data}:{number}: needs messages that end with the assistant's right answer")
    if not found and not problems:
        problems.append(f"{data}: holds no question. Write one object a line, with messages that end with the answer.")
    if problems:
        raise DataError(problems[:PROBLEMS_SHOWN])
    return found


def _adapted(model: Any, folder: Path) -> Any:
    run = next((parent for parent in folder.absolute().parents[:2] if (parent / "run.json").is_file()), None)
    if run and json.loads((run / "run.json").read_text(encoding="utf-8"))["method"]["changes_base"]:
        raise TrainingError(
            f"{folder}: is right only on the 4-bit base that its training made, not on this one. Talk to it with: "
            f"edgegen finetune try {run}, or export it."
        )
    return backend.with_adapter(model, folder)

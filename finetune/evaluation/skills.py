"""Skills that no shipped adapter is trained on, from what is at hand offline: how two texts go on, sums, sequences.

``facts`` and ``code`` are choices among four continuations, the true one and three from elsewhere in the same text, as
HellaSwag asks them; a model without the skill gets a quarter right. ``sums`` and ``sequences`` are
asked as chats, and what the reference answer is worth to the model is scored too: a model of 135M parameters has few of
them right, so that only the probability says whether it got worse.
"""

import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from edgegen.split import SEALED
from edgegen.tasks import sequences, sums
from edgegen.tasks.dice import Dice
from finetune.evaluation.choices import Choice
from finetune.evaluation.errors import EvaluationError
from finetune.evaluation.outcome import Item, Outcome, means
from finetune.evaluation.scorer import Generation, Scorer, answers, loglikelihoods

# A paired difference whose lower bound may be 2 points below nothing needs some 2,000 questions.
COUNT = 2_000
# Of chats: the probability of the reference needs fewer. Of the sealed sequences there are only some 600.
CHAT_COUNT: Mapping[str, int] = {"sums": 1_000, "sequences": 600}
# Draws after which nearly all there are have been seen: 0.5 s.
_DRAWS = 20_000
TEXTS = ("facts", "code")  # of ``texts.TEXTS``, those that give so many
# The metric of references without answers.
REFERENCE = "reference"
_SEED = 1
_CHOICES = 4
# Of a chat about numbers: the base's own answers to such questions have 12 to 30 tokens.
_ANSWER_TOKENS = 40

Draw = Callable[[Dice], Iterator[dict[str, Any]]]
CHATS: Mapping[str, Draw] = {
    "sums": lambda dice: sums.questions(dice, split=SEALED),
    "sequences": lambda dice: sequences.questions(dice, split=SEALED),
}


def text_choices(name: str, text: str, limit: int | None = None) -> list[Choice]:
    """Questions about how a text goes on, the same for the same text.

    Raises:
        EvaluationError: The text is too short for so many.
    """
    count = limit or COUNT
    parts = _lines(text) if name == "code" else _sentences(text)
    shuffled = random.Random(_SEED)  # noqa: S311 - for questions
    if len(parts) < max(count, 4 * _CHOICES):
        raise EvaluationError(f"{name}: the text gives {len(parts)} questions, and {count} were asked for: use --limit")
    # Endings of about one length, so that length does not give the answer away.
    order = sorted(range(len(parts)), key=lambda place: (len(parts[place][1]), place))
    rank = {place: number for number, place in enumerate(order)}
    questions = []
    for number in sorted(shuffled.sample(range(len(parts)), count)):
        context, right = parts[number]
        near = order[max(0, rank[number] - 40) : rank[number] + 41]
        others = sorted({parts[place][1] for place in near if parts[place][0] != context} - {right})
        wrong = shuffled.sample(others, _CHOICES - 1)
        gold = shuffled.randrange(_CHOICES)
        questions.append(Choice(f"{name}/{number}", context, (*wrong[:gold], right, *wrong[gold:]), gold))
    return questions


def _sentences(text: str) -> list[tuple[str, str]]:
    """Beginnings and ends of sentences of 10 to 40 words, cut in the middle."""
    found = []
    for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n|\n(?=[A-Z])", text):
        words = sentence.split()
        if 10 <= len(words) <= 40 and words[-1][-1:] in ".!?":
            half = len(words) // 2
            found.append((" ".join(words[:half]), " ".join(words[half:])))
    return list(dict(found).items())


def _lines(text: str) -> list[tuple[str, str]]:
    """Three lines of code and the next one without its indentation."""
    lines = [line for line in text.splitlines() if line.strip()]
    found = [
        (
            "\n".join(lines[place - 3 : place]) + "\n" + line[: len(line) - len(line.lstrip())].removesuffix(" "),
            line.strip(),
        )
        for place, line in enumerate(lines)
        if place >= 3 and 12 <= len(line.strip()) <= 80
    ]
    return list(dict(found).items())


def chat_rows(name: str, limit: int | None = None) -> list[dict[str, Any]]:
    """Different questions of ``CHATS``, the first of which are the same whatever the limit."""
    seen: dict[str, dict[str, Any]] = {}
    most = CHAT_COUNT[name]
    for row in islice(CHATS[name](Dice(_SEED)), _DRAWS):
        seen.setdefault(row["prompt"], row)
        if len(seen) == min(limit or most, most):
            break
    return list(seen.values())


class Reference(NamedTuple):
    """A question by its ``id`` with the prompt as the model gets it, and a right answer."""

    id: str
    prompt: str
    answer: str


def chat_references(scorer: Scorer, rows: Sequence[Mapping[str, Any]]) -> list[Reference]:
    """Of questions of ``CHATS``."""
    return [
        Reference(row["prompt"], scorer.render([{"role": "user", "content": row["prompt"]}]), _reference(row))
        for row in rows
    ]


def references(name: str, scorer: Scorer, asked: Sequence[Reference]) -> Outcome:
    """How likely right answers are, without asking for any: exp(mean log-probability of a token) of each item.

    The log-probabilities are those that stand beside the answers where answers are made, too.
    """
    scores = loglikelihoods(scorer, [(one.prompt, one.answer) for one in asked])
    shares = [math.exp(score.logprob / max(1, score.tokens)) for score in scores]
    items = tuple(
        Item(
            one.id,
            share,
            reference_nll=-score.logprob,
            reference_tokens=score.tokens,
            counted={REFERENCE: share},
        )
        for one, score, share in zip(asked, scores, shares, strict=True)
    )
    return Outcome(name, means(items), REFERENCE, items)


def chats(scorer: Scorer, name: str, rows: Sequence[Mapping[str, Any]]) -> Outcome:
    """Questions of ``CHATS``: the last number of a greedy answer counts; and how likely the reference answer was."""
    asked = chat_references(scorer, rows)
    prompts = [one.prompt for one in asked]
    scores = loglikelihoods(scorer, [(one.prompt, one.answer) for one in asked])
    said: list[str] = []
    for start in range(0, len(prompts), 200):
        said += answers(scorer, prompts[start : start + 200], Generation(max_tokens=_ANSWER_TOKENS))
    items = []
    for row, answer, reference in zip(rows, said, scores, strict=True):
        numbers = re.findall(r"-?\d+", answer.replace(",", ""))
        right = float(bool(numbers) and int(numbers[-1]) == _value(row))
        items.append(
            Item(
                row["prompt"],
                right,
                answer,
                parsed=bool(numbers),
                reference_nll=-reference.logprob,
                reference_tokens=reference.tokens,
                counted={"acc": right},
            )
        )
    return Outcome(name, means(items), "acc", tuple(items))


def _value(row: Mapping[str, Any]) -> int:
    return int(row.get("value", row.get("next", 0)))


def _reference(row: Mapping[str, Any]) -> str:
    """A plain right answer, in no adapter's style."""
    if "value" in row:
        return f"{row['a']} {row['operation']} {row['b']} is {row['value']}."
    return f"The next number is {row['next']}."

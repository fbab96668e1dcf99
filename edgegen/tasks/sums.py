"""Plain arithmetic, which no shipped adapter is trained on: a skill that must not get worse."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from edgegen.split import split_of
from edgegen.tasks.dice import Dice

Row = dict[str, Any]

_OPERATIONS: Mapping[str, tuple[str, Callable[[int, int], int], int, int]] = {
    "plus": ("+", operator.add, 1, 99),
    "minus": ("-", operator.sub, 1, 99),
    "times": ("*", operator.mul, 2, 12),
}
WORDINGS: Mapping[str, Sequence[str]] = {
    "train": (
        "Work out {a} {s} {b}.",
        "{a} {w} {b} equals",
        "{a} {s} {b}",
        "Tell me the result of {a} {w} {b}.",
        "My homework says {a} {s} {b}. What do I write?",
        "Can you do {a} {w} {b} for me?",
        "I need {a} {w} {b}, please.",
        "Fill in: {a} {s} {b} = ...",
        "Give me {a} {s} {b} as one number.",
        "Do the sum: {a} {w} {b}",
        "Someone asked me for {a} {s} {b}. Help!",
        "Evaluate {a} {s} {b}.",
    ),
    "dev": ("How much is {a} {w} {b}?", "Compute {a} {s} {b}."),
    "sealed": ("What is {a} {s} {b}?", "Calculate: {a} {s} {b} =", "{a} {w} {b} is how much?", "Solve {a}{s}{b}."),
}


def questions(dice: Dice, *, split: str) -> Iterator[Row]:
    """Sums, differences (never below zero) and products of small whole numbers.

    Yields:
        Rows with ``prompt``, ``template``, ``a``, ``b``, ``operation`` and ``value``.
    """
    while True:
        for place, text in dice.shuffled(list(enumerate(WORDINGS[split]))):
            word = dice.pick(list(_OPERATIONS))
            sign, compute, low, high = _OPERATIONS[word]
            a, b = dice.between(low, high), dice.between(low, high)
            if word == "minus":
                a, b = max(a, b), min(a, b)
            if split_of("sum", f"{a} {sign} {b}") != split:
                continue
            prompt = text.format(a=a, b=b, s=sign, w=word)
            yield {
                "prompt": prompt,
                "template": f"sum{place + 1}",
                "a": a,
                "b": b,
                "operation": word,
                "value": compute(a, b),
            }

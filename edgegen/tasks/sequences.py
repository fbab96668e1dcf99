"""How a sequence goes on: the rule is written out with the last terms, then the next term.

"2, 5, 8, 11": "11 + 3 = 14. The next number is 14."
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from edgegen.split import split_of
from edgegen.tasks.dice import Dice

Row = dict[str, Any]


def recurrence(first: int, second: int, p: int, q: int, length: int) -> list[int]:
    """x(n) = p x(n-1) + q x(n-2)."""
    terms = [first, second]
    while len(terms) < length:
        terms.append(p * terms[-1] + q * terms[-2])
    return terms


def _fibonacci(dice: Dice, length: int) -> list[int]:
    first = dice.between(0, 9)
    return recurrence(first, dice.between(max(first, 1), first + 9), 1, 1, length)


def _pell(dice: Dice, length: int) -> list[int]:
    first = dice.between(0, 3)
    return recurrence(first, dice.between(first + 1, first + 4), 2, 1, length)


def _arithmetic(dice: Dice, length: int) -> list[int]:
    first, step = dice.between(0, 40), dice.between(2, 15)
    return [first + step * i for i in range(length)]


def _geometric(dice: Dice, length: int) -> list[int]:
    first, ratio = dice.between(1, 9), dice.between(2, 4)
    return [first * ratio**i for i in range(length)]


def _squares(dice: Dice, length: int) -> list[int]:
    first, offset = dice.between(1, 9), dice.between(0, 9)
    return [(first + i) ** 2 + offset for i in range(length)]


FAMILIES: dict[str, Callable[[Dice, int], list[int]]] = {
    "fibonacci": _fibonacci,
    "pell": _pell,
    "arithmetic": _arithmetic,
    "geometric": _geometric,
    "squares": _squares,
}


def _work(family: str, terms: Sequence[int]) -> str:
    before, last, following = terms[-3:]
    if family == "fibonacci":
        return f"{before} + {last} = {following}."
    if family == "pell":
        return f"2 * {last} + {before} = {following}."
    if family == "geometric":
        return f"{last} * {following // last} = {following}."
    if family == "squares":
        step = last - before
        return f"The steps grow by 2, from {step} to {step + 2}: {last} + {step + 2} = {following}."
    return f"{last} + {following - last} = {following}."


# {s} stands for the terms, with commas between them.
WORDINGS: Mapping[str, Sequence[str]] = {
    "train": (
        "Continue the sequence: {s}",
        "Which number follows? {s}",
        "{s}, ?",
        "Find the next term of {s}.",
        "Predict the value after these: {s}",
        "A counter showed {s}. What will it show next?",
        "Complete this list with one more number: {s}",
        "Work out the rule of {s} and give the following number.",
        "Number series: {s}. Next?",
        "After {s} comes",
        "I wrote {s}. What should I write next?",
        "Extend the series {s} by one term.",
    ),
    "dev": ("Say how the series {s} goes on.", "Which term comes after {s}?"),
    "sealed": (
        "What comes next? {s}, ...",
        "Give only the next term of this sequence: {s}",
        "Continue with one number: {s},",
        "What is the number that follows {s}?",
    ),
}


def questions(dice: Dice, *, split: str, family: str | None = None) -> Iterator[Row]:
    """Beginnings of five or six terms of a split; ``family`` picks one of ``FAMILIES``.

    Yields:
        Rows with ``prompt``, ``template``, ``next`` and ``answer``.
    """
    while True:
        for place, text in dice.shuffled(list(enumerate(WORDINGS[split]))):
            kind = family or dice.pick(list(FAMILIES))
            terms = FAMILIES[kind](dice, dice.between(6, 7))
            shown = ", ".join(map(str, terms[:-1]))
            if split_of("sequence", shown) != split:
                continue
            yield {
                "prompt": text.format(s=shown),
                "template": f"sequence{place + 1}",
                "next": terms[-1],
                "answer": f"{_work(kind, terms)} The next number is {terms[-1]}.",
            }

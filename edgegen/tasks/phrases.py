"""Alternatives in square brackets, and what two wordings have in common but for punctuation and case."""

import re
from collections.abc import Iterator

from edgegen.tasks.dice import Dice

# Brackets without a bar, as of a list in code, are text.
_CHOICE = re.compile(r"\[([^\[\]|]*\|[^\[\]]*)\]")


def drawn(dice: Dice, text: str) -> str:
    """One of the alternatives of each ``[turn|switch|]``, the inner ones first."""
    while (chosen := _CHOICE.sub(lambda found: dice.pick(found[1].split("|")), text)) != text:
        text = chosen
    return text


def all_of(text: str) -> Iterator[str]:
    """Each way to take the alternatives of ``drawn``, once."""
    waiting, seen = [text], set()
    while waiting:
        text = waiting.pop()
        if found := _CHOICE.search(text):
            waiting += [text[: found.start()] + one + text[found.end() :] for one in reversed(found[1].split("|"))]
        elif text not in seen:
            seen.add(text)
            yield text


def bare(text: str) -> str:
    """A wording without punctuation and case, between spaces: held-out ones are looked for in it."""
    return " " + " ".join(re.findall(r"[{]\w+[}]|[^\W_]+", text.casefold())) + " "

"""Which questions a model may learn from, which tune it, and which only prove it: one rule for every plane.

``train`` is learned from, ``dev`` is what hyperparameters, thresholds and early stops are chosen on, ``sealed`` is only
ever measured. A wording belongs to the list it stands in (``edgegen.tasks``); what fills it, a pair of numbers or a
sentence's values, belongs to a split by the SHA-256 of its meaning. So a pair that was trained on in one order, one
language or with other trailing zeros never comes back in a sealed question.
"""

import hashlib
import re
from decimal import Decimal

TRAIN, DEV, SEALED = SPLITS = ("train", "dev", "sealed")

# Of 100 keys, 80 are for training and 10 for each of the others.
_TRAIN_BELOW, _DEV_BELOW = 80, 90

# The numbers of the famous question. No question that holds either, however written, is learned from or tuned on.
FAMOUS = (Decimal("9.9"), Decimal("9.11"))

_FAMOUS_TEXT = re.compile(r"(?<![0-9])0*9[.,](?:90*|110*)(?![0-9])")


def split_of(kind: str, key: str) -> str:
    """The split of what ``key`` names, among things of one ``kind``; the same on every machine."""
    share = int.from_bytes(hashlib.sha256(f"{kind}\0{key}".encode()).digest()[:8]) % 100
    return TRAIN if share < _TRAIN_BELOW else DEV if share < _DEV_BELOW else SEALED


def pair_key(a: Decimal, b: Decimal) -> str:
    """What two numbers have in common with every way to write them: no order, no sign, no trailing zeros."""
    low, high = sorted((abs(a), abs(b)))
    return f"{low.normalize():f} {high.normalize():f}"


def pair_split(a: Decimal, b: Decimal) -> str:
    """The split of a pair of numbers; one with a number of the famous question is sealed."""
    if abs(a) in FAMOUS or abs(b) in FAMOUS:
        return SEALED
    return split_of("pair", pair_key(a, b))


def names_famous(text: str) -> bool:
    """Whether a text holds 9.11 or 9.9, with a point or a comma and whatever zeros behind, also inside a version."""
    return _FAMOUS_TEXT.search(text) is not None

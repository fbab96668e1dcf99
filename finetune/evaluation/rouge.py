"""ROUGE-1, ROUGE-2 and ROUGE-L as F1, over lower-case runs of letters and digits.

C.-Y. Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004; tokens and the sentence-level longest common
subsequence as in the package rouge-score without stemming.
"""

import re
from collections import Counter
from collections.abc import Sequence

_TOKEN = re.compile(r"[a-z0-9]+")


def tokens(text: str) -> list[str]:
    """Lower-case runs of ASCII letters and digits."""
    return _TOKEN.findall(text.lower())


def rouge(prediction: str, reference: str) -> dict[str, float]:
    """``rouge1``, ``rouge2`` and ``rougeL``; 0 where either side has no n-gram."""
    found, wanted = tokens(prediction), tokens(reference)
    return {
        "rouge1": _overlap(_ngrams(found, 1), _ngrams(wanted, 1)),
        "rouge2": _overlap(_ngrams(found, 2), _ngrams(wanted, 2)),
        "rougeL": _f1(common_subsequence(found, wanted), len(found), len(wanted)),
    }


def common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """Length of the longest common subsequence, in O(n m) time and O(m) memory."""
    row = [0] * (len(right) + 1)
    for one in left:
        diagonal = 0
        for column, other in enumerate(right, 1):
            diagonal, row[column] = row[column], diagonal + 1 if one == other else max(row[column], row[column - 1])
    return row[-1]


def _ngrams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _overlap(found: Counter[tuple[str, ...]], wanted: Counter[tuple[str, ...]]) -> float:
    return _f1((found & wanted).total(), found.total(), wanted.total())


def _f1(shared: int, found: int, wanted: int) -> float:
    if not shared:
        return 0.0
    precision, recall = shared / found, shared / wanted
    return 2 * precision * recall / (precision + recall)

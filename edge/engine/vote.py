"""Self-consistency: the answer most samples agree on."""

import json
from collections import Counter
from typing import Any

# A vote that counts for nobody: a document that did not complete.
NO_VOTE = None


def ballot(text: str, document: Any, *, constrained: bool, complete: bool) -> str | None:
    """What one sample votes for: its stripped text, or its document whatever the order of the keys."""
    if not constrained:
        return text.strip()
    if not complete:
        return NO_VOTE
    return json.dumps(document, sort_keys=True, ensure_ascii=False)


def majority(ballots: list[str | None]) -> tuple[int, float]:
    """The index of the first sample of the largest group, and that group's share of all samples.

    Among groups of one size the one that came first wins, so that a seed decides the outcome.
    """
    counts = Counter(vote for vote in ballots if vote is not NO_VOTE)
    if not counts:
        return 0, 0.0
    winner, count = counts.most_common(1)[0]
    return ballots.index(winner), count / len(ballots)

"""Guessing ahead from the text itself: what followed these tokens the last time they stood here.

Prompt lookup decoding (Saxena 2023, https://github.com/apoorvumang/prompt-lookup-decoding): an answer that quotes,
corrects or summarises repeats runs of its prompt, and every answer repeats itself. The guess is computed in one batch
with the token before it and costs only time when it is wrong; the sampler decides about each token as it would alone.
docs/decisions/0013-lookup-drafting.md has the measurements behind the constants.
"""

from collections.abc import Sequence

# Tokens that must have stood together before. Shorter matches guess more often and wrong.
MATCH_TOKENS = 6

# Lengths of a guess: one that was right all through lets the next be longer. Three tokens beside one cost 2.5 times
# one token on 2 cores, 7 cost 4 times, 15 cost 6.6 times.
LENGTHS = (3, 7, 15)


class Lookup:
    """The guesses for one sequence.

    Args:
        longest: Tokens a guess may have.
    """

    def __init__(self, longest: int) -> None:
        self._lengths = (*(length for length in LENGTHS if length < longest), longest)
        self._level = 0
        self._followers: dict[tuple[int, ...], int] = {}
        self._indexed = MATCH_TOKENS

    def guess(self, tokens: Sequence[int], limit: int) -> list[int]:
        """What may follow ``tokens``; nothing where their end has not occurred before.

        Args:
            limit: Tokens there is room for.
        """
        for end in range(self._indexed, len(tokens)):
            self._followers[tuple(tokens[end - MATCH_TOKENS : end])] = end
        self._indexed = max(self._indexed, len(tokens))
        start = self._followers.get(tuple(tokens[-MATCH_TOKENS:]))
        if start is None:
            return []
        # Text that repeats itself at once goes on repeating itself.
        period = len(tokens) - start
        return [tokens[start + step % period] for step in range(min(limit, self._lengths[self._level]))]

    def judge(self, guessed: int, right: int) -> None:
        """Learn from a guess of ``guessed`` tokens of which the first ``right`` came true."""
        if right == guessed:
            self._level = min(self._level + 1, len(self._lengths) - 1)
        else:
            self._level = max(0, self._level - 1) if 2 * right >= guessed else 0

"""How long a step will take, learned from the steps before it.

Two things make a token dear: the weights are multiplied with it, and its attention looks at every token before it in
its sequence. On a small model the second is no small change: a prompt's 1,500th token costs twice its first
(SmolLM2-135M, 2 threads). So a step of ``n`` tokens, which see ``w`` earlier ones in sum, is taken to last

    (n + FIXED_TOKENS) * base + w * slope      seconds,

and ``base`` and ``slope`` are a running linear regression of seconds per token on the mean number of earlier tokens.
"""

from math import sqrt

# What a step costs beside its tokens (the weights are read once, whatever the batch), in tokens: steps of 16, 32, 64
# and 128 tokens of a fresh prompt took 92, 159, 281 and 546 ms on one busy core, which is 4.1 ms a token and 19 ms.
FIXED_TOKENS = 4

# Before the first measurement; two cores of a gateway PC run a 135M model at 2.3 ms a token.
FIRST_GUESS_S = 0.004

# Weight of the newest step: ~10 steps of memory.
WEIGHT = 0.2

# A step this many times dearer than expected was disturbed by something else and counts no more than this.
DISTURBED = 2.0

# Spread of positions, in tokens, below which the slope is not believed: steps at one position tell nothing about it.
SPREAD_TOKENS = 50.0

# The part of a token's mean cost that cannot come from attention, so that a line through noise keeps a base above 0.
LEAST_BASE = 0.3

# So that what `added` says for n tokens fits n tokens.
ROUNDING = 1e-6


class StepCost:
    """The running regression."""

    def __init__(self) -> None:
        self.s_per_token = FIRST_GUESS_S
        self._past = 0.0
        self._variance = 0.0
        self._covariance = 0.0
        self._seen = False

    @property
    def slope(self) -> float:
        """Seconds that one earlier token adds to one token."""
        slope = max(0.0, self._covariance / (self._variance + SPREAD_TOKENS**2))
        most = (1 - LEAST_BASE) * self.s_per_token
        return min(slope, most / self._past) if self._past else slope

    @property
    def base(self) -> float:
        """Seconds of a token that has none before it."""
        return self.s_per_token - self.slope * self._past

    def doubt(self) -> None:
        """Steps will cost something else from now on: the next one replaces what was learned."""
        self._seen = False

    def observe(self, tokens: int, past: float, seconds: float) -> None:
        """Learn from a step of ``tokens`` tokens that saw ``past`` earlier ones in sum."""
        size = tokens + FIXED_TOKENS
        rate, place = seconds / size, past / size
        expected = self.base + self.slope * place
        if not self._seen or DISTURBED * rate < expected:
            # What was learned so far was disturbed: the weights were read from the disk, the cores were not ours.
            self._seen, self.s_per_token, self._past = True, rate, place
            self._variance = self._covariance = 0.0
            return
        rate = min(rate, DISTURBED * max(self.s_per_token, expected))
        off_rate, off_place = rate - self.s_per_token, place - self._past
        self.s_per_token += WEIGHT * off_rate
        self._past += WEIGHT * off_place
        # Exponentially weighted moments (West 1979, the update of a mean and its second moment by weights).
        self._variance = (1 - WEIGHT) * (self._variance + WEIGHT * off_place**2)
        self._covariance = (1 - WEIGHT) * (self._covariance + WEIGHT * off_place * off_rate)

    def seconds(self, tokens: int, past: float) -> float:
        """How long such a step will take."""
        return (tokens + FIXED_TOKENS) * self.base + past * self.slope

    def added(self, tokens: int, at: int) -> float:
        """What ``tokens`` of one prompt, ``at`` tokens of which are computed, add to a step."""
        return tokens * (self.base + self.slope * (at + tokens / 2))

    def fitting(self, seconds: float, at: int) -> int:
        """Tokens of one prompt, ``at`` tokens of which are computed, that add at most ``seconds`` to a step."""
        if seconds <= 0:
            return 0
        base, slope = self.base + self.slope * at, self.slope
        # c tokens see c * at + c^2 / 2 earlier ones; the positive root, written so that slope = 0 is no exception.
        return int(2 * seconds / (base + sqrt(base**2 + 2 * slope * seconds)) + ROUNDING)

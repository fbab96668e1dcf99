"""Whether the next tokens of a few sequences are computed faster in one batch or one after another.

A batch of one has kernels of its own: nothing is shared in it, but nothing is arranged for sharing either. Where the
multiplication and not the memory is the limit, two batches of one can be faster than a batch of two (SmolLM2-135M
Q4_1, 2 threads: 12.5 and 14.1 ms); where every batch waits for the weights, never. So both ways are timed.
docs/decisions/0023-what-a-step-costs.md has the measurements.
"""

from dataclasses import dataclass

# More sequences than this always share a batch: four alone took as long as four together on one core, longer on two.
MOST_SINGLY = 4

# Steps timed of each way before one is chosen.
TRIALS = 4

# After this many steps the other way is tried again: for three steps, of which the first arranges the graph.
RETRY_STEPS = 400
RETRIED_STEPS = 3

# Weight of the newest step: ~10 steps of memory. What is known of the way that is not used is old, and counts less.
WEIGHT = 0.1
RETRY_WEIGHT = 0.5

# The way that is used must be this much slower than the other before it is left.
MARGIN = 0.02


@dataclass
class Way:
    """What is known of one way: mean seconds of a step, and how many of them were timed."""

    seconds: float = 0.0
    timed: int = 0

    def learn(self, seconds: float, weight: float) -> None:
        """Take one more step into the mean; the first ones count alike."""
        self.timed += 1
        self.seconds += max(weight, 1 / self.timed) * (seconds - self.seconds)


class Choice:
    """The two ways for one number of sequences."""

    def __init__(self) -> None:
        self._ways = {False: Way(), True: Way()}
        self._singly = False
        self._last: bool | None = None
        self._steps = 0

    def singly(self) -> bool:
        """The way for the next step."""
        self._steps += 1
        untried = [way for way, known in self._ways.items() if known.timed < TRIALS]
        if untried:
            return untried[0]
        if self._steps % RETRY_STEPS < RETRIED_STEPS:
            return not self._singly
        if self._ways[not self._singly].seconds < (1 - MARGIN) * self._ways[self._singly].seconds:
            self._singly = not self._singly
        return self._singly

    def observe(self, seconds: float, *, singly: bool) -> None:
        """Learn from a step; the first after a change arranges the compute graph anew and tells nothing."""
        if singly == self._last:
            self._ways[singly].learn(seconds, WEIGHT if singly == self._singly else RETRY_WEIGHT)
        self._last = singly


class Grouping:
    """The choices by number of sequences, with an adapter and without."""

    def __init__(self) -> None:
        self._choices: dict[tuple[bool, int], Choice] = {}

    def singly(self, sequences: int, *, adapted: bool) -> bool:
        """Whether the next tokens of this many sequences are better computed one after another."""
        if not 1 < sequences <= MOST_SINGLY:
            return False
        return self._choices.setdefault((adapted, sequences), Choice()).singly()

    def observe(self, sequences: int, seconds: float, *, adapted: bool, singly: bool) -> None:
        """Learn from a step that gave each of the sequences one token."""
        choice = self._choices.get((adapted, sequences))
        if choice is not None:
            choice.observe(seconds, singly=singly)

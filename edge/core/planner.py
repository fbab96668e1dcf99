"""What one engine step computes: which adapter, whose next token, how much of whose prompt.

Pure: lanes and the time in, a plan out. A *lane* is one sequence that has tokens to compute. Three rules:

* A batch has one adapter set, so lanes are grouped by adapter and a group keeps the engine for a quantum.
* In a group every generating lane gets its next tokens; what is left of the step goes to prompts.
* A step with generating lanes stays short, so that nobody's next token waits for another's prompt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from edge.core.grouping import Grouping
from edge.core.stepcost import StepCost

# Length of a step that carries prompt tokens beside generating lanes. Their tokens then come at least this often;
# a cancel and a new request wait no longer either.
# Shorter steps cost little: prompts of 1,500 tokens run at 366, 367, 376 and 359 tokens/s in chunks of 64, 128, 256
# and 512 (SmolLM2-135M, 2 threads).
MIXED_STEP_S = 0.14

# Length of a step in which nobody generates: only a cancel or a new, shorter prompt waits for it.
PROMPT_STEP_S = 0.3

# Prompt tokens a step takes at least, however slow the board, so that prompts always advance.
MIN_CHUNK_TOKENS = 8

# ggml computes the attention of a batch of this many tokens in tiles: 64 tokens take what 60 do row by row.
TILE_TOKENS = 64
TILE_SLACK_TOKENS = 6

# How long one adapter keeps the engine while others wait. A switch costs ~6 ms (the compute graph is reserved
# again), 3% of this; the others' next tokens wait this long times the number of groups.
ADAPTER_QUANTUM_S = 0.2

# A group of lower priority that has waited this long is served before one of higher priority.
ADAPTER_STARVED_S = 2.0

# Of a step's prompt tokens, the part that goes to the oldest prompt even when shorter ones pass it.
OLDEST_SHARE = 0.25


class Lane(Protocol):
    """One sequence with tokens to compute."""

    @property
    def group(self) -> str:
        """The adapter it runs under; "" is the base model."""

    @property
    def n_past(self) -> int:
        """Tokens in the KV cache."""

    @property
    def pending(self) -> int:
        """Tokens not yet in the KV cache; more than one is a prompt, or text a grammar forces."""

    @property
    def generating(self) -> bool:
        """Whether its answer has begun: all its pending tokens belong in the next step."""

    @property
    def priority(self) -> int:
        """0 is the highest."""

    @property
    def arrival(self) -> int:
        """Grows with every request; smaller is older."""


LaneT = TypeVar("LaneT", bound=Lane)


@dataclass(frozen=True)
class Plan(Generic[LaneT]):
    """One step.

    Attributes:
        group: The adapter of all of it.
        chunks: How many pending tokens of which lane.
        singly: Each chunk in a batch of its own, one after another, because that is faster here.
    """

    group: str
    chunks: tuple[tuple[LaneT, int], ...]
    singly: bool = False

    @property
    def one_token_each(self) -> bool:
        """Whether all it does is to give generating lanes their next token."""
        return all(count == 1 and lane.generating for lane, count in self.chunks)


class Planner:
    """Plans steps and learns from their duration.

    Args:
        n_batch: Tokens a step may hold.
    """

    def __init__(self, n_batch: int) -> None:
        self._n_batch = n_batch
        self._group = ""
        self._group_since = 0.0
        self._group_was_starved = False
        self._waiting_since: dict[str, float] = {}
        self.cost = StepCost()
        self._grouping = Grouping()
        self._threads: int | None = None

    def use_threads(self, threads: int) -> None:
        """Say how many threads compute the next step.

        With another number of them steps cost something else. What was learned just before a change was also learned
        while others had the cores, so it is not kept for the way back either.
        """
        if self._threads not in (None, threads):
            self._grouping = Grouping()
            self.cost.doubt()
        self._threads = threads

    def observe(self, plan: Plan[LaneT], seconds: float) -> None:
        """Learn from a step that was computed as planned (before its lanes have advanced).

        Steps without a prompt teach nothing about prompts: their few tokens are bound by reading the weights and by
        rows of logits.
        """
        if plan.one_token_each:
            self._grouping.observe(len(plan.chunks), seconds, adapted=bool(plan.group), singly=plan.singly)
        elif seconds > 0 and sum(count for lane, count in plan.chunks if not lane.generating) >= MIN_CHUNK_TOKENS:
            self.cost.observe(*_size(plan.chunks), seconds)

    def plan(self, lanes: Sequence[LaneT], now: float) -> Plan[LaneT]:
        """The next step for ``lanes`` (at least one, each with pending tokens)."""
        groups: dict[str, list[LaneT]] = {}
        for lane in lanes:
            groups.setdefault(lane.group, []).append(lane)
        group = self._choose_group(groups, now)
        plan = Plan(group, tuple(self._fill(groups[group])))
        if plan.one_token_each and self._grouping.singly(len(plan.chunks), adapted=bool(group)):
            return replace(plan, singly=True)
        return plan

    def _choose_group(self, groups: dict[str, list[LaneT]], now: float) -> str:
        waiting = self._waiting_since
        for gone in [group for group in waiting if group not in groups]:
            del waiting[gone]
        if len(groups) == 1:
            (only,) = groups
            return self._switch(only, now, starved=False)
        for group in groups:
            waiting.setdefault(group, now)
        urgency = {group: min(lane.priority for lane in members) for group, members in groups.items()}
        if self._group in groups and now - self._group_since < ADAPTER_QUANTUM_S:
            overtaken = min(urgency.values()) < urgency[self._group] and not self._group_was_starved
            if not overtaken:
                return self._switch(self._group, now, starved=self._group_was_starved)
        others = [group for group in groups if group != self._group]
        starved = [group for group in others if now - waiting[group] >= ADAPTER_STARVED_S]
        if starved:
            return self._switch(min(starved, key=lambda group: waiting[group]), now, starved=True)
        return self._switch(min(groups, key=lambda group: (urgency[group], waiting[group])), now, starved=False)

    def _switch(self, group: str, now: float, *, starved: bool) -> str:
        if group != self._group or now - self._group_since >= ADAPTER_QUANTUM_S:
            self._group_since = now
        self._group = group
        self._group_was_starved = starved
        self._waiting_since[group] = now
        return group

    def _fill(self, lanes: list[LaneT]) -> Iterable[tuple[LaneT, int]]:
        generating = [lane for lane in lanes if lane.generating]
        chunks: list[tuple[LaneT, int]] = []
        room = self._n_batch
        for lane in generating:
            take = min(lane.pending, room)
            if take:
                chunks.append((lane, take))
            room -= take
        prompts = [lane for lane in lanes if not lane.generating]
        if prompts and room:
            left = (MIXED_STEP_S if generating else PROMPT_STEP_S) - self.cost.seconds(*_size(chunks))
            shares = _share(prompts, left, room, self.cost)
            _fill_tile(shares, room, self._n_batch - room)
            chunks += shares.items()
        return chunks


def _size(chunks: Iterable[tuple[Lane, int]]) -> tuple[int, float]:
    """Tokens of a step, and the earlier tokens they see in sum."""
    sizes = [(count, count * (lane.n_past + count / 2)) for lane, count in chunks]
    return sum(count for count, _ in sizes), sum(past for _, past in sizes)


def _share(prompts: list[LaneT], seconds: float, room: int, cost: StepCost) -> dict[LaneT, int]:
    """Divide what is left of a step: the shortest prompt first, but the oldest is never left out.

    Shortest first gives the lowest mean time to the first token; a 20-token question does not wait for a
    1,500-token document that came just before it.
    """
    order = sorted(prompts, key=lambda lane: (lane.priority, lane.pending, lane.arrival))
    oldest = min(prompts, key=lambda lane: lane.arrival)
    seconds = max(seconds, cost.added(MIN_CHUNK_TOKENS, oldest.n_past))
    reserved = min(oldest.pending, room, max(1, cost.fitting(OLDEST_SHARE * seconds, oldest.n_past)))
    shares = {oldest: reserved}
    seconds -= cost.added(reserved, oldest.n_past)
    room -= reserved
    for lane in order:
        has = shares.get(lane, 0)
        take = min(lane.pending - has, room, cost.fitting(seconds, lane.n_past + has))
        if take > 0:
            shares[lane] = has + take
            seconds -= cost.added(take, lane.n_past + has)
            room -= take
    return shares


def _fill_tile(shares: dict[LaneT, int], room: int, others: int) -> None:
    """Let a step that is a few tokens short of ``TILE_TOKENS`` have them, where a prompt has them to give."""
    missing = TILE_TOKENS - others - sum(shares.values())
    if not 0 < missing <= TILE_SLACK_TOKENS or sum(shares.values()) + missing > room:
        return
    for lane, count in shares.items():
        more = min(missing, lane.pending - count)
        shares[lane] += more
        missing -= more

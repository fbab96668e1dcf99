"""The state of requests and of the sequences that answer them."""

from dataclasses import dataclass, field
from typing import Any

from edge.engine.constrain import Constraint
from edge.engine.lookup import Lookup
from edge.engine.sampling import Sampler, SamplingOptions
from edge.engine.text import TextStream

# A generating lane may bring this many tokens at once: a run the grammar forces. More is recomputation after a
# preemption, which is planned in chunks like a prompt.
FORCED_RUN_TOKENS = 32

PRIORITIES = {"high": 0, "normal": 1, "batch": 2}


@dataclass(eq=False)
class Job:
    """One request that generates.

    Attributes:
        key: The daemon's number for it; None for the engine's own work (computing a shared prefix).
        adapter: "" is the base model.
        keeps_prefix: Whether its KV cache stays for the owner's next request.
        urgency: The class in which it was started last: its priority, raised by its waits (see Roster).
        shared_length: How many of its first tokens are the shared prefix of its adapter.
    """

    key: int | None
    arrival: int
    adapter: str
    owner: str
    options: SamplingOptions
    prompt_length: int
    max_new: int
    priority: int = 1
    urgency: int = 0
    samples: int = 1
    votes: int = 1
    stream: bool = False
    wants_logprobs: bool = False
    wants_confidence: bool = False
    keeps_prefix: bool = False
    shared_length: int = 0
    constrained: bool = False
    sequences: list["Seq"] = field(default_factory=list)
    forked: bool = False
    started_s: float | None = None
    first_s: float | None = None
    cached_tokens: int = 0


@dataclass(eq=False)
class Seq:
    """One sequence: a lane of the planner while it runs.

    ``tokens`` is the whole sequence, prompt first; the first ``n_past`` are in the KV cache under ``seq_id``
    (-1: it waits). A preempted sequence just has ``n_past`` 0 again. ``waits_since`` is when it began to wait, earlier
    waits included; ``waited_s`` is how long it has waited in all, while it runs.
    """

    job: Job
    tokens: list[int]
    sampler: Sampler
    text: TextStream
    constraint: Constraint | None = None
    seq_id: int = -1
    n_past: int = 0
    waits_since: float = 0.0
    waited_s: float = 0.0
    finish: str | None = None
    document: Any = None
    logprobs: list[tuple[int, float]] = field(default_factory=list)
    lookup: Lookup | None = None

    @property
    def scored(self) -> bool:
        """Whether the log-probabilities of its tokens are kept."""
        return self.job.wants_logprobs or self.job.wants_confidence

    @property
    def group(self) -> str:
        """See Lane."""
        return self.job.adapter

    @property
    def priority(self) -> int:
        """See Lane."""
        return self.job.priority

    @property
    def arrival(self) -> int:
        """See Lane."""
        return self.job.arrival

    @property
    def pending(self) -> int:
        """See Lane."""
        return len(self.tokens) - self.n_past

    @property
    def generating(self) -> bool:
        """See Lane."""
        return self.n_past >= self.job.prompt_length and len(self.tokens) - self.n_past <= FORCED_RUN_TOKENS

    @property
    def generated(self) -> int:
        """Tokens of the answer so far, forced ones included."""
        return len(self.tokens) - self.job.prompt_length

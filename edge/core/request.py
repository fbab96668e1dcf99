"""The life of one accepted request, as a table, and what the node remembers of it while it is open."""

from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """Where a request stands. The first four are open; an open request is owed exactly one terminal frame."""

    QUEUED = "queued"  # stored and accepted, waiting for a slot
    PROMPT = "prompt"  # in the engine, no token of the answer yet
    GENERATING = "generating"  # in the engine, the answer has begun
    ANSWERED = "answered"  # its one terminal frame is stored, in the outbox
    PUBLISHED = "published"  # the broker acknowledged the terminal frame
    UNDELIVERABLE = "undeliverable"  # the broker refused the terminal frame, again and again


class Step(StrEnum):
    """What moves a request on."""

    DISPATCHED = "dispatched"
    TEXT_BEGAN = "text_began"
    ENGINE_DIED = "engine_died"
    ENDED = "ended"
    DELIVERED = "delivered"
    REFUSED_BY_BROKER = "refused_by_broker"


TRANSITIONS: dict[State, dict[Step, State]] = {
    State.QUEUED: {Step.DISPATCHED: State.PROMPT, Step.ENDED: State.ANSWERED},
    State.PROMPT: {
        Step.TEXT_BEGAN: State.GENERATING,
        Step.ENGINE_DIED: State.QUEUED,
        Step.ENDED: State.ANSWERED,
    },
    State.GENERATING: {Step.ENGINE_DIED: State.QUEUED, Step.ENDED: State.ANSWERED},
    State.ANSWERED: {Step.DELIVERED: State.PUBLISHED, Step.REFUSED_BY_BROKER: State.UNDELIVERABLE},
    State.PUBLISHED: {},
    State.UNDELIVERABLE: {},
}

RUNNING = frozenset({State.PROMPT, State.GENERATING})

# A request in the engine when it died twice has done so beside others each time. The third time it
# runs alone, which tells the guilty from its neighbours; if the engine dies again, it was this one.
DEATHS_BEFORE_ALONE = 2


@dataclass
class Job:
    """One open request.

    Times are seconds of a clock that never goes back and counts suspension (CLOCK_BOOTTIME).

    Attributes:
        makes_way: Whether it was started as ``batch``, and so gives its slot to what a device asks more urgently.
        starts: How often generation was started; durable before each start.
        run: The ``run`` of the next frame, and ``seq`` its number within the run.
        deaths: How often the engine died while this request was in it.
    """

    key: int
    device: str
    request_id: str
    verb: str
    received_at: float
    priority: str = "normal"
    makes_way: bool = False
    adapter: str | None = None
    samples: int = 1
    stream: bool = False
    plain: bool = False
    pool: bool = False
    response_topic: str = ""
    correlation: bytes | None = None
    deadline_at: float | None = None
    state: State = State.QUEUED
    starts: int = 0
    deaths: int = 0
    run: int = 0
    seq: int = 1  # `accepted` was 0
    dispatched_at: float | None = None
    first_token_at: float | None = None
    question: tuple[str, ...] = field(default=(), repr=False)  # what the device wrote, once it has started
    prompt_tokens: int = 0
    cached_tokens: int = 0
    pending_text: str = field(default="", repr=False)  # text not yet published as a delta
    delta_sent: bool = False  # whether this run has published a delta

    def move(self, step: Step) -> None:
        """Take one step of the table; an illegal one is a defect of ours."""
        assert step in TRANSITIONS[self.state], f"request {self.key}: {step} in state {self.state}"
        self.state = TRANSITIONS[self.state][step]

    @property
    def alone(self) -> bool:
        """Whether it must run without neighbours."""
        return self.deaths >= DEATHS_BEFORE_ALONE

    def start(self, now: float) -> bool:
        """Enter the engine. Returns True when this is not the first time, so that a new run begins."""
        self.move(Step.DISPATCHED)
        again = self.starts > 0
        if again:
            self.run, self.seq = self.starts, 0
        self.starts += 1
        self.dispatched_at, self.first_token_at = now, None
        self.pending_text, self.delta_sent = "", False
        return again

    def unstart(self) -> None:
        """Take back a start that could not be committed, and so never reached the engine."""
        self.move(Step.ENGINE_DIED)
        self.starts -= 1
        self.dispatched_at = None

    def next_seq(self) -> int:
        """The number of the frame about to be published."""
        seq = self.seq
        self.seq += 1
        return seq

    def reopen(self) -> None:
        """Take up after a restart of the daemon.

        What was published in the last run is not known any more, so that numbering without gaps is
        only possible in a new one.
        """
        self.state = State.QUEUED
        if self.starts:
            self.run, self.seq = self.starts, 0

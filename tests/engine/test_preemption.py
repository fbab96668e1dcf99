"""Preemption in the whole engine, over a model without weights: whatever is taken out and comes back, in any order."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.engine.engine import Engine
from edge.engine.roster import AGING_S
from edge.engine.sequence import PRIORITIES
from tests.engine import toy

N_CTX = 160
# With the template 78 tokens, nearly half of the cells: it is computed once for all, and taken out as others are.
SYSTEM_PROMPT = "Pumps are blue, valves are red, and what hums and hisses is grey."
BATCH = PRIORITIES["batch"]

requests = st.fixed_dictionaries(
    {
        "verb": st.sampled_from(["generate", "chat"]),
        "prompt": st.text("pump ", min_size=1, max_size=30),
        "raw": st.booleans(),
        "adapter": st.sampled_from([None, "x"]),
        "priority": st.sampled_from(["high", "normal", "batch", "batch"]),
        "samples": st.integers(1, 3),
        "owner": st.sampled_from(["a", "b"]),
        "stream": st.booleans(),
        "sampling": st.fixed_dictionaries(
            {"temperature": st.sampled_from([0, 0.9]), "seed": st.just(7), "max_tokens": st.integers(1, 40)}
        ),
    }
)


def engine(**load: Any) -> Engine:
    given = {"model": "toy", "chat_template": toy.TEMPLATE, "system_prompt": SYSTEM_PROMPT, "n_batch": 16}
    return Engine({**given, **load})


def facts(end: dict[str, Any]) -> dict[str, Any]:
    """What no neighbour may change of an answer."""
    counts = {name: end["usage"][name] for name in ("prompt_tokens", "completion_tokens")}
    return {name: end[name] for name in ("type", "text", "finish", "adapter")} | counts


class Preempted(RuleBasedStateMachine):
    """Devices and batch ask and cancel, time passes; each answer is the one that its request gets alone."""

    def __init__(self) -> None:
        super().__init__()
        self.patch, self.clock = pytest.MonkeyPatch(), toy.Clock()
        toy.use(self.patch, self.clock)
        self.engine = engine(n_ctx=N_CTX, slots=2)
        self.asked: dict[int, dict[str, Any]] = {}
        self.events: dict[int, list[dict[str, Any]]] = {}

    @property
    def model(self) -> toy.ToyModel:
        return self.engine.model  # type: ignore[return-value]

    @rule(request=requests)
    def ask(self, request: dict[str, Any]) -> None:
        key = len(self.asked)
        self.asked[key] = request if request["samples"] == 1 else {**request, "stream": False}
        self.engine.submit({"key": key, **self.asked[key]})

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.engine.cancel(data.draw(st.sampled_from(sorted(self.asked))))

    @rule(count=st.integers(1, 12), seconds=st.sampled_from([0.1, AGING_S]))
    def step(self, count: int, seconds: float) -> None:
        for _ in range(count):
            self.clock.now += seconds
            self.engine.step()
            for event in self.engine.take_events(self.clock.now):
                self.events.setdefault(event["key"], []).append(event)

    @invariant()
    def slots_and_cells_are_kept(self) -> None:
        roster, pool = self.engine._roster, self.engine._pool
        assert len({seq.job for seq in roster.running if seq.job.key is not None}) <= self.model.options.slots
        assert not set(roster.running) & set(roster.waiting)
        assert pool.ledger.used == self.model.used
        held = [seq.seq_id for seq in roster.running]
        assert sorted([*held, *pool._free_ids]) == list(range(self.model.max_running))
        assert all(seq.seq_id == -1 and not seq.n_past for seq in roster.waiting)

    @invariant()
    def no_device_waits_for_what_makes_way(self) -> None:
        """And nothing is taken out for one that has to wait all the same."""
        roster, admission = self.engine._roster, self.engine._admission
        before = roster.preemptions
        admission.admit(self.clock.now)
        waiting = roster.by_urgency(self.clock.now)
        own = [seq for seq in (*roster.running, *waiting) if seq.job.key is None]
        if not waiting or own:
            return  # a prefix is computed first, and those who need it keep their place
        first = waiting[0]
        staying = [seq for seq in roster.running if seq.job.urgency < BATCH]
        if first.job.priority < BATCH:
            assert not (admission._has_slot(first, staying) and admission._fits(first, staying))
            began = any(seq.n_past < seq.job.prompt_length for seq in roster.running)
            assert roster.preemptions == before or began

    def teardown(self) -> None:
        for _ in range(3000):
            if not self.engine.busy:
                break
            self.step(1, 0.1)
        self.step(1, 0.1)
        assert not self.engine.busy, "somebody waits for ever"
        self.slots_and_cells_are_kept()
        for key, request in self.asked.items():
            events = self.events[key]
            (end,) = (event for event in events if event["type"] in ("done", "error"))
            assert events[-1] is end
            kinds = [event["type"] for event in events]
            assert kinds.count("started") <= 1
            assert kinds.count("first") <= 1
            said = "".join(event["text"] for event in events if event["type"] == "delta")
            if end["type"] == "done":
                assert facts(end) == self.alone(request)
                assert said == (end["text"] if request["stream"] else "")
            else:
                assert end["code"] == "cancelled", end
                assert self.alone(request)["text"].startswith(said)
        self.patch.undo()

    def alone(self, request: dict[str, Any]) -> dict[str, Any]:
        """What it is answered by an engine that does nothing else and does not guess."""
        other = engine(n_ctx=N_CTX, slots=1, lookup_tokens=0)
        other.submit({"key": 0, **request})
        while other.busy:
            other.step()
        return facts(other.take_events(self.clock.now + 1)[-1])


Preempted.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
TestPreempted = Preempted.TestCase


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> toy.Clock:
    """The engine's, which a test turns."""
    found = toy.Clock()
    toy.use(monkeypatch, found)
    return found


class Driven:
    """An engine that a test takes step by step."""

    def __init__(self, clock: toy.Clock, **load: Any) -> None:
        self.clock, self.engine = clock, engine(**load)
        self.ended: dict[int, str] = {}
        self.keys = 0

    def ask(self, prompt: str, tokens: int = 8, **fields: Any) -> int:
        self.keys += 1
        sampling = {"max_tokens": tokens}
        message = {"key": self.keys, "verb": "generate", "prompt": prompt, "raw": True, "sampling": sampling, **fields}
        self.engine.submit(message)
        return self.keys

    def step(self, count: int = 1, seconds: float = 0.1) -> None:
        for _ in range(count):
            self.clock.now += seconds
            self.engine.step()
            for event in self.engine.take_events(self.clock.now):
                if event["type"] in ("done", "error"):
                    self.ended[event["key"]] = event["type"]

    @property
    def preemptions(self) -> int:
        return int(self.engine.stats()["preemptions"])


def test_batch_that_makes_way_again_and_again_ends(clock: toy.Clock) -> None:
    """Its waits add up: between two devices it never gets through its prompt, and must not begin anew for ever."""
    driven = Driven(clock, n_ctx=512, slots=1)
    batch = driven.ask("watch " * 40, priority="batch")
    devices = []

    for _ in range(30):
        driven.step()
        devices.append(driven.ask("pump"))
        driven.step(9)
    driven.step(100)

    assert driven.preemptions > 5
    assert list(driven.ended).index(batch) < 20
    assert driven.ended == dict.fromkeys([batch, *devices], "done")


def test_batch_is_not_taken_out_for_a_device_that_has_to_wait_all_the_same(clock: toy.Clock) -> None:
    """Without it there would still be no room beside the other device."""
    driven = Driven(clock, n_ctx=512, slots=3)
    first = driven.ask("pump " * 60, tokens=60)
    batch = driven.ask("watch", priority="batch", tokens=30)
    driven.step(30)
    second = driven.ask("valve " * 50)
    driven.step(40)

    assert driven.preemptions == 0
    driven.step(100)
    assert list(driven.ended) == [batch, first, second]


def test_the_place_of_a_device_is_kept_while_its_prefix_is_computed(clock: toy.Clock) -> None:
    """What has made way for it does not come back meanwhile, only to be taken out again."""
    driven = Driven(clock, n_ctx=512, slots=1)
    driven.step(20)
    batch = driven.ask("watch", priority="batch", tokens=30)
    driven.step(3)
    device = driven.ask("pump", adapter="x", raw=False, owner="pump")
    driven.step(40)

    assert driven.preemptions == 1
    assert list(driven.ended) == [device, batch]


@pytest.mark.parametrize("length", [70, 75, 80])
def test_a_prefix_that_is_taken_out_itself_comes_back_before_those_who_wait_for_it(
    clock: toy.Clock, length: int
) -> None:
    """The place that is kept for them is none against it."""
    driven = Driven(clock, n_ctx=N_CTX, slots=2)
    driven.step(20)
    first = driven.ask("p" * length, tokens=100, priority="high")
    driven.step(6)
    second = driven.ask("pump", adapter="x", raw=False, priority="high")
    driven.step(300)

    assert driven.ended == {first: "done", second: "done"}

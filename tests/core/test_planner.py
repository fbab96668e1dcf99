"""The step planner: properties that hold for any lanes, and the rules by example."""

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.core import planner
from edge.core.planner import Planner


@dataclass(eq=False)
class Lane:
    """A sequence as the planner sees it."""

    group: str = ""
    pending: int = 1
    generating: bool = True
    priority: int = 1
    arrival: int = 0


LANES = st.lists(
    st.builds(
        Lane,
        group=st.sampled_from(["", "a", "b"]),
        pending=st.integers(1, 40),
        generating=st.booleans(),
        priority=st.integers(0, 2),
        arrival=st.integers(0, 1000),
    ),
    min_size=1,
    max_size=20,
)


@given(lanes=LANES, n_batch=st.integers(32, 512), s_per_token=st.floats(1e-4, 0.2))
def test_a_plan_is_never_empty_and_never_asks_for_what_is_not_there(
    lanes: list[Lane], n_batch: int, s_per_token: float
) -> None:
    """One group, each lane once, at most its pending tokens, at most a batch."""
    engine = Planner(n_batch)
    engine.s_per_token = s_per_token

    plan = engine.plan(lanes, now=5.0)

    assert plan.chunks
    assert {lane.group for lane, _ in plan.chunks} == {plan.group}
    assert len({id(lane) for lane, _ in plan.chunks}) == len(plan.chunks)
    assert all(0 < count <= lane.pending for lane, count in plan.chunks)
    assert sum(count for _, count in plan.chunks) <= n_batch


@given(lanes=LANES)
def test_every_lane_is_served_in_the_end(lanes: list[Lane]) -> None:
    """Prompts end, generating lanes of every adapter get tokens, whatever the priorities."""
    engine = Planner(256)
    waiting = set(map(id, lanes))
    now = 0.0
    for _ in range(2000):
        for lane, count in engine.plan(lanes, now).chunks:
            lane.pending -= count
            if not lane.pending:
                waiting.discard(id(lane))
                lane.pending, lane.generating = 1, True
        now += 0.05
        if not waiting:
            break

    assert not waiting


def test_a_long_prompt_does_not_stall_generating_lanes() -> None:
    """The step stays as short as MIXED_STEP_S allows, and all of them are in it."""
    engine = Planner(256)
    generating = [Lane(arrival=n) for n in range(4)]
    long_prompt = Lane(pending=1500, generating=False, arrival=9)

    chunks = dict(engine.plan([*generating, long_prompt], now=0.0).chunks)

    assert all(chunks[lane] == 1 for lane in generating)
    assert sum(chunks.values()) * engine.s_per_token <= planner.MIXED_STEP_S


def test_prompts_alone_get_large_chunks() -> None:
    """Nobody waits for the next token then."""
    engine = Planner(256)

    ((_, count),) = engine.plan([Lane(pending=1500, generating=False)], now=0.0).chunks

    assert count == min(256, int(planner.PROMPT_STEP_S / engine.s_per_token))


def test_a_slower_board_gets_smaller_chunks() -> None:
    """Learned from the steps themselves."""
    engine = Planner(256)
    for _ in range(50):
        engine.observe(tokens=20, seconds=1.0)

    chunks = dict(engine.plan([Lane(), long := Lane(pending=1000, generating=False)], now=0.0).chunks)

    assert chunks[long] == planner.MIN_CHUNK_TOKENS


def test_a_short_prompt_passes_a_long_one_that_still_advances() -> None:
    """The oldest prompt keeps its share."""
    engine = Planner(64)
    long_prompt = Lane(pending=1500, generating=False, arrival=1)
    short_prompt = Lane(pending=20, generating=False, arrival=2)

    chunks = dict(engine.plan([long_prompt, short_prompt], now=0.0).chunks)

    assert chunks[short_prompt] == 20
    assert chunks[long_prompt] == 44


def test_adapters_take_turns_by_quantum_and_not_by_token() -> None:
    """Two groups over four seconds of 20 ms steps: a switch a quantum, equal shares."""
    engine = Planner(256)
    lanes = [Lane(group="a"), Lane(group="b")]

    groups = [engine.plan(lanes, now=step * 0.02).group for step in range(200)]

    switches = sum(left != right for left, right in pairwise(groups))
    assert 15 <= switches <= 25
    assert abs(groups.count("a") - groups.count("b")) <= 20


def test_high_priority_overtakes_and_batch_work_is_not_starved() -> None:
    """A group of lower priority is served at least every ADAPTER_STARVED_S, for a quantum."""
    engine = Planner(256)
    lanes = [Lane(group="a", priority=2), Lane(group="b", priority=0)]

    groups = [engine.plan(lanes, now=step * 0.02).group for step in range(500)]

    assert groups[:50] == ["b"] * 50
    assert 20 <= groups.count("a") <= 100

"""The step planner: properties that hold for any lanes, and the rules by example."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core import planner
from edge.core.grouping import MOST_SINGLY, RETRIED_STEPS, RETRY_STEPS
from edge.core.planner import Plan, Planner
from edge.core.stepcost import FIRST_GUESS_S, FIXED_TOKENS, StepCost


@dataclass(eq=False)
class Lane:
    """A sequence as the planner sees it."""

    group: str = ""
    n_past: int = 0
    pending: int = 1
    generating: bool = True
    priority: int = 1
    arrival: int = 0


LANES = st.lists(
    st.builds(
        Lane,
        group=st.sampled_from(["", "a", "b"]),
        n_past=st.integers(0, 4000),
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
    engine.cost.s_per_token = s_per_token

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
    """Every step of it lasts nearly MIXED_STEP_S though its attention grows, and all of them are in each."""
    base, slope = 0.0023, 1.6e-6  # 2 cores of a gateway PC
    engine = Planner(256)
    generating = [Lane(arrival=n) for n in range(4)]
    long_prompt = Lane(pending=1500, generating=False, arrival=9)
    steps = []
    while long_prompt.pending:
        plan = engine.plan([*generating, long_prompt], now=0.0)
        chunks = dict(plan.chunks)
        assert all(chunks[lane] == 1 for lane in generating)
        seen = sum(count * (lane.n_past + count / 2) for lane, count in plan.chunks)
        steps.append(0.01 + sum(chunks.values()) * base + seen * slope)
        engine.observe(plan, steps[-1])
        for lane, count in plan.chunks:
            lane.n_past += count
            lane.pending -= count if lane is long_prompt else 0

    assert max(steps) <= 1.05 * planner.MIXED_STEP_S
    assert sum(steps) >= 0.9 * planner.MIXED_STEP_S * len(steps)


def test_prompts_alone_get_large_chunks() -> None:
    """Nobody waits for the next token then."""
    engine = Planner(256)

    ((_, count),) = engine.plan([Lane(pending=1500, generating=False)], now=0.0).chunks

    assert count == int(planner.PROMPT_STEP_S / FIRST_GUESS_S) - FIXED_TOKENS


def test_a_slower_board_gets_smaller_chunks() -> None:
    """Learned from the steps themselves."""
    engine = Planner(256)
    engine.observe(Plan("", ((Lane(pending=20, generating=False), 20),)), seconds=1.0)

    chunks = dict(engine.plan([Lane(), long := Lane(pending=1000, generating=False)], now=0.0).chunks)

    assert chunks[long] == planner.MIN_CHUNK_TOKENS


def test_steps_that_only_generate_teach_nothing_about_prompts() -> None:
    """Eight tokens of eight sequences take longer a token than a prompt's."""
    engine = Planner(256)
    lanes = [Lane() for _ in range(16)]
    engine.observe(engine.plan(lanes, now=0.0), seconds=1.0)

    assert engine.cost.s_per_token == FIRST_GUESS_S


def test_a_step_a_few_tokens_short_of_a_tile_takes_them() -> None:
    """64 tokens cost what 60 do, see TILE_TOKENS; a step that is far from it stays as it is."""
    for rate, expected in ((planner.MIXED_STEP_S / 64, 64), (planner.MIXED_STEP_S / 44, 40)):
        engine = Planner(256)
        engine.cost.s_per_token = rate
        plan = engine.plan([Lane(), Lane(pending=40, generating=False), Lane(pending=500, generating=False)], now=0.0)
        assert sum(count for _, count in plan.chunks) == expected


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


@given(
    base=st.floats(1e-4, 0.1),
    slope=st.floats(0, 1e-4),
    steps=st.lists(st.tuples(st.integers(1, 256), st.integers(0, 4000), st.floats(0.5, 20)), max_size=40),
    seconds=st.floats(-1, 10),
    at=st.integers(0, 8000),
)
def test_whatever_was_observed_a_chunk_that_fits_is_as_long_as_it_may_be(
    base: float, slope: float, steps: list[tuple[int, int, float]], seconds: float, at: int
) -> None:
    """Noise of any kind leaves costs above 0; the chunk fits and one token more does not."""
    cost = StepCost()
    for tokens, past, noise in steps:
        cost.observe(tokens, tokens * past, noise * tokens * (base + slope * past))

    count = cost.fitting(seconds, at)

    assert cost.base > 0
    assert cost.slope >= 0
    assert cost.added(count, at) <= max(0.0, seconds) * (1 + 1e-3) + 1e-9
    assert cost.added(count + 1, at) > seconds


def test_the_cost_of_attention_is_learned_from_a_prompt() -> None:
    """After 20 chunks of a prompt the next one's time is known within a few percent."""
    cost, at = StepCost(), 0
    for _ in range(20):
        cost.observe(50, 50 * at, 0.009 + 50 * (0.0023 + 1.6e-6 * at))
        at += 50

    assert abs(cost.seconds(50, 50 * at) / (0.009 + 50 * (0.0023 + 1.6e-6 * at)) - 1) < 0.05


def test_one_disturbed_step_does_not_rule_the_next() -> None:
    """Another process took the cores for 5 seconds."""
    cost = StepCost()
    for _ in range(10):
        cost.observe(50, 0.0, 0.14)
    before = cost.s_per_token
    cost.observe(50, 0.0, 5.0)

    assert cost.s_per_token <= 1.25 * before


def test_a_first_step_that_was_disturbed_is_forgotten() -> None:
    """The weights came from the disk; the next steps say what a token costs."""
    cost = StepCost()
    for seconds in (5.0, 0.14, 0.14):
        cost.observe(50, 0.0, seconds)

    assert cost.seconds(50, 0.0) < 0.15


def test_after_a_change_of_threads_the_next_step_says_what_a_token_costs() -> None:
    """What was learned beside other processes, and with another number of threads, holds no longer."""
    engine, lane = Planner(512), Lane(pending=512, generating=False)
    engine.use_threads(2)
    for _ in range(10):
        engine.observe(Plan("", ((lane, 50),)), 0.28)
    slow = engine.cost.s_per_token

    engine.use_threads(2)
    engine.observe(Plan("", ((lane, 50),)), 0.2)
    assert engine.cost.s_per_token > 0.8 * slow

    engine.use_threads(1)
    engine.observe(Plan("", ((lane, 50),)), 0.2)
    assert engine.cost.s_per_token == pytest.approx(0.2 / 54)


def _generate(engine: Planner, lanes: list[Lane], steps: int, batch_s: dict[int, float]) -> list[bool]:
    """Which way each step goes where a batch of ``n`` takes ``batch_s[n]``."""
    ways = []
    for _ in range(steps):
        plan = engine.plan(lanes, now=0.0)
        assert sorted(map(id, (lane for lane, _ in plan.chunks))) == sorted(map(id, lanes))
        engine.observe(plan, len(lanes) * batch_s[1] if plan.singly else batch_s[len(lanes)])
        ways.append(plan.singly)
    return ways


def test_a_few_sequences_go_the_faster_way() -> None:
    """Two alone beat two together where arithmetic is the limit, never where reading the weights is."""
    arithmetic, memory = {1: 6.3e-3, 2: 14.1e-3, 3: 16.5e-3}, {1: 50e-3, 2: 52e-3, 3: 54e-3}
    for count, batch_s, expected in ((2, arithmetic, True), (3, arithmetic, False), (2, memory, False)):
        ways = _generate(Planner(256), [Lane() for _ in range(count)], 300, batch_s)

        assert set(ways[:12]) == {False, True}
        assert set(ways[12:]) == {expected}


def test_a_way_that_has_become_slower_is_left() -> None:
    """Another program now uses the memory; afterwards the other way is tried once in RETRY_STEPS."""
    engine, lanes = Planner(256), [Lane(), Lane()]
    _generate(engine, lanes, 100, {1: 6e-3, 2: 14e-3})

    ways = _generate(engine, lanes, 4 * RETRY_STEPS, {1: 20e-3, 2: 22e-3})

    assert 1 <= sum(ways[-RETRY_STEPS:]) <= RETRIED_STEPS
    assert sum(ways) <= RETRY_STEPS // 4


def test_a_choice_made_on_a_busy_machine_is_corrected_within_a_few_retries() -> None:
    """Busy cores make two batches dear: two barriers to wait at."""
    engine, lanes = Planner(256), [Lane(), Lane()]
    busy = _generate(engine, lanes, 100, {1: 28e-3, 2: 38e-3})

    ways = _generate(engine, lanes, 4 * RETRY_STEPS, {1: 6e-3, 2: 14e-3})

    assert not any(busy[20:])
    assert sum(ways[-RETRY_STEPS:]) >= RETRY_STEPS - RETRIED_STEPS


def test_each_number_of_sequences_and_an_adapter_have_a_choice_of_their_own() -> None:
    """And more than MOST_SINGLY always share a batch."""
    engine = Planner(256)
    _generate(engine, [Lane(), Lane()], 100, {1: 6e-3, 2: 14e-3})

    assert engine.plan([Lane(), Lane()], now=0.0).singly
    assert not engine.plan([Lane(group="a"), Lane(group="a")], now=0.0).singly
    assert not engine.plan([Lane(), Lane(), Lane()], now=0.0).singly
    assert not any(_generate(engine, [Lane() for _ in range(MOST_SINGLY + 1)], 50, {1: 1e-3, MOST_SINGLY + 1: 1.0}))


def test_a_prompt_beside_two_sequences_shares_their_batch() -> None:
    """Whatever is faster without it."""
    engine, lanes = Planner(256), [Lane(), Lane()]
    _generate(engine, lanes, 100, {1: 6e-3, 2: 14e-3})

    assert not engine.plan([*lanes, Lane(pending=50, generating=False)], now=0.0).singly

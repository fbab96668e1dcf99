"""Who goes next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.admission import Admission
from edge.core.request import Job
from edge.core.scheduler import AGEING_S, Scheduler
from edgegen.errors import RequestError


def job(key: int, device: str = "d", *, at: float = 0.0, **fields: object) -> Job:
    return Job(key=key, device=device, request_id=str(key), verb="generate", received_at=at, **fields)


def order(scheduler: Scheduler, now: float = 0.0) -> list[int]:
    """Keys in the order they start when each one ends at once."""
    keys = []
    while (chosen := scheduler.next(now)) is not None:
        keys.append(chosen.key)
        scheduler.remove(chosen.key, 64)
    return keys


def test_high_overtakes_normal_overtakes_batch():
    scheduler = Scheduler(1)
    for key, priority in ((1, "batch"), (2, "normal"), (3, "high")):
        scheduler.add(job(key, f"d{key}", priority=priority))

    assert order(scheduler) == [3, 2, 1]


def test_batch_is_not_starved_by_a_stream_of_high():
    """Waiting lifts a request one class every AGEING_S."""
    scheduler = Scheduler(1)
    scheduler.add(job(1, "slow", priority="batch", at=0.0))
    for key in range(2, 10):
        scheduler.add(job(key, "busy", priority="high", at=2 * AGEING_S))

    first = scheduler.next(2 * AGEING_S)

    assert first is not None
    assert first.key == 1


def test_a_chatty_device_does_not_push_the_others_back():
    """Devices take turns, however many requests one of them has queued first."""
    scheduler = Scheduler(1)
    for key in range(1, 9):
        scheduler.add(job(key, "chatty"))
    scheduler.add(job(9, "quiet"))

    assert order(scheduler).index(9) == 1


def test_a_running_adapter_is_preferred_for_a_quantum_and_no_longer():
    scheduler = Scheduler(2, quantum=3)
    for key in range(1, 13):
        scheduler.add(job(key, f"d{key}", adapter="a" if key != 12 else "b"))

    started = [scheduler.next(0.0).key]
    while len(started) < 12:
        started.append(scheduler.next(0.0).key)
        scheduler.remove(started[-2])

    assert started.index(12) <= 5, started


def test_a_suspect_runs_alone():
    """The third start of a request in which the engine died twice has no neighbours."""
    scheduler = Scheduler(4)
    scheduler.add(job(1, "a"))
    scheduler.add(job(2, "b", deaths=2))
    scheduler.add(job(3, "c"))

    assert scheduler.next(0.0).key == 1
    assert scheduler.next(0.0) is None, "it waits until nothing else runs"
    scheduler.remove(1)
    assert scheduler.next(0.0).key == 2
    assert scheduler.next(0.0) is None, "and nothing joins it"
    scheduler.remove(2)
    assert scheduler.next(0.0).key == 3


def test_samples_take_as_many_slots():
    scheduler = Scheduler(4)
    scheduler.add(job(1, "a"))
    scheduler.add(job(2, "b", samples=4))

    assert scheduler.next(0.0).key == 1
    assert scheduler.next(0.0) is None
    scheduler.remove(1)
    assert scheduler.next(0.0).key == 2


@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from(["high", "normal", "batch"]),
            st.sampled_from([None, "x", "y"]),
            st.integers(1, 16),
            st.integers(0, 3),
        ),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_everybody_starts_once_and_no_slot_leaks(slots, wanted, random):
    """However requests come, wait and end, each starts exactly once and the slots are never oversubscribed.

    What was started as batch holds its slots against batch alone: a device never waits while those that hold theirs
    against it leave enough, unless one that has waited longer needs them.
    """
    scheduler = Scheduler(slots)
    coming = [
        job(key, device, priority=priority, adapter=adapter, samples=samples, deaths=deaths)
        for key, (device, priority, adapter, samples, deaths) in enumerate(wanted)
    ]
    running: dict[int, Job] = {}
    started, now = [], 0.0

    def cost(jobs) -> int:
        return sum(min(j.samples, slots) for j in jobs)

    for _ in range(10 * len(wanted) + 1):
        for arrived in coming[: random.randint(0 if len(scheduler) else 1, 3)]:
            coming.remove(arrived)
            arrived.received_at = now
            scheduler.add(arrived)
        while (chosen := scheduler.next(now)) is not None:
            started.append(chosen.key)
            running[chosen.key] = chosen
            assert cost(j for j in running.values() if not j.makes_way) <= slots
            assert chosen.priority != "batch" or cost(running.values()) <= slots
            assert not chosen.makes_way or chosen.priority == "batch"
            assert len(running) == 1 or not any(j.alone for j in running.values())
        holding = [j for j in running.values() if not j.makes_way]
        if not holding and not any(j.alone for j in (*running.values(), *scheduler.queue)):
            assert not [j for j in scheduler.queue if j.priority != "batch"], "a device waits for nobody"
        if running:
            key = random.choice(sorted(running))
            del running[key]
            scheduler.remove(key, random.randint(0, 500))
        now += random.choice([0.0, 1.0, AGEING_S])

    assert sorted(started) == list(range(len(wanted)))
    assert len(scheduler) == 0


def test_a_full_queue_is_busy_and_says_when_to_come_back():
    admission = Admission(queue=2, per_device_per_minute=0)

    with pytest.raises(RequestError) as caught:
        admission.check("d", "id-1", open_requests=2, slots=1, now=0.0)

    assert (caught.value.code, caught.value.request_id) == ("busy", "id-1")
    assert caught.value.retry_after_s >= 1


def test_a_device_is_held_to_its_rate_and_others_are_not():
    admission = Admission(queue=100, per_device_per_minute=3)

    def ask(device: str, now: float) -> None:
        admission.check(device, None, open_requests=0, slots=1, now=now)

    for _ in range(3):
        ask("a", 0.0)
    with pytest.raises(RequestError, match="rate_limited") as caught:
        ask("a", 0.0)
    ask("b", 0.0)
    ask("a", 20.1)  # a third of a minute refills one
    with pytest.raises(RequestError, match="rate_limited"):
        ask("a", 20.2)

    assert 0 < caught.value.retry_after_s <= 20.0


def test_accounts_of_devices_that_went_away_are_swept_out():
    """A topic level is free to invent; the memory for rates must not grow with it."""
    admission = Admission(queue=10, per_device_per_minute=60)

    for i in range(5000):
        admission.check(f"d{i}", None, open_requests=0, slots=1, now=float(i))

    assert len(admission._buckets) <= Admission.SWEEP_ABOVE


def test_what_runs_as_batch_holds_no_slot_against_a_device():
    """The engine takes it out; not so what its wait had raised to a device's class, and not for more batch."""
    scheduler = Scheduler(1)
    scheduler.add(job(1, "watch", priority="batch"))
    assert scheduler.next(0.0).key == 1
    scheduler.add(job(2, "watch", priority="batch"))
    assert scheduler.next(0.0) is None

    scheduler.add(job(3, "pump"))
    scheduler.add(job(4, "valve"))
    assert scheduler.next(0.0).key == 3
    assert scheduler.next(0.0) is None  # one device a slot, as ever
    scheduler.remove(3)
    assert scheduler.next(0.0).key == 4
    scheduler.remove(4)
    scheduler.remove(1)

    assert scheduler.next(AGEING_S).key == 2
    scheduler.add(job(5, "pump", at=AGEING_S))
    assert scheduler.next(AGEING_S) is None
    scheduler.remove(2)
    assert scheduler.next(AGEING_S).key == 5


@pytest.mark.parametrize("wait", [AGEING_S, 2 * AGEING_S])
def test_batch_that_waits_for_batch_holds_no_device_up(wait):
    """However long it waits: else a slow answer would raise the next to a class that takes the slot from devices."""
    scheduler = Scheduler(1)
    scheduler.add(job(1, "watch", priority="batch"))
    scheduler.add(job(2, "report", priority="batch"))
    assert scheduler.next(0.0).key == 1
    assert scheduler.next(wait) is None, "batch takes no slot from batch"

    scheduler.add(job(3, "pump", at=wait))
    assert scheduler.next(wait).key == 3
    assert scheduler.next(wait) is None
    scheduler.add(job(4, "pump", at=wait))
    scheduler.remove(3)
    assert scheduler.next(wait).key == 4
    scheduler.remove(1)
    scheduler.remove(4)

    assert scheduler.next(wait).key == 2
    scheduler.add(job(5, "pump", at=wait))
    assert scheduler.next(wait) is None, "what has waited long is not taken out"


def test_a_device_overtakes_no_batch_that_waits_for_devices():
    """Else samples that need more than one slot would never find them."""
    scheduler = Scheduler(2)
    scheduler.add(job(1, "pump"))
    assert scheduler.next(0.0).key == 1
    scheduler.add(job(2, "report", priority="batch", samples=2))
    scheduler.add(job(3, "valve", at=2 * AGEING_S))

    assert scheduler.next(2 * AGEING_S) is None
    scheduler.remove(1)
    assert scheduler.next(2 * AGEING_S).key == 2


def test_a_device_whose_samples_need_the_slots_of_batch_gets_them():
    scheduler = Scheduler(4)
    for key in range(4):
        scheduler.add(job(key, "watch", priority="batch"))
        assert scheduler.next(0.0).key == key

    scheduler.add(job(9, "pump", samples=4))

    assert scheduler.next(0.0).key == 9

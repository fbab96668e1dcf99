"""The engine beside processes that want the cores too."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from edge.engine import cores

STORY = "Once upon a time there was a pump that counted its own turns, and"


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Processes that always want a core."""
    children = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()


def seconds_for(client: Any, tokens: int) -> float:
    """How long one answer of so many tokens takes."""
    started = time.monotonic()
    done = client.ask(STORY, raw=True, sampling={"max_tokens": tokens, "temperature": 0})
    assert done["type"] == "done"
    return (time.monotonic() - started) * tokens / done["usage"]["completion_tokens"]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core has no barrier to wait at")
@pytest.mark.skipif(cores.waited_s() is None, reason="this kernel does not count what threads wait for a core")
def test_busy_neighbours_take_threads_away_and_not_the_engine(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads that spin for each other beside two busy processes for each core would make 2 tokens a second.

    One thread, which waits for nobody, has a third of a core there. The bound is a tenth of what one thread makes in
    the same minute, so the rest of the machine may do what it likes.
    """
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    count = len(os.sched_getaffinity(0))
    following, alone = start(n_threads=count, lookup_tokens=0), start(n_threads=1, lookup_tokens=0)
    assert alone.stats()["threads"] == 1

    with busy_processes(2 * count):
        seconds_for(following, 24)  # it finds out
        assert following.stats()["threads"] < count
        slow, reference = seconds_for(following, 24), seconds_for(alone, 24)

    assert slow < 10 * reference


def test_who_sets_openmps_variables_has_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine fills in what is not set, and then its threads follow the cores."""
    chosen: dict[str, str] = {}
    assert cores.choose_spins(chosen) == (cores.waited_s() is not None)
    assert set(chosen) == {"GOMP_SPINCOUNT"}

    for given in ({"GOMP_SPINCOUNT": "7"}, {"OMP_WAIT_POLICY": "passive"}):
        environment = dict(given)
        assert not cores.choose_spins(environment)
        assert environment == given

    monkeypatch.setattr(cores, "waited_s", lambda: None)
    unknown: dict[str, str] = {}
    assert not cores.choose_spins(unknown)
    assert unknown == {"GOMP_SPINCOUNT": cores.SHORT_SPINS}


def test_what_linux_tells_of_waiting_and_idle_cores_grows_with_them() -> None:
    """Neither account runs backwards, and together with what runs they cannot exceed the time that cores have."""
    waited, spare, began = cores.waited_s(), cores.spare_s(), time.monotonic()
    assert waited is not None
    assert spare is not None

    time.sleep(0.3)

    more_waited, more_spare = cores.waited_s(), cores.spare_s()
    elapsed = time.monotonic() - began
    assert more_waited is not None
    assert more_spare is not None
    assert more_waited >= waited
    # Idle time is kept in ticks of 10 ms for each core.
    assert 0 <= more_spare - spare <= len(os.sched_getaffinity(0)) * (elapsed + 0.05)


@pytest.mark.parametrize("following", [True, False])
def test_a_configuration_with_one_thread_looks_at_nothing(following: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to decide, so nothing is read either."""
    monkeypatch.setattr(cores, "waited_s", lambda: pytest.fail("read"))
    watch = cores.Cores(1, following=following)

    watch.computed(10.0)

    assert watch.threads == 1


def test_a_window_holds_steps_and_no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """What threads waited while a model was loaded, or nobody asked anything, says nothing of the steps after it."""
    waited = [0.0]
    monkeypatch.setattr(cores, "waited_s", lambda: waited[0])
    watching = cores.Cores(2, following=True)

    watching.begin()
    watching.computed(cores.WINDOW_S * 0.9)
    waited[0] += 5.0
    time.sleep(2 * cores.PAUSE_S)
    watching.begin()
    watching.computed(cores.WINDOW_S * 0.9)
    watching.computed(cores.WINDOW_S * 0.9)
    assert watching.threads == 2

    watching.begin()
    waited[0] += cores.WINDOW_S
    watching.computed(cores.WINDOW_S)
    assert watching.threads == 1


@pytest.mark.parametrize("hidden", [False, True], ids=["proc-stat", "no-proc-stat"])
def test_threads_come_back_where_answers_are_shorter_than_a_window(
    hidden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that only classifies never fills a window; what happened once must not last for ever."""
    now, waited, free = [100.0], [0.0], [1.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(cores, "waited_s", lambda: waited[0])
    monkeypatch.setattr(cores, "_spare_now", lambda: None if hidden else (now[0], free[0]))
    watching = cores.Cores(2, following=True)

    def answer(seconds: float, *, lost: float = 0.0, others: float = 0.0) -> None:
        watching.begin()
        now[0] += seconds
        waited[0] += lost * seconds
        free[0] += (2 - others) * seconds
        watching.computed(seconds)

    answer(cores.WINDOW_S, lost=1.0, others=1.0)
    assert watching.threads == 1

    if not hidden:
        for _ in range(5):
            answer(cores.WINDOW_S / 4, others=1.0)
            now[0] += 1.0
            free[0] += 1.0
        assert watching.threads == 1

    for _ in range(3):
        answer(cores.WINDOW_S / 4)
        now[0] += 1.0
        free[0] += 2.0
    assert watching.threads == 2

"""The number of compute threads follows the cores that others leave."""

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.core.threads import LONGEST_PAUSE_S, PAUSE_S, Threads, Window

WINDOW_S = 0.2


@dataclass
class Machine:
    """Cores shared fairly by some threads of ours and by others that always want to run."""

    cores: int
    busy: float = 0.0
    now: float = 100.0
    counts: list[int] = field(default_factory=list)

    def run(self, threads: Threads, windows: int, *, knows_free: bool = True) -> list[int]:
        """Let it compute; returns the number of threads after each window."""
        counts = []
        for _ in range(windows):
            self.now += WINDOW_S
            wanted = threads.count + self.busy
            got = threads.count * min(1.0, self.cores / wanted)
            others = min(self.busy, self.cores - got)
            free = self.cores - others if knows_free else None
            counts.append(threads.observe(Window(self.now, threads.count - got, free)))
        self.counts += counts
        return counts

    @property
    def changes(self) -> int:
        """How often the number has changed."""
        return sum(one != other for one, other in pairwise(self.counts))


@given(
    most=st.integers(1, 64), windows=st.lists(st.tuples(st.floats(0, 0.08), st.none() | st.floats(0, 64)), max_size=50)
)
def test_a_quiet_machine_computes_with_all_threads(most: int, windows: list[tuple[float, float | None]]) -> None:
    """0.08 of a thread is the most that waited for a core in 0.1 s of a quiet machine."""
    threads = Threads(most)

    counts = {threads.observe(Window(float(now), lost, free)) for now, (lost, free) in enumerate(windows)}

    assert counts <= {most}


def test_one_busy_process_on_two_cores_takes_one_thread_away_and_gives_it_back() -> None:
    """With one thread there is no barrier; it comes back when the core does, and not before."""
    machine, threads = Machine(cores=2), Threads(2)
    assert set(machine.run(threads, 10)) == {2}

    machine.busy = 1
    assert set(machine.run(threads, 100)) == {1}

    machine.busy = 0
    assert machine.run(threads, 10)[-1] == 2
    assert machine.changes == 2


def test_each_core_that_others_take_costs_a_thread_and_no_more() -> None:
    """Four cores, one of them busy: three threads; all of them busy: at least one thread computes."""
    machine, threads = Machine(cores=4, busy=1), Threads(4)

    assert machine.run(threads, 20)[-1] == 3

    machine.busy = 8
    assert machine.run(threads, 20)[-1] == 1

    machine.busy = 2
    assert machine.run(threads, 20)[-1] == 2


def test_what_runs_a_quarter_of_the_time_takes_no_thread() -> None:
    """A broker and a daemon: 50 ms of every 200 cost less than the thread would. Their windows were 0.10 to 0.33."""
    threads = Threads(2)

    counts = {threads.observe(Window(now / 5, lost, 1.75)) for now, lost in enumerate([0.1, 0.33, 0.2, 0.15] * 20)}

    assert counts == {2}


def test_a_return_that_fails_is_tried_less_and_less_often() -> None:
    """Where nothing says what is free, a thread more is tried: at most every eight seconds when it never works."""
    machine, threads = Machine(cores=2, busy=1), Threads(2)

    counts = machine.run(threads, 600, knows_free=False)

    tries = [place for place, count in enumerate(counts) if count == 2]
    pauses = [WINDOW_S * (after - before) for before, after in pairwise(tries)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 4 * PAUSE_S
    assert LONGEST_PAUSE_S <= pauses[-1] < LONGEST_PAUSE_S + 1


def test_after_a_return_that_lasted_the_next_one_is_prompt_again() -> None:
    """An hour of work beside an update does not make the gateway slow for the hour after it."""
    machine, threads = Machine(cores=2, busy=1), Threads(2)
    machine.run(threads, 600, knows_free=False)
    machine.busy = 0
    machine.run(threads, 300, knows_free=False)

    machine.busy = 1
    machine.run(threads, 1)
    machine.busy = 0

    assert 2 in machine.run(threads, 5)


@given(
    most=st.integers(1, 16),
    windows=st.lists(
        st.tuples(st.floats(0.2, 3), st.floats(0, 16), st.none() | st.floats(0, 16)), min_size=1, max_size=200
    ),
)
def test_whatever_is_seen_the_number_stays_in_bounds_and_does_not_flap(
    most: int, windows: list[tuple[float, float, float | None]]
) -> None:
    """Between 1 and what the configuration allows; never up within half a second of going down."""
    threads, now, lowered = Threads(most), 0.0, -PAUSE_S
    for seconds, lost, free in windows:
        before, now = threads.count, now + seconds
        count = threads.observe(Window(now, min(lost, before), free))
        assert 1 <= count <= most
        assert count <= before or now >= lowered + PAUSE_S
        lowered = now if count < before else lowered

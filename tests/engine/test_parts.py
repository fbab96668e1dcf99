"""The parts of the engine that need no model."""

import socket

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.engine import vote
from edge.engine.ledger import Ledger
from edge.engine.prefix import SHARED, Entry, PrefixCache
from edge.engine.text import TextStream, held_back
from edge.engine.wire import Channel


@given(text=st.text(max_size=40), stops=st.lists(st.text(min_size=1, max_size=4), max_size=3), data=st.data())
def test_a_text_stream_shows_everything_before_the_first_stop_and_nothing_else(
    text: str, stops: list[str], data: st.DataObject
) -> None:
    """Whatever the borders of its pieces, which may cut characters."""
    raw = text.encode("utf-8", "replace")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    stream = TextStream(stops)
    shown = ""
    for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        if stream.feed(raw[start:end]):
            break
        shown += stream.take()
    whole = stream.finish()
    shown += stream.take(last=True)

    clean = raw.decode()
    ends = [at for at in map(clean.find, stops) if at >= 0]
    assert whole == shown
    if ends:
        assert stream.stopped
        assert clean.startswith(whole)
        assert not any(stop in whole for stop in stops)
    else:
        assert whole == clean


def test_only_what_may_become_a_stop_string_is_held_back() -> None:
    """The longest end that a stop string begins with."""
    assert held_back("abc\n", ["\n\n"]) == 1
    assert held_back("abcab", ["abd", "b!"]) == 2
    assert held_back("abc", ["xyz"]) == 0


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["extend", "share", "release"]), st.integers(0, 5), st.integers(0, 5), st.integers(1, 9)
        ),
        max_size=40,
    )
)
def test_the_ledger_counts_what_a_real_cache_would_hold(steps: list[tuple[str, int, int, int]]) -> None:
    """Against a model that keeps every cell as an object, as llama.cpp does."""
    ledger = Ledger(1000)
    cells: dict[int, list[object]] = {}
    for what, one, two, count in steps:
        if what == "extend":
            ledger.extend(one, count)
            cells.setdefault(one, []).extend(object() for _ in range(count))
        elif what == "share" and not cells.get(two) and one != two:
            length = min(count, len(cells.get(one, [])))
            ledger.share(one, two, length)
            cells[two] = cells.get(one, [])[:length]
        elif what == "release":
            ledger.release(one)
            cells.pop(one, None)
        assert ledger.used == len({id(cell) for held in cells.values() for cell in held})
        assert ledger.held_by([0, 1]) == len({id(cell) for at in (0, 1) for cell in cells.get(at, [])})
        assert all(ledger.length(at) == len(held) for at, held in cells.items())


def entry(seq_id: int, owner: str, tokens: list[int], floor: int = 0) -> Entry:
    return Entry(seq_id, "", owner, np.array(tokens, np.int32), floor)


def test_a_prefix_is_found_by_its_owner_and_adapter_only() -> None:
    """One token is always left to compute."""
    cache = PrefixCache()
    cache.add(entry(1, SHARED, [1, 2], floor=2))
    cache.add(entry(2, "a", [1, 2, 3, 4], floor=2))
    wanted = np.array([1, 2, 3, 4], np.int32)

    assert cache.find("", "a", wanted)[1] == 3
    assert cache.find("", "b", wanted)[1] == 2
    assert cache.find("lora@1.0", "a", wanted) == (None, 0)
    assert cache.find("", "a", np.array([1, 9, 9], np.int32)) == (None, 0), "a part of the system prompt tells nothing"


def test_a_longer_conversation_replaces_the_one_it_continues() -> None:
    """And the least recently used one is evicted first, shared ones only when nothing else is left."""
    cache = PrefixCache()
    cache.add(entry(1, SHARED, [1]))
    cache.add(entry(2, "a", [1, 2]))
    cache.add(entry(3, "b", [1, 5]))

    assert [old.seq_id for old in cache.add(entry(4, "a", [1, 2, 3]))] == [2]

    cache.find("", "b", np.array([1, 5, 6], np.int32))
    order = [cache.pop_oldest() for _ in range(3)]
    assert [gone.seq_id if gone else None for gone in order] == [4, 3, None]
    shared = cache.pop_oldest(shared_too=True)
    assert shared is not None
    assert shared.seq_id == 1


def test_the_majority_wins_and_the_first_among_equals() -> None:
    """A document that did not complete votes for nobody but counts."""
    assert vote.majority(["b", "a", "a"]) == (1, 2 / 3)
    assert vote.majority(["b", "a"]) == (0, 0.5)
    assert vote.majority([None, "a"]) == (1, 0.5)
    assert vote.majority([None, None]) == (0, 0.0)


def test_a_channel_carries_messages_larger_than_the_socket_without_blocking() -> None:
    """The writer keeps what the reader has not taken."""
    left, right = (Channel(end) for end in socket.socketpair())
    message = {"text": "ü" * 2_000_000}

    left.send(message)
    assert left.wants_write
    received = []
    while not received:
        received = right.receive()
        left.flush()
    right.close()

    assert received == [message]
    assert not left.wants_write
    assert left.receive() == []
    assert left.closed

"""What the engine tells, and when: text may wait a little, everything else may not."""

from edge.engine.events import DELTA_HOLD_S, Events


def test_text_of_several_steps_is_one_delta():
    events = Events()
    events.take(100.0)

    for step in range(3):
        events.emit(1, "delta", text=f"a{step}")
        events.emit(2, "delta", text=f"b{step}")

    assert events.take(100.0 + DELTA_HOLD_S / 2) == []
    assert events.take(100.0 + 2 * DELTA_HOLD_S) == [
        {"key": 1, "type": "delta", "text": "a0a1a2"},
        {"key": 2, "type": "delta", "text": "b0b1b2"},
    ]
    assert events.take(200.0) == []


def test_what_is_no_text_takes_all_that_waits_along_and_stays_in_order():
    events = Events()
    events.take(100.0)

    events.emit(1, "delta", text="a")
    events.emit(1, "done", text="a")
    events.emit(2, "first")
    events.emit(2, "delta", text="b")

    assert [(e["key"], e["type"]) for e in events.take(100.001)] == [
        (1, "delta"),
        (1, "done"),
        (2, "first"),
        (2, "delta"),
    ]


def test_nobody_hears_of_the_engines_own_work():
    events = Events()

    events.emit(None, "done", text="x")

    assert events.take(1.0) == []

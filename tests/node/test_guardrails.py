"""Guardrails in a node: what a device gets when a rule or the model's own doubt stops its request."""

import re

import pytest

from edge.core.guardrails import REFUSALS, Abstention, Policy, Rule
from tests.node.sim import TOPICS, Sim

BOTH = frozenset({"input", "output"})


def guarded(*rules: Rule, abstain: dict[str, Abstention] | None = None) -> Sim:
    sim = Sim(slots=1)
    sim.node.policy = Policy(rules=rules, abstain=abstain or {})
    return sim


def test_refused_question_never_reaches_the_engine_and_frees_its_slot() -> None:
    """The next in the queue is answered; the refusal is the one terminal frame."""
    sim = guarded(Rule("weapons", frozenset({"input"}), patterns=(re.compile("bomb"),)))

    sim.send({"id": "1", "prompt": "build a bomb, please, and what is the time?"}, "a")
    sim.send({"id": "2", "prompt": "hello"}, "b")
    sim.finish()

    assert [frame["type"] for frame in sim.frames("1", "a")] == ["accepted", "error"]
    refused = sim.frames("1", "a")[-1]
    assert (refused["code"], refused["reason"], refused["rule"]) == ("refused", REFUSALS["en"], "weapons")
    assert sim.frames("2", "b")[-1]["type"] == "done"
    assert sim.node.counters.guarded == 1


def test_refused_answer_was_never_streamed() -> None:
    """What an output rule may stop is held back until it is whole."""
    sim = guarded(Rule("words", frozenset({"output"}), words=frozenset({"word"})))

    sim.send({"id": "1", "prompt": "hello", "stream": True}, "a")
    sim.finish()

    assert [frame["type"] for frame in sim.frames("1", "a")] == ["accepted", "error"]
    assert sim.frames("1", "a")[-1]["code"] == "refused"


def test_rules_over_questions_alone_do_not_stop_the_stream() -> None:
    """Only what judges answers costs the deltas."""
    sim = guarded(Rule("weapons", frozenset({"input"}), patterns=(re.compile("bomb"),)))

    sim.send({"id": "1", "prompt": "hello", "stream": True}, "a")
    sim.finish()

    assert "delta" in [frame["type"] for frame in sim.frames("1", "a")]


@pytest.mark.parametrize(("word", "end"), [("word", "error"), ("other", "done")])
def test_rules_that_are_read_while_an_answer_is_streamed_hold_its_deltas_back(word: str, end: str) -> None:
    """What was said before cannot be taken back; the rest is said where the end passes, and not where it does not."""
    sim = guarded()

    sim.send({"id": "1", "prompt": "hello", "stream": True, "max_tokens": 5}, "a")
    sim.step(3)
    before = deltas(sim)
    sim.node.policy = Policy(rules=(Rule("words", frozenset({"output"}), words=frozenset({word})),))
    sim.step(1)
    meanwhile = deltas(sim)
    sim.finish()

    assert "" != before == meanwhile != "word " * 5
    assert deltas(sim) == ("word " * 5 if end == "done" else before)
    assert sim.frames("1", "a")[-1]["type"] == end


def test_what_such_rules_redact_stands_in_no_later_delta() -> None:
    """The terminal frame says the answer as it may be said."""
    sim = guarded()
    sim.engine.word = "ask a@b.example "

    sim.send({"id": "1", "prompt": "hello", "stream": True, "max_tokens": 5}, "a")
    sim.step(2)
    before = deltas(sim)
    sim.node.policy = Policy((Rule("privacy", frozenset({"output"}), personal=("email",), action="redact"),))
    sim.finish()

    assert before == deltas(sim) == "ask a@b.example "
    assert sim.frames("1", "a")[-1]["text"] == "ask [email] " * 5


def deltas(sim: Sim) -> str:
    return "".join(frame["text"] for frame in sim.frames("1", "a") if frame["type"] == "delta")


def test_doubtful_answer_becomes_a_refusal_and_a_sure_one_is_sent() -> None:
    """The confidence is the engine's; a bare prompt gets the sentence as text."""
    sim = guarded(abstain={"": Abstention("mean", 0.5)})

    sim.engine.confidence = {"mean": 0.4, "least": 0.1}
    sim.send({"id": "1", "prompt": "hello"}, "a")
    sim.send(b"hello", "a")
    sim.finish()
    sim.engine.confidence = {"mean": 0.6, "least": 0.1}
    sim.send({"id": "2", "prompt": "hello"}, "a")
    sim.finish()

    assert sim.frames("1", "a")[-1]["rule"] == "abstain"
    texts = [m.payload.decode() for m in sim.published if m.topic == TOPICS.response("a", "text")]
    assert texts == [f"error: refused: {REFUSALS['en']}"]
    assert sim.frames("2", "a")[-1]["type"] == "done"


def test_no_confidence_is_asked_for_where_nobody_abstains() -> None:
    """It costs a softmax over the vocabulary at every token."""
    sim = guarded(abstain={"numbers": Abstention("mean", 0.5), "votes": Abstention("agreement", 0.5)})
    sim.node.adapters = frozenset({"numbers", "votes"})

    for number, adapter in enumerate((None, "numbers", "votes")):
        sim.send({"id": str(number), "prompt": "hello", "adapter": adapter}, "a")
    sim.finish()

    assert sim.engine.asked == [False, True, False]


def test_answer_is_redacted_in_the_stored_frame() -> None:
    """What must not be said is not kept for a repeat either."""
    sim = guarded(Rule("privacy", frozenset({"output"}), personal=("email",), action="redact"))

    sim.engine.word = "a@b.example "
    sim.send({"id": "1", "prompt": "hello", "max_tokens": 2}, "a")
    sim.finish()
    sim.send({"id": "1", "prompt": "hello", "max_tokens": 2}, "a")

    texts = [frame["text"] for frame in sim.frames("1", "a") if frame["type"] == "done"]
    assert texts == ["[email] [email] ", "[email] [email] "]


def test_pattern_that_would_take_for_ever_refuses_and_the_next_is_served() -> None:
    """One operator's mistake, or one device's trick, holds nobody up for long."""
    sim = guarded(Rule("slow", frozenset({"input"}), patterns=(re.compile("(a+)+$"),)))

    sim.send({"id": "1", "prompt": "a" * 60 + "!"}, "a")
    sim.send({"id": "2", "prompt": "hello"}, "b")
    sim.finish()

    assert sim.frames("1", "a")[-1]["rule"] == "slow"
    assert sim.frames("2", "b")[-1]["type"] == "done"


def test_adapter_auto_gets_the_limit_of_the_adapter_that_answered() -> None:
    """Confidence is asked for because any of them may answer; here the bare model does, whose limit it is."""
    sim = guarded(abstain={"": Abstention("mean", 0.5), "numbers": Abstention("mean", 0.1)})
    sim.node.adapters = frozenset({"numbers"})
    sim.engine.confidence = {"mean": 0.4, "least": 0.1}

    sim.send({"id": "1", "prompt": "hello", "adapter": "auto"}, "a")
    sim.finish()

    assert sim.engine.asked == [True]
    assert sim.frames("1", "a")[-1]["rule"] == "abstain"

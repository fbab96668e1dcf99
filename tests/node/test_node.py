"""What devices see of one node, case by case."""

import json

import pytest

from edge.core.messages import Incoming
from edge.core.scheduler import AGEING_S
from tests.node.sim import TOPICS, Limits, ScriptedEngine, Sim


def test_a_request_is_accepted_streamed_and_done():
    sim = Sim()

    sim.send({"id": "r1", "prompt": "x", "stream": True, "max_tokens": 3})
    sim.step(6)

    frames = sim.frames("r1")
    assert [f["type"] for f in frames] == ["accepted", "delta", "delta", "done"]
    assert "".join(f["text"] for f in frames if f["type"] == "delta") == frames[-1]["text"] == "word word word "
    assert frames[-1]["usage"] == {"prompt_tokens": 5, "cached_tokens": 2, "completion_tokens": 3}
    assert 0 <= frames[-1]["timing"]["queue_s"] <= frames[-1]["timing"]["ttft_s"] <= frames[-1]["timing"]["total_s"]


def test_deltas_that_come_close_together_are_one_frame():
    sim = Sim()

    sim.send({"id": "r1", "prompt": "x", "stream": True, "max_tokens": 20})
    sim.step(25, seconds=0.01)

    assert 3 <= sim.kinds("r1").count("delta") <= 5


def test_a_plain_prompt_gets_plain_text_and_no_accepted():
    sim = Sim()

    sim.send(b"how warm is it?")
    sim.step(5)

    answers = [m for m in sim.published if m.topic == TOPICS.response("dev", "text")]
    assert [m.payload for m in answers] == [b"word word word "]
    assert not answers[0].json


def test_a_repeat_gets_the_same_bytes_again():
    sim = Sim()
    request = {"id": "r1", "prompt": "x"}

    sim.send(request)
    sim.send(request)
    sim.step(5)
    sim.send(request)

    payloads = [m.payload for m in sim.published if m.topic == TOPICS.response("dev", "r1")]
    assert payloads[0] == payloads[1]
    assert payloads[2] == payloads[3]
    assert sim.node.counters.accepted == 1


def test_a_repeat_says_anew_where_the_answer_goes():
    sim = Sim()
    request = {"id": "r1", "prompt": "x"}

    sim.send(request, correlation=b"one")
    sim.send(request, correlation=b"two", response_topic="edgegen/gw1/res/dev/mine")
    sim.step(5)

    last = sim.published[-1]
    assert (last.topic, last.correlation) == ("edgegen/gw1/res/dev/mine", b"two")


def test_another_request_under_a_used_id_is_a_conflict_and_the_first_goes_on():
    sim = Sim()

    sim.send({"id": "r1", "prompt": "x"})
    sim.send({"id": "r1", "prompt": "y"})
    sim.step(5)

    frames = sim.frames("r1")
    assert [f.get("code", f["type"]) for f in frames] == ["accepted", "conflict", "done"]
    assert frames[1]["refused_message"] is True
    assert "seq" not in frames[1]


def test_the_same_id_of_two_devices_is_two_requests():
    sim = Sim()

    sim.send({"id": "r1", "prompt": "x"}, "dev-a")
    sim.send({"id": "r1", "prompt": "y"}, "dev-b")
    sim.step(5)

    assert sim.kinds("r1", "dev-a") == sim.kinds("r1", "dev-b") == ["accepted", "done"]


def test_cancel_ends_a_running_request_and_frees_its_slot():
    sim = Sim(slots=1)
    sim.send({"id": "r1", "prompt": "x", "max_tokens": 100})
    sim.send({"id": "r2", "prompt": "x"})
    sim.step(2)

    sim.send({"id": "r1"}, verb="cancel")
    sim.step(5)

    assert sim.frames("r1")[-1]["code"] == "cancelled"
    assert sim.engine.cancelled == [1]
    assert sim.kinds("r2")[-1] == "done"


def test_cancel_of_a_finished_request_resends_it_and_of_an_unknown_one_is_not_found():
    sim = Sim()
    sim.send({"id": "r1", "prompt": "x"})
    sim.step(5)

    sim.send({"id": "r1"}, verb="cancel")
    sim.send({"id": "r1"}, "other", verb="cancel")

    assert sim.kinds("r1") == ["accepted", "done", "done"]
    assert sim.frames("r1", "other")[0]["code"] == "not_found"


def test_a_cancel_of_a_finished_pool_request_answers_where_the_device_listens():
    sim = Sim()
    pool = [Incoming("edgegen/pool/req/dev/generate", b'{"id": "r1", "prompt": "x"}')]
    for message in sim.intake.burst(pool, sim.now):
        sim._publish(message)
    sim.step(5)

    sim.send({"id": "r1"}, verb="cancel")

    assert [m.topic for m in sim.published] == ["edgegen/pool/res/dev/r1"] * 3
    assert not sim.frames("r1"), "nothing on the node's own topic"


def test_a_burst_that_asks_and_cancels_and_is_rolled_back_leaves_nothing():
    sim = Sim()
    sim.break_disk()

    sim.burst(({"id": "r1", "prompt": "x"}, "dev", "generate"), ({"id": "r1"}, "dev", "cancel"))
    sim.mend_disk()
    sim.step(20)

    assert {f["code"] for f in sim.frames("r1")} == {"busy"}
    assert sim.node.open_requests == 0


def test_a_repeat_while_the_disk_is_broken_hears_that_it_is_accepted():
    sim = Sim()
    sim.send({"id": "r1", "prompt": "x"})
    sim.break_disk()

    sim.send({"id": "r1", "prompt": "x"})

    assert sim.kinds("r1") == ["accepted", "accepted"]


def test_a_plain_prompt_that_is_too_large_hears_so_in_plain_text():
    sim = Sim(limits=Limits(payload_bytes=100))

    sim.send(b"x" * 200)

    assert sim.published[0].topic == TOPICS.response("dev", "text")
    assert sim.published[0].payload.startswith(b"error: too_large: ")


def test_a_device_name_no_topic_can_carry_is_dropped_and_counted():
    sim = Sim()

    sim.send({"id": "r1", "prompt": "x"}, "d" * 65_000)

    assert sim.published == []
    assert sim.node.counters.refused == 1


def test_a_device_name_with_a_space_is_refused_with_the_name():
    sim = Sim()

    sim.send({"id": "r1", "prompt": "x"}, "boiler 3")

    assert "'boiler 3'" in sim.frames("r1", "boiler 3")[0]["reason"]


def test_a_payload_is_forgotten_once_its_answer_is_stored():
    """A day of payloads would fill the disk; the hash still tells a repeat."""
    sim = Sim()
    sim.send({"id": "r1", "prompt": "x" * 1000})
    sim.step(5)

    sim.send({"id": "r1", "prompt": "x" * 1000})

    assert sim.kinds("r1") == ["accepted", "done", "done"]
    assert sim.store.requests.payload(1) == b""


def test_a_deadline_ends_a_request_in_the_queue_and_in_the_engine():
    sim = Sim(slots=1)

    sim.send({"id": "r1", "prompt": "x", "max_tokens": 100, "deadline_s": 1})
    sim.send({"id": "r2", "prompt": "x", "max_tokens": 100, "deadline_s": 0.5})
    sim.step(20)

    assert "while it was being answered" in sim.frames("r1")[-1]["reason"]
    assert "in the queue" in sim.frames("r2")[-1]["reason"]
    assert not sim.engine.jobs


def test_the_message_expiry_counts_when_it_is_the_smaller():
    sim = Sim()

    sim.send({"id": "r1", "prompt": "x", "max_tokens": 100, "deadline_s": 50}, expiry_s=1)
    sim.step(15)

    assert sim.frames("r1")[-1]["code"] == "expired"


def test_a_deadline_goes_on_over_a_restart_and_starts_anew_after_a_reboot():
    same, other = Sim(), Sim()
    for sim, boot in ((same, "boot-1"), (other, "boot-2")):
        sim.node.draining = True  # keeps it from starting
        sim.node.draining = False
        sim.node.detach_engine(sim.now, died=False)
        sim.send({"id": "r1", "prompt": "x", "deadline_s": 10})
        sim.now += 8
        sim.boot = boot
        sim.start()
        sim.node.detach_engine(sim.now, died=False)
        sim.now += 4
        sim.node.on_timer(sim.now)

    assert same.frames("r1")[-1].get("code") == "expired"
    assert other.frames("r1")[-1]["type"] == "accepted"


def test_a_restart_begins_a_new_run_that_says_so():
    sim = Sim()
    sim.send({"id": "r1", "prompt": "x", "stream": True, "max_tokens": 5})
    sim.step(2)

    sim.kill_engine()
    sim.step(8)

    frames = sim.frames("r1")
    restarted = next(f for f in frames if f["type"] == "restarted")
    assert (restarted["run"], restarted["seq"]) == (1, 0)
    assert frames[-1]["type"] == "done"
    assert frames[-1]["run"] == 1
    sim.check()


def test_a_request_that_kills_the_engine_ends_alone_and_its_neighbours_live():
    """Its second neighbourly death makes it a suspect; alone, the third proves it."""
    sim = Sim(slots=4)
    for name in ("good-1", "poison", "good-2"):
        sim.send({"id": name, "prompt": "x", "max_tokens": 50 if name == "poison" else 4}, name)

    for _ in range(30):
        if any(job["owner"] == "poison" for job in sim.engine.jobs.values()):
            sim.kill_engine()
        else:
            sim.step()
    sim.finish()

    assert sim.frames("poison", "poison")[-1]["code"] == "internal"
    assert sim.kinds("good-1", "good-1")[-1] == sim.kinds("good-2", "good-2")[-1] == "done"
    assert sim.node.counters.engine_deaths == 3


def test_a_full_disk_refuses_new_requests_and_keeps_the_accepted_ones():
    sim = Sim()
    sim.send({"id": "r1", "prompt": "x", "max_tokens": 3})
    sim.fill_disk()

    sim.send({"id": "r2", "prompt": "y" * 50_000})
    sim.step(8)
    refused = sim.frames("r2")
    in_between = sim.kinds("r1")
    sim.mend_disk()
    sim.step(30)

    assert refused[0]["code"] == "busy"
    assert "disk" in refused[0]["reason"]
    assert in_between[0] == "accepted"
    assert sim.kinds("r1")[-1] == "done"
    assert sim.node.storage.problem is None
    sim.check()


def test_an_answer_the_disk_does_not_take_waits_until_it_does():
    sim = Sim()
    sim.send({"id": "r1", "prompt": "x", "max_tokens": 3})
    sim.step()

    sim.break_disk()
    sim.step(8)
    meanwhile = sim.kinds("r1"), sim.node.open_requests, sim.node.storage.problem
    sim.mend_disk()
    sim.step(30)

    assert meanwhile[:2] == (["accepted"], 1), "not published before it is stored"
    assert "readonly" in meanwhile[2]
    assert sim.kinds("r1") == ["accepted", "done"]
    assert sim.node.storage.problem is None


def test_the_first_terminal_frame_that_is_stored_wins():
    sim = Sim()
    sim.send({"id": "r1", "prompt": "x"})
    job = sim.node.scheduler.get(1)

    results = [sim.store.requests.finish(job, frame, "done", {"utc": 1.0}) for frame in (b"first", b"second")]

    assert results == [True, False]
    assert sim.store.requests.outbox()[0].terminal == b"first"


def test_a_queue_that_is_full_refuses():
    sim = Sim(slots=1, limits=Limits(queue=2))

    sim.burst(*[({"id": f"r{i}", "prompt": "x"}, "dev", "generate") for i in range(3)])

    assert [sim.frames(f"r{i}")[0].get("code") for i in range(3)] == [None, None, "busy"]
    assert sim.frames("r2")[0]["retry_after_s"] > 0


def test_an_unknown_adapter_is_refused_with_the_known_ones():
    sim = Sim()
    sim.node.adapters = frozenset({"numbers"})

    sim.send({"id": "r1", "prompt": "x", "adapter": "nubmers"})

    assert sim.frames("r1")[0]["code"] == "unknown_adapter"
    assert "numbers" in sim.frames("r1")[0]["reason"]


def test_a_retained_request_is_refused_on_mqtt5_and_dropped_on_311():
    new, old = Sim(), Sim(mqtt5=False)

    new.send({"id": "r1", "prompt": "x"}, retain=True)
    old.send({"id": "r1", "prompt": "x"}, retain=True)

    assert "retain" in new.frames("r1")[0]["reason"]
    assert old.published == []
    assert old.node.counters.retained_dropped == 1


def test_a_foreign_response_topic_is_refused_on_the_default_topic():
    sim = Sim()

    sim.send({"id": "r1", "prompt": "x"}, response_topic="edgegen/gw1/state")

    assert sim.frames("r1")[0]["code"] == "bad_request"
    assert all(m.topic != "edgegen/gw1/state" for m in sim.published)


def test_an_error_without_a_usable_id_goes_to_the_underscore():
    sim = Sim()

    sim.send(b'{"id": "a/b", "prompt": "x"}')
    sim.send(b"\xff\xff")

    assert [f["code"] for f in sim.frames("_")] == ["bad_request", "bad_request"]


def test_a_plain_prompt_that_is_refused_hears_so_in_plain_text():
    sim = Sim(limits=Limits(queue=0))

    sim.send(b"hello")

    assert sim.published[0].payload.startswith(b"error: busy: ")
    assert sim.published[0].topic == TOPICS.response("dev", "text")


def test_an_empty_payload_is_ignored():
    sim = Sim()

    sim.send(b"")

    assert sim.published == []


def test_a_refused_answer_is_tried_again_and_given_up_at_last():
    sim = Sim()
    sim.deliver = False
    sim.send({"id": "r1", "prompt": "x", "max_tokens": 1})
    sim.step(2)
    message = sim.published[-1]

    for _ in range(6):
        before = len(sim.published)
        sim.node.not_delivered(message, "Not authorized", sim.now)
        sim.now += 100
        sim.node.on_timer(sim.now)

    assert len(sim.published) == before, "the sixth time is the last"
    assert sim.node.counters.undeliverable == 1
    assert not sim.store.requests.outbox()


def test_an_answer_larger_than_the_brokers_packets_becomes_an_error_that_says_so():
    sim = Sim()
    sim.deliver = False
    sim.send({"id": "r1", "prompt": "x"})
    sim.step(5)

    smaller = sim.node.too_large(sim.published[-1], limit=100)

    assert smaller is not None
    assert json.loads(smaller.payload)["code"] == "too_large"
    assert sim.store.requests.outbox()[0].terminal == smaller.payload
    assert sim.node.too_large(smaller, limit=10) is None, "no endless shrinking"


def test_unsent_answers_are_published_again_after_a_restart():
    sim = Sim()
    sim.deliver = False
    sim.send({"id": "r1", "prompt": "x"})
    sim.step(5)

    sim.deliver = True
    sim.kill_daemon()
    sim.step(10)

    assert sim.kinds("r1") == ["accepted", "done", "done"]
    assert sim.frames("r1")[1] == sim.frames("r1")[2]
    assert not sim.store.requests.outbox()


def test_ids_are_free_again_after_the_dedup_window_of_uptime():
    sim = Sim()
    sim.send({"id": "r1", "prompt": "x"})
    sim.step(10)
    sim.now += 25 * 3600

    sim.node.housekeep(sim.now, retention_days=30)
    sim.send({"id": "r1", "prompt": "other"})

    assert sim.frames("r1")[-1]["type"] == "accepted"


def test_deaths_of_a_bundle_on_trial_are_not_held_against_the_requests_in_it():
    sim = Sim()
    sim.send({"id": "r1", "prompt": "x"})

    for _ in range(5):
        sim.engine = ScriptedEngine(sim.slots)
        sim.node.detach_engine(sim.now, died=True, suspected=False)
        sim.node.attach_engine(sim.engine, sim.now)
    sim.finish()

    assert sim.frames("r1")[-1]["type"] == "done"
    assert sim.node.counters.engine_deaths == 5


@pytest.mark.parametrize(("wait", "told"), [(0.0, "batch"), (AGEING_S, "normal")])
def test_the_engine_is_told_whether_a_batch_request_makes_way(wait: float, told: str):
    """As the scheduler counts its slot: what has waited until it was as urgent as a device's is not taken out."""
    sim = Sim(slots=1)
    sim.send({"id": "r1", "prompt": "x", "max_tokens": 1}, "pump")
    sim.send({"id": "r2", "prompt": "x", "priority": "batch", "max_tokens": 5}, "watch")
    sim.now += wait

    sim.step(2)
    sim.send({"id": "r3", "prompt": "x"}, "valve")
    sim.step()

    assert [job["priority"] for job in sim.engine.jobs.values()] == [told] + ["normal"] * (told == "batch")

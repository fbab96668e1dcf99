"""Fifty requests from ten devices on both protocol versions, with and without catastrophes."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import Mosquitto
from tests.e2e.gateway import Gateway, Listener, publish, publish_lines, wait_for
from tests.processes import ended

pytestmark = [pytest.mark.broker, pytest.mark.model]

DEVICES = [f"dev-{i}" for i in range(10)]
PROMPTS = ["What is MQTT?", "Name a colour.", "Write a short poem about a pump.", "Is 30 C warm?", "Count to five."]


@pytest.fixture
def gateway(tmp_path: Path, mosquitto: Mosquitto, smollm2: Path) -> Iterator[Gateway]:
    with Gateway(tmp_path, mosquitto.port, smollm2) as running:
        yield running


def send_burst(port: int, tokens: int = 16) -> set[tuple[str, str]]:
    """Five requests of each device, all devices at once, half on MQTT 5 and half on 3.1.1."""
    threads = []
    for index, device in enumerate(DEVICES):
        requests = [
            {"id": f"{device}-{i}", "prompt": prompt, "max_tokens": tokens, "stream": i == 0, "temperature": 0}
            for i, prompt in enumerate(PROMPTS)
        ]
        version = "mqttv5" if index % 2 else "mqttv311"
        threads.append(
            threading.Thread(target=publish_lines, args=(port, device, requests), kwargs={"version": version})
        )
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {(device, f"{device}-{i}") for device in DEVICES for i in range(len(PROMPTS))}


def check_answers(listener: Listener, expected: set[tuple[str, str]]) -> None:
    """Each request was accepted, ended once (repeats are identical), and its runs have no gaps."""
    frames = listener.frames()
    for where in expected:
        mine = frames[where]
        kinds = [f["type"] for f in mine]
        assert "accepted" in kinds, where
        terminals = [f for f in mine if f["type"] in ("done", "error")]
        assert terminals, where
        assert all(f == terminals[0] for f in terminals), where
        assert terminals[0]["type"] == "done", terminals[0]
        numbers = {(f["run"], f["seq"]) for f in mine}
        for run in {r for r, _ in numbers}:
            seen = sorted(s for r, s in numbers if r == run)
            assert seen == list(range(len(seen))), (where, run, seen)


def test_a_burst_from_ten_devices_on_both_versions_is_answered(gateway: Gateway, mosquitto: Mosquitto) -> None:
    with Listener(mosquitto) as listener:
        listener.wait_state("online")

        expected = send_burst(mosquitto.port)
        wait_for(lambda: listener.terminals().keys() >= expected, "fifty answers")

        check_answers(listener, expected)
        assert all(len(found) == 1 for found in listener.terminals().values())
        wait_for(lambda: gateway.query("SELECT count(*) FROM requests WHERE state != 'published'") == [(0,)], "marks")


def test_a_node_on_mqtt_311_serves_both_versions(tmp_path: Path, mosquitto: Mosquitto, smollm2: Path) -> None:
    with (
        Gateway(tmp_path, mosquitto.port, smollm2, settings={"mqtt.protocol": 311}),
        Listener(mosquitto) as listener,
    ):
        listener.wait_state("online")
        for version in ("mqttv5", "mqttv311"):
            publish(mosquitto.port, version, {"id": "r", "prompt": "Name a colour.", "max_tokens": 8}, version=version)

        wait_for(lambda: len(listener.terminals()) == 2, "two answers")
        check_answers(listener, {("mqttv5", "r"), ("mqttv311", "r")})


def test_kill_9_of_the_engine_and_then_of_the_daemon_loses_nothing(gateway: Gateway, mosquitto: Mosquitto) -> None:
    """Every accepted request still gets its one stored terminal."""
    with Listener(mosquitto) as listener:
        listener.wait_state("online")
        expected = send_burst(mosquitto.port, tokens=24)
        wait_for(lambda: len(listener.terminals()) >= 5, "the burst to be under way")

        told = len(listener.states())
        engine = gateway.engine()
        engine.kill()
        listener.wait_state("degraded", since=told)
        wait_for(lambda: len(listener.terminals()) >= 15, "work to go on")
        engine = gateway.engine(after=engine)
        gateway.kill()
        wait_for(lambda: ended(engine), "the engine to follow")
        listener.wait_state("offline")
        answered = len(listener.terminals())
        gateway.start()
        wait_for(lambda: listener.terminals().keys() >= expected, "all answers")

        assert 15 <= answered < len(expected), "killed in the middle of the burst"
        check_answers(listener, expected)
        assert gateway.query("SELECT count(*) FROM requests WHERE terminal IS NULL") == [(0,)]
        assert any(f["type"] == "restarted" for frames in listener.frames().values() for f in frames)


# Injected from outside: the engine's Python imports this before its own code, and any prompt with the marker makes
# the process abort as a llama.cpp assertion does.
POISON = """
import os, sys
if "edge.engine.worker" in sys.orig_argv:
    import llama_cpp
    tokenize = llama_cpp.llama_tokenize
    def poisoned(vocab, text, *rest):
        if b"GGML_ASSERT" in bytes(text):
            os.abort()
        return tokenize(vocab, text, *rest)
    llama_cpp.llama_tokenize = poisoned
"""


def test_a_request_that_aborts_the_engine_every_time_hurts_no_neighbour(
    tmp_path: Path, mosquitto: Mosquitto, smollm2: Path
) -> None:
    (tmp_path / "poison").mkdir()
    (tmp_path / "poison" / "sitecustomize.py").write_text(POISON)
    gateway = Gateway(tmp_path, mosquitto.port, smollm2)
    gateway.env["PYTHONPATH"] = str(tmp_path / "poison")
    with gateway, Listener(mosquitto) as listener:
        listener.wait_state("online")
        for i in range(3):
            publish(mosquitto.port, "good", {"id": f"a{i}", "prompt": "Count to ten.", "max_tokens": 40})
        publish(mosquitto.port, "bad", {"id": "p", "prompt": "Please GGML_ASSERT now."})
        for i in range(3):
            publish(mosquitto.port, "good", {"id": f"b{i}", "prompt": "Name a colour.", "max_tokens": 10})

        wait_for(lambda: len(listener.terminals()) == 7, "all seven endings")

        terminals = listener.terminals()
        assert terminals["bad", "p"][0]["code"] == "internal"
        assert "died 3 times" in terminals["bad", "p"][0]["reason"]
        assert {f["type"] for (device, _), found in terminals.items() if device == "good" for f in found} == {"done"}
        listener.wait_state("online")
        assert gateway.query("SELECT count(*) FROM events WHERE kind = 'engine died'") == [(3,)]


def test_a_broker_that_is_away_at_the_start_and_again_later_is_found(
    tmp_path: Path, mosquitto: Mosquitto, smollm2: Path
) -> None:
    mosquitto.stop()
    with Gateway(tmp_path, mosquitto.port, smollm2) as gateway:
        wait_for(lambda: "no broker" in gateway.log.read_text(), "the daemon to say that there is no broker")
        mosquitto.start()
        with Listener(mosquitto) as listener:
            listener.wait_state("online")
            publish(mosquitto.port, "d", {"id": "r1", "prompt": "Count to twenty.", "max_tokens": 60})
            wait_for(lambda: ("d", "r1") in listener.frames(), "accepted")
        mosquitto.kill()
        time.sleep(1.5)
        mosquitto.start()
        with Listener(mosquitto) as listener:
            # The state that the broker has kept says nothing; without a session there it would drop the request.
            wait_for(lambda: gateway.log.read_text().count("connected to ") == 2, "the daemon to come back")
            listener.wait_state("online")
            publish(mosquitto.port, "d", {"id": "r1", "prompt": "Count to twenty.", "max_tokens": 60})

            terminal = wait_for(lambda: listener.terminals().get(("d", "r1")), "the answer")[0]

            assert terminal["type"] == "done"
            assert gateway.query("SELECT count(*) FROM requests") == [(1,)], "the repeat was no new request"

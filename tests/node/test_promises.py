"""Every accepted request gets exactly one terminal frame, whatever dies."""

import time
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.core.scheduler import AGEING_S
from edgegen.protocol import PRIORITIES
from tests.node.sim import Sim

devices = st.sampled_from(["a", "b", "c"])
ids = st.sampled_from(["1", "2", "3", "4"])


class Lives(RuleBasedStateMachine):
    """Devices ask, repeat, cancel; the engine, the daemon and the disk fail; in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.sim = Sim(slots=2)
        self.asked = 0

    @rule(
        device=devices,
        request_id=ids,
        stream=st.booleans(),
        tokens=st.integers(1, 5),
        prompt=st.sampled_from("xy"),
        priority=st.sampled_from(PRIORITIES),
    )
    def ask(self, device: str, request_id: str, *, stream: bool, tokens: int, prompt: str, priority: str) -> None:
        payload = {"id": request_id, "prompt": prompt, "stream": stream, "max_tokens": tokens, "priority": priority}
        self.sim.send(payload, device)

    @rule(device=devices, request_ids=st.lists(ids, min_size=2, max_size=4), cancel=st.booleans())
    def burst(self, device: str, request_ids: list[str], cancel: bool) -> None:
        messages: list[Any] = [({"id": i, "prompt": "x"}, device, "generate") for i in request_ids]
        if cancel:
            messages.append(({"id": request_ids[0]}, device, "cancel"))
        self.sim.burst(*messages)

    @rule(device=devices, request_id=ids)
    def ask_with_a_deadline(self, device: str, request_id: str) -> None:
        self.sim.send({"id": request_id, "prompt": "x", "deadline_s": 0.15, "max_tokens": 9}, device)

    @rule(device=devices, request_id=ids)
    def cancel(self, device: str, request_id: str) -> None:
        self.sim.send({"id": request_id}, device, "cancel")

    @rule(count=st.integers(1, 4), seconds=st.sampled_from([0.1, AGEING_S]))
    def step(self, count: int, seconds: float) -> None:
        self.sim.step(count, seconds)

    @rule()
    def engine_dies(self) -> None:
        self.sim.kill_engine()

    @rule()
    def daemon_dies(self) -> None:
        self.sim.kill_daemon()

    @rule(new_boot=st.booleans())
    def machine_reboots(self, new_boot: bool) -> None:
        self.sim.boot = f"boot-{self.sim.now}" if new_boot else self.sim.boot
        self.sim.kill_daemon()

    @rule()
    def disk_fails(self) -> None:
        self.sim.break_disk()

    @rule()
    def disk_is_mended(self) -> None:
        self.sim.mend_disk()
        self.sim.step(1, seconds=1.1)

    @invariant()
    def slots_are_never_oversubscribed(self) -> None:
        assert max(self.sim.engine.most.values()) <= self.sim.slots

    def teardown(self) -> None:
        self.sim.finish()
        self.sim.check()
        assert self.sim.node.open_requests == 0
        assert not self.sim.engine.jobs, "the engine still computes for nobody"
        assert not self.sim.store.requests.open_requests()
        assert not self.sim.store.requests.outbox()


Lives.TestCase.settings = settings(max_examples=150, stateful_step_count=30)
TestLives = Lives.TestCase


def test_thousands_of_requests_pass_through_in_seconds():
    """The core is fast enough that the model is the only thing a device waits for."""
    sim = Sim(slots=8)
    started = time.process_time()

    for i in range(2000):
        sim.send({"id": f"r{i}", "prompt": "x", "max_tokens": 2}, f"dev-{i % 10}")
        if i % 4 == 0:
            sim.step()
    sim.finish()

    sim.check()
    answered = sim.store.query("SELECT count(*) FROM answers WHERE status = 'done'")[0][0]
    assert answered == 2000
    assert time.process_time() - started < 30.0

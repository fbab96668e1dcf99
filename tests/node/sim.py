"""A node with a fake clock, a scripted engine and a broker that remembers everything."""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from edge.core.messages import Incoming, Outgoing
from edge.intake import Intake
from edge.node import Node
from edge.storage import RETRY_S
from edge.store import Store
from edgegen.topics import Topics

TOPICS = Topics("edgegen", "gw1")


@dataclass
class Limits:
    payload_bytes: int = 65536
    max_tokens: int = 512
    queue: int = 1000
    per_device_per_minute: int = 0
    deadline_s: float = 3600.0


class ScriptedEngine:
    """Answers ``word`` as many times as ``max_tokens`` says, one a step; knows nothing of the node."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.jobs: dict[int, dict[str, Any]] = {}
        self.most = {"batch": 0, "device": 0}  # at a time: each may fill the slots, where batch makes way
        self.cancelled: list[int] = []
        self.word = "word "
        self.confidence: dict[str, float] = {}
        self.asked: list[bool] = []

    def send(self, message: dict[str, Any]) -> None:
        if message["op"] == "submit":
            assert message["key"] not in self.jobs, "submitted twice"
            self.jobs[message["key"]] = message | {"left": message["sampling"].get("max_tokens", 3), "text": ""}
            self.asked.append(message["confidence"])
            classes = ["batch" if job["priority"] == "batch" else "device" for job in self.jobs.values()]
            self.most = {name: max(most, classes.count(name)) for name, most in self.most.items()}
        elif message["op"] == "cancel":
            self.cancelled.append(message["key"])
            self.jobs.pop(message["key"], None)

    def step(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        for key, job in list(self.jobs.items()):
            if job["text"] == "":
                events.append({"key": key, "type": "started", "prompt_tokens": 5, "cached_tokens": 2, "max_tokens": 9})
                events.append({"key": key, "type": "first"})
            job["text"] += self.word
            job["left"] -= 1
            if job["stream"]:
                events.append({"key": key, "type": "delta", "text": self.word})
            if job["left"] <= 0:
                del self.jobs[key]
                usage = {"prompt_tokens": 5, "cached_tokens": 2, "completion_tokens": 3}
                done = {"key": key, "type": "done", "text": job["text"], "finish": "stop", "usage": usage}
                if job["confidence"]:
                    done["confidence"] = self.confidence
                events.append(done)
        return events


class Sim:
    """One node; its process can die and start again over the same store."""

    def __init__(self, slots: int = 2, *, limits: Limits | None = None, mqtt5: bool = True) -> None:
        self.slots, self.limits, self.mqtt5 = slots, limits or Limits(), mqtt5
        self.now = 1000.0
        self.boot = "boot-1"
        self.store = Store(":memory:")
        self.published: list[Outgoing] = []
        self.deliver = True
        self.start()

    def start(self) -> None:
        """Start the daemon's process: what an earlier one stored goes on."""
        self.node = Node(
            topics=TOPICS,
            store=self.store,
            limits=self.limits,
            slots=self.slots,
            publish=self._publish,
            utc=lambda: self.now,
            boot=self.boot,
            started_at=self.now,
        )
        self.intake = Intake(self.node, mqtt5=self.mqtt5)
        self.node.recover(self.now)
        for message in self.node.backlog():
            self._publish(message)
        self.engine = ScriptedEngine(self.slots)
        self.node.attach_engine(self.engine, self.now)

    def _publish(self, message: Outgoing) -> None:
        self.published.append(message)
        if message.key is not None and self.deliver:
            self.node.delivered(message.key, self.now)

    def send(self, payload: dict[str, Any] | bytes, device: str = "dev", verb: str = "generate", **fields: Any) -> None:
        """One message from a device, a burst of its own."""
        self.burst((payload, device, verb), **fields)

    def burst(self, *messages: tuple[dict[str, Any] | bytes, str, str], **fields: Any) -> None:
        arrived = [
            Incoming(TOPICS.request(device, verb), p if isinstance(p, bytes) else json.dumps(p).encode(), **fields)
            for p, device, verb in messages
        ]
        for message in self.intake.burst(arrived, self.now):
            self._publish(message)

    def step(self, count: int = 1, seconds: float = 0.1) -> None:
        """The engine makes steps, and time passes."""
        for _ in range(count):
            self.now += seconds
            self.node.on_step(self.engine.step(), self.now)
            self.node.on_timer(self.now)

    def kill_engine(self) -> None:
        self.engine = ScriptedEngine(self.slots)
        self.node.detach_engine(self.now, died=True)
        self.node.attach_engine(self.engine, self.now)

    def kill_daemon(self) -> None:
        """SIGKILL: memory is gone, the store stays; the engine ends with its pipe."""
        self.start()

    def fill_disk(self) -> None:
        """No more pages: what needs room fails, as on a full disk."""
        pages = self.store._db.execute("PRAGMA page_count").fetchone()[0]
        self.store._db.execute(f"PRAGMA max_page_count = {pages}")

    def break_disk(self) -> None:
        """Every write fails, as on a file system the kernel has remounted read-only."""
        self.store._db.execute("PRAGMA query_only = ON")

    def mend_disk(self) -> None:
        """Writes work again."""
        self.store._db.execute("PRAGMA max_page_count = 1000000")
        self.store._db.execute("PRAGMA query_only = OFF")

    def finish(self) -> None:
        """Let everything that is open end."""
        self.mend_disk()
        for _ in range(10_000):
            if not self.node.open_requests:
                break
            self.step()
        self.step(10)
        self.step(1, seconds=2 * RETRY_S)  # marks that a full disk did not take

    # --- what the devices saw ---------------------------------------------------------------------

    def frames(self, request_id: str, device: str = "dev") -> list[dict[str, Any]]:
        topic = TOPICS.response(device, request_id)
        return [json.loads(m.payload) for m in self.published if m.topic == topic]

    def kinds(self, request_id: str, device: str = "dev") -> list[str]:
        return [f["type"] for f in self.frames(request_id, device)]

    def check(self) -> None:
        """The promises of the protocol, over everything published so far."""
        by_topic: dict[str, list[bytes]] = defaultdict(list)
        for message in self.published:
            by_topic[message.topic].append(message.payload)
        for topic, payloads in by_topic.items():
            frames = [json.loads(p) for p in payloads]
            accepted = [f for f in frames if "refused_message" not in f]
            if not accepted:
                continue
            terminals = {
                p for p, f in zip(payloads, frames, strict=True) if f["type"] in ("done", "error") and f in accepted
            }
            assert len(terminals) == 1, f"{topic}: {len(terminals)} different terminal frames"
            assert any(f["type"] == "accepted" for f in accepted), f"{topic}: a terminal without accepted"
            numbers: dict[int, set[int]] = defaultdict(set)
            for f in accepted:
                numbers[f["run"]].add(f["seq"])
            for run, seen in numbers.items():
                assert seen == set(range(len(seen))), f"{topic}: run {run} has {sorted(seen)}"

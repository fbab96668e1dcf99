"""New bundles over MQTT: a real broker, a real node, real children; what serves is never disturbed."""

import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from edgegen.bundle import BaseModel, activate, create_bundle, current_folder
from edgegen.signing import add_signature
from tests.brokers import PATIENCE_S, Mosquitto
from tests.e2e.gateway import Gateway, Listener, order, publish, wait_for
from tests.export.bundles import Gateway as Trust
from tests.export.bundles import make_gateway, make_tar
from tests.export.test_refusals import ARCHIVES, IN_A_FOLDER, Stick
from tests.processes import ended

pytestmark = [pytest.mark.broker, pytest.mark.model]

GATE = """
name = "gate"
summary = "One question."
[sampling]
temperature = 0
max_tokens = 8
[[probe]]
id = "speaks"
category = "alive"
prompts = ["What is the capital of France?"]
check = {{ kind = "{}", texts = ["Atlantis"] }}
must_pass = true
"""

# Injected from outside: the engine's Python imports this before its own code. While there is a file with the number
# of a process beside it, the next engine of that process takes the file away and stops.
HANG = """
import os, signal, sys
from pathlib import Path
hangs = Path(__file__).with_name("hangs")
if "edge.engine.worker" in sys.orig_argv and hangs.exists() and hangs.read_text() == str(os.getppid()):
    hangs.unlink()
    os.kill(os.getpid(), signal.SIGSTOP)
"""


def make_model(trust: Trust, folder: Path, version: str, model: Path, *, rule: str = "absent") -> Path:
    """A signed bundle called small; its gate passes unless the rule is ``contains``."""
    contents: dict[str, Path | bytes] = {"model.gguf": model, "probes/gate.toml": GATE.format(rule).encode()}
    bundle = create_bundle(folder, contents, name="small", version=version, base=BaseModel("SmolLM2", "0" * 64))
    add_signature(bundle, trust.key)
    return bundle


class Site:
    """A gateway that answers with small-1.0.0, a stick, and an operator who listens."""

    def __init__(self, folder: Path, broker: Mosquitto, model: Path) -> None:
        self.folder, self.broker, self.model = folder, broker, model
        self.trust = make_gateway(folder)
        self.stick = folder / "stick"
        self.stick.mkdir()
        settings = {"update.stick": str(self.stick), "update.timeout_s": PATIENCE_S, "update.online_s": PATIENCE_S}
        self.gateway = Gateway(folder, broker.port, Path("current"), settings=settings)
        (folder / "injected").mkdir()
        (folder / "injected" / "sitecustomize.py").write_text(HANG)
        self.hangs = folder / "injected" / "hangs"
        self.gateway.env["PYTHONPATH"] = str(folder / "injected")
        (self.gateway.data_dir / "keys").mkdir(parents=True)
        shutil.copy(folder / "maker.pub", self.gateway.data_dir / "keys")
        self.trust.install(self.trust.signed(folder / "first", "1.3.0"))  # a pump bundle has been current here
        activate(self.gateway.data_dir, self.installed("1.0.0"))
        (self.gateway.data_dir / "previous").unlink()
        self.listener = Listener(broker)

    def installed(self, version: str) -> Path:
        return make_model(self.trust, self.gateway.data_dir / "bundles", version, self.model)

    def offered(self, version: str, **options: str) -> str:
        return make_model(self.trust, self.stick, version, self.model, **options).name

    def order(self, verb: str, command_id: str, **fields: object) -> None:
        order(self.broker.port, verb, id=command_id, **fields)

    def outcome(self, command_id: str) -> dict[str, object]:
        return self.listener.outcome("op", command_id)

    def ask(self, request_id: str, max_tokens: int = 60) -> None:
        publish(self.broker.port, "d", {"id": request_id, "prompt": "Write a poem.", "max_tokens": max_tokens})

    def answered_by(self, request_id: str) -> str:
        found = wait_for(lambda: self.listener.terminals().get(("d", request_id)), request_id)
        assert [frame["type"] for frame in found] == ["done"]
        return str(found[0]["model"])

    def current(self) -> str:
        folder = current_folder(self.gateway.data_dir)
        return folder.name if folder else ""

    def version_told(self) -> str | None:
        """The version in the node's info."""
        return (self.listener.latest("info").get("bundle") or {}).get("version")

    def update(self, **settings: object) -> None:
        """Change section [update]."""
        sections = self.gateway.sections
        self.gateway.write_config({**sections, "update": {**sections["update"], **settings}})
        self.gateway.hang_up()
        wait_for(lambda: "[update] changed" in self.gateway.log.read_text(), "the change in the log")

    def record(self, kind: str = "admin") -> list[str]:
        rows = self.gateway.query("SELECT kind, detail FROM events ORDER BY rowid")
        return [detail for seen, detail in rows if seen == kind]

    def leftovers(self) -> list[Path]:
        return list((self.gateway.data_dir / "bundles").glob(".tmp-*"))

    def child(self) -> psutil.Process | None:
        """The bundle command that runs for the node."""
        return self.gateway.child("accept")


@pytest.fixture
def site(tmp_path: Path, mosquitto: Mosquitto, smollm2: Path) -> Iterator[Site]:
    site = Site(tmp_path, mosquitto, smollm2)
    with site.gateway, site.listener:
        site.listener.wait_state("online")
        yield site


def test_a_bundle_on_the_stick_is_offered_accepted_and_taken_back_without_losing_a_request(site: Site) -> None:
    assert site.listener.offers() == []
    name = site.offered("1.1.0")
    (offer,) = wait_for(site.listener.offers, "the offer")
    assert (offer["offer"], offer["place"], offer["signed_by"]) == (name, "stick", "maker")
    assert offer["acceptable"]
    time.sleep(3)
    assert site.current() == "small-1.0.0", "never unasked"

    site.ask("long", 200)
    site.order("bundle.install", "i1", bundle=name)
    wait_for(lambda: site.listener.answers("op", "i1"), "accepted")
    site.order("bundle.install", "i2", bundle=name)
    count = 0
    while not [f for f in site.listener.answers("op", "i1") if f["type"] in ("done", "error")]:
        site.ask(f"during-{count}", 20)
        count += 1
        time.sleep(0.5)  # a device may ask twice a second

    frames = site.listener.answers("op", "i1")
    assert [frames[0]["type"], frames[-1]["type"]] == ["accepted", "done"], frames
    assert {f["phase"] for f in frames if f["type"] == "progress"} == {f"copy {name}", "gate"}
    assert site.outcome("i2")["code"] == "busy"
    assert site.answered_by("long") == "small-1.0.0"
    assert {site.answered_by(f"during-{i}") for i in range(count)} <= {"small-1.0.0", "small-1.1.0"}
    site.ask("after", 5)
    assert site.answered_by("after") == "small-1.1.0", "done means that the node answers with it"
    assert site.version_told() == "1.1.0"
    assert not [f for found in site.listener.frames().values() for f in found if f["type"] == "restarted"]

    site.order("bundle.install", "i1", bundle=name)
    wait_for(lambda: len([f for f in site.listener.answers("op", "i1") if f["type"] == "done"]) == 2, "a repeat")
    done = [f for f in site.listener.answers("op", "i1") if f["type"] == "done"]
    assert done[0] == done[1]

    site.order("bundle.remove", "r1", bundle="small-1.1.0")
    assert "current or previous" in str(site.outcome("r1")["reason"])
    site.order("bundle.rollback", "b1", from_version="1.1.0", reason="stammers")
    assert site.outcome("b1")["type"] == "done"
    assert site.current() == "small-1.0.0"
    site.order("bundle.rollback", "b2", from_version="1.1.0")
    assert "current is small-1.0.0, not version 1.1.0" in str(site.outcome("b2")["reason"])
    wait_for(lambda: [o["installed"] for o in site.listener.offers()] == [True], "the watch to have looked again")
    site.order("bundle.list", "l1")
    listed = site.outcome("l1")
    assert [(b["bundle"], b["current"]) for b in listed["installed"] if b["name"] == "small"] == [  # type: ignore[attr-defined]
        ("small-1.0.0", True),
        ("small-1.1.0", False),
    ]
    assert [o["installed"] for o in listed["offers"]] == [True]  # type: ignore[attr-defined]
    record = site.record()
    assert f"op: bundle.install bundle={name}: accepted" in record
    assert f"op: bundle.install bundle={name}: done" in record
    assert any(line.startswith("op: bundle.install: refused, another bundle command runs") for line in record)
    assert any(line.startswith("op: bundle.rollback from_version=1.1.0: refused, not rolled back") for line in record)
    assert "rolled back, stammers: current is small-1.0.0, was small-1.1.0" in site.record("bundle")


def test_bad_bundles_are_refused_while_what_serves_goes_on(site: Site, smollm2: Path) -> None:
    """Spoilt in the ways of the thousand bad bundles, on a stick that holds pipes, links and rubbish as well."""
    os.mkfifo(site.stick / "pipe.tar")
    (site.stick / "link.tar").symlink_to("/etc/passwd")
    (site.stick / "away").symlink_to("/")
    (site.stick / "folder").mkdir()
    os.mkfifo(site.stick / "folder" / "manifest.json")
    for i in range(3000):
        (site.stick / f"photo-{i}.jpg").touch()
    orders = []
    for mutation in (*IN_A_FOLDER[::3], *ARCHIVES[::4]):
        spoilt = Stick(site.trust, site.folder / "spoilt" / mutation.__name__, random.Random(mutation.__name__))
        target = site.stick / f"{mutation.__name__}.tar"
        if mutation in ARCHIVES:
            target.write_bytes(mutation(spoilt))  # type: ignore[arg-type]
        else:
            mutation(spoilt)
            target = shutil.copytree(spoilt.bundle, site.stick / mutation.__name__, symlinks=True)
        orders.append(target.name)
    (site.folder / "cut.gguf").write_bytes(smollm2.read_bytes()[:3_000_000])
    nonsense = make_model(site.trust, site.folder / "cut", "2.0.0", site.folder / "cut.gguf")
    orders.append(make_tar(nonsense, site.stick / "nonsense.tar").name)
    orders.append(site.offered("3.0.0", rule="contains"))
    orders += [
        "../data/bundles/small-1.0.0",
        "/etc/passwd",
        "--allow-unsigned",
        "pipe.tar",
        "link.tar",
        "away",
        "folder",
    ]

    site.ask("long", 400)
    for i, name in enumerate(orders):
        site.order("bundle.install", f"bad-{i}", bundle=name)
        frame = site.outcome(f"bad-{i}")

        assert frame["type"] == "error", (name, frame)
        assert frame["code"] == "refused", (name, frame)
        assert len(str(frame["reason"])) > 40, (name, frame)

    assert site.answered_by("long") == "small-1.0.0"
    assert site.current() == "small-1.0.0"
    assert site.leftovers() == []
    assert "restarted" not in {f["type"] for found in site.listener.frames().values() for f in found}
    assert "does not pass its gate" in str(site.outcome(f"bad-{orders.index('small-3.0.0')}")["reason"])
    assert "llama.cpp cannot load" in str(site.outcome(f"bad-{orders.index('nonsense.tar')}")["reason"])
    assert len([line for line in site.record() if ": refused, " in line]) == len(orders)
    shown = {offer["offer"] for offer in wait_for(site.listener.offers, "offers")}
    assert shown.isdisjoint({"pipe.tar", "link.tar", "away", "folder"})
    assert "small-3.0.0" in shown


def test_orders_that_say_too_much_or_too_little_are_refused_by_name(site: Site) -> None:
    for i, (verb, fields, says) in enumerate(
        [
            ("bundle.install", {"path": "/etc/x"}, "unknown field 'path'"),
            ("bundle.install", {"bundle": "x", "allow_unsigned": True}, "unknown field 'allow_unsigned'"),
            ("bundle.install", {"bundle": 7}, "bundle is 7; it must be string"),
            ("bundle.install", {"bundle": "x", "from": "/etc"}, 'from is "/etc"; use one of stick, inbox'),
            ("bundle.install", {"bundle": "x\nx"}, "printable"),
            ("bundle.rollback", {}, "needs from_version"),
            ("bundle.activate", {}, "needs bundle"),
            ("bundle.dance", {}, "unknown"),
        ]
    ):
        site.order(verb, f"o{i}", **fields)

        assert says in str(site.outcome(f"o{i}")["reason"])
    assert len([line for line in site.record() if ": refused, " in line]) == 8


def test_a_command_that_hangs_is_ended_and_leaves_nothing(site: Site) -> None:
    site.update(timeout_s=12)
    name = site.offered("1.1.0")
    site.order("bundle.install", "h1", bundle=name)
    child = wait_for(site.child, "the child")
    wait_for(site.leftovers, "the copy")

    child.suspend()

    frame = site.outcome("h1")
    assert (frame["type"], frame["code"]) == ("error", "internal")
    assert "took more than 12 s" in str(frame["reason"])
    assert ended(child)
    assert site.leftovers() == []
    site.ask("after", 5)
    assert site.answered_by("after") == "small-1.0.0"


def test_a_node_that_dies_in_the_midst_leaves_no_half_bundle_and_says_so(site: Site) -> None:
    name = site.offered("1.1.0")
    site.order("bundle.install", "k1", bundle=name)
    child = wait_for(site.child, "the child")
    wait_for(site.leftovers, "the copy")

    site.gateway.kill()
    wait_for(lambda: ended(child), "the child to follow")
    site.gateway.start()

    frame = site.outcome("k1")
    assert (frame["type"], frame["code"]) == ("error", "internal")
    assert "restarted while it ran; current is small-1.0.0" in str(frame["reason"])
    wait_for(lambda: not site.leftovers(), "the copy to be cleared away")
    assert not (site.gateway.data_dir / "bundles" / name).exists()
    assert site.record()[-1].endswith("interrupted, the node was restarted while it ran; current is small-1.0.0")
    site.order("bundle.install", "k2", bundle=name)
    assert site.outcome("k2")["type"] == "done", "and it can be done again"


def test_an_activated_bundle_that_does_not_come_online_gives_way_and_the_operator_hears_it(site: Site) -> None:
    """Its engine hangs while it loads, for longer than the configured time."""
    site.update(online_s=3)
    site.installed("1.1.0")
    assert site.gateway.process is not None
    site.hangs.write_text(str(site.gateway.process.pid))

    site.order("bundle.activate", "a1", bundle="small-1.1.0")

    frame = site.outcome("a1")
    assert frame["code"] == "rolled_back", frame
    assert not site.hangs.exists()
    assert "small-1.1.0 did not answer within 3 s" in str(frame["reason"])
    site.ask("after", 5)
    assert site.answered_by("after") == "small-1.0.0"
    assert site.current() == "small-1.0.0"


def test_a_bundle_whose_engine_dies_three_times_gives_way_without_losing_a_request(site: Site) -> None:
    activate(site.gateway.data_dir, site.installed("1.1.0"))
    site.gateway.hang_up()
    wait_for(lambda: site.version_told() == "1.1.0", "the new bundle")

    for i in range(3):
        engine = site.gateway.engine()
        site.ask(f"r{i}", 40)
        told = len(site.listener.states())
        engine.kill()
        told = site.listener.wait_state("degraded", since=told)
        site.listener.wait_state("online", since=told)

    assert {site.answered_by(f"r{i}") for i in range(3)} <= {"small-1.0.0", "small-1.1.0"}
    assert site.current() == "small-1.0.0"
    assert "small-1.1.0 ended 3 times on trial" in site.record("bundle")[-1]

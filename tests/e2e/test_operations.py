"""What operators do to a node, and what sites do to it."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.lib.bundles import random_adapter
from edgegen.bundle import activate, create_bundle
from edgegen.manifest import Adapter, BaseModel
from tests.brokers import LOGINS, PATIENCE_S, Mosquitto
from tests.e2e.gateway import NODE, Gateway, Listener, publish, wait_for
from tests.node.damage import damage

pytestmark = [pytest.mark.broker, pytest.mark.model]


@pytest.fixture
def gateway(tmp_path: Path, mosquitto: Mosquitto, smollm2: Path) -> Iterator[Gateway]:
    with Gateway(tmp_path, mosquitto.port, smollm2) as running:
        yield running


def test_sigterm_finishes_what_runs_and_keeps_the_rest(gateway: Gateway, mosquitto: Mosquitto) -> None:
    with Listener(mosquitto) as listener:
        listener.wait_state("online")
        for i in range(12):
            publish(mosquitto.port, f"d{i}", {"id": "r", "prompt": "Write a poem.", "max_tokens": 30})
        wait_for(lambda: len(listener.frames()) == 12, "twelve accepted")

        status = gateway.stop()

        listener.wait_state("stopped")
        assert status == 0
        done = len(listener.terminals())
        open_after = gateway.query("SELECT count(*) FROM requests WHERE terminal IS NULL")[0][0]
        assert done + open_after == 12
        assert done >= 4, "the four in the engine were finished"
        gateway.start()
        wait_for(lambda: len(listener.terminals()) == 12, "the rest after the next start")


def test_sighup_applies_new_limits_and_keeps_a_broken_file_out(gateway: Gateway, mosquitto: Mosquitto) -> None:
    with Listener(mosquitto) as listener:
        listener.wait_state("online")
        gateway.config.write_text(gateway.config.read_text() + "[limits]\npayload_bytes = 'many'\n")
        gateway.hang_up()
        wait_for(lambda: "stays as it was" in gateway.log.read_text(), "the mistake to be told")
        gateway.write_config(gateway.sections | {"limits": {"payload_bytes": 1024}})
        gateway.hang_up()
        wait_for(lambda: "limits changed" in gateway.log.read_text(), "the new limits")
        listener.wait_state("online")

        publish(mosquitto.port, "d", {"id": "r", "prompt": "x" * 2000})

        refusal = wait_for(lambda: listener.frames().get(("d", "_")), "the refusal")[0]
        assert refusal["code"] == "too_large"
        assert "1024" in refusal["reason"]


def test_a_reload_that_comes_while_the_node_starts_does_not_end_it(
    tmp_path: Path, mosquitto: Mosquitto, smollm2: Path
) -> None:
    """`edgegen bundle activate` finds the process by its lock, which is there before anything else."""
    with Gateway(tmp_path, mosquitto.port, smollm2) as gateway, Listener(mosquitto) as listener:
        lock = gateway.data_dir / "edgegen.lock"
        wait_for(lambda: lock.exists() and lock.read_text(), "the lock")

        gateway.hang_up()

        listener.wait_state("online")


def test_a_new_set_of_adapters_is_taken_in_without_losing_a_request(
    tmp_path: Path, mosquitto: Mosquitto, smollm2: Path
) -> None:
    """Requests of before, during and after the change are all answered, each by the adapters it knew."""
    adapter = random_adapter(smollm2, tmp_path / "one.gguf", seed=1)
    without, with_one = (
        _bundle(tmp_path / name, smollm2, files) for name, files in (("0", {}), ("1", {"one": adapter}))
    )
    with Gateway(tmp_path, mosquitto.port, without) as gateway, Listener(mosquitto) as listener:
        listener.wait_state("online")
        for i in range(8):
            publish(mosquitto.port, "d", {"id": f"before-{i}", "prompt": "Count to ten.", "max_tokens": 30})
        publish(mosquitto.port, "d", {"id": "early", "prompt": "x", "adapter": "one"})
        wait_for(lambda: ("d", "early") in listener.frames(), "the refusal")
        gateway.write_config(gateway.sections | {"model": {**gateway.sections["model"], "bundle": str(with_one)}})
        gateway.hang_up()
        for i in range(8):
            publish(mosquitto.port, "d", {"id": f"during-{i}", "prompt": "Count to ten.", "max_tokens": 10})
        wait_for(lambda: listener.latest("info").get("adapters") == ["one"], "the new adapter in info")
        publish(mosquitto.port, "d", {"id": "late", "prompt": "Count to ten.", "adapter": "one", "max_tokens": 10})

        wait_for(lambda: len(listener.terminals()) == 17, "all answers")

        done = {where[1]: found[0] for where, found in listener.terminals().items()}
        assert {frame["type"] for frame in done.values()} == {"done"}
        assert done["late"]["adapter"] == "one"
        assert not [f for frames in listener.frames().values() for f in frames if f["type"] == "restarted"]
        assert listener.frames()["d", "early"][0]["code"] == "unknown_adapter"


def _bundle(folder: Path, model: Path, adapters: dict[str, Path]) -> Path:
    return create_bundle(
        folder,
        {"model.gguf": model, **{f"adapters/{name}.gguf": path for name, path in adapters.items()}},
        name="test",
        version="1.0.0",
        base=BaseModel("test", "0" * 64),
        adapters=tuple(Adapter(name, f"adapters/{name}.gguf") for name in adapters),
    )


def test_a_bundle_that_cannot_be_loaded_gives_way_to_the_one_before(
    tmp_path: Path, mosquitto: Mosquitto, smollm2: Path
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\xff" * 1000)
    with Gateway(tmp_path, mosquitto.port, Path("current")) as gateway, Listener(mosquitto) as listener:
        bundles = gateway.data_dir / "bundles"
        good, bad = (
            create_bundle(
                bundles, {"model.gguf": model}, name="test", version=version, base=BaseModel("test", "0" * 64)
            )
            for version, model in (("1.0.0", smollm2), ("2.0.0", broken))
        )
        listener.wait_state("degraded")  # there was no bundle at the start
        activate(gateway.data_dir, good)
        gateway.hang_up()
        told = listener.wait_state("online")

        activate(gateway.data_dir, bad)
        gateway.hang_up()
        told = listener.wait_state("degraded", since=told)
        listener.wait_state("online", since=told)

        assert (gateway.data_dir / "current").resolve() == good.resolve()
        publish(mosquitto.port, "d", {"id": "r", "prompt": "hi", "max_tokens": 4})
        assert wait_for(lambda: listener.terminals().get(("d", "r")), "an answer")[0]["model"] == "test-1.0.0"
        (detail,) = gateway.query("SELECT detail FROM events WHERE kind = 'bundle'")[0]
        assert "test-2.0.0 ended 3 times on trial" in detail


def test_a_truncated_model_is_told_and_mended_without_a_restart_of_the_daemon(
    tmp_path: Path, mosquitto: Mosquitto, smollm2: Path
) -> None:
    broken = tmp_path / "model.gguf"
    broken.write_bytes(smollm2.read_bytes()[:50_000_000])
    with Gateway(tmp_path, mosquitto.port, broken) as gateway, Listener(mosquitto) as listener:
        listener.wait_state("degraded")
        state = listener.latest("state")
        publish(mosquitto.port, "d", {"id": "r1", "prompt": "hello"})
        refusal = wait_for(lambda: listener.frames().get(("d", "r1")), "the refusal")[0]

        shutil.copy(smollm2, tmp_path / "whole.gguf")
        (tmp_path / "whole.gguf").replace(broken)
        gateway.hang_up()
        listener.wait_state("online")
        publish(mosquitto.port, "d", {"id": "r1", "prompt": "hello", "max_tokens": 5})

        assert "model.gguf" in state["reason"]
        assert refusal["code"] == "busy"
        assert wait_for(lambda: listener.terminals().get(("d", "r1")), "an answer")[0]["type"] == "done"


def test_two_daemons_cannot_share_a_data_directory(gateway: Gateway, mosquitto: Mosquitto) -> None:
    with Listener(mosquitto) as listener:
        listener.wait_state("online")

    second = subprocess.run(
        [sys.executable, "-m", "edgegen.cli", "serve", "--config", str(gateway.config), "--set", "node.id=gw2"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert second.returncode == 2
    assert f"in use by process {gateway.process.pid}" in second.stderr
    assert "Traceback" not in second.stderr


def test_two_nodes_under_one_id_are_told_and_do_not_fight(
    gateway: Gateway, tmp_path: Path, mosquitto: Mosquitto, smollm2: Path
) -> None:
    with Listener(mosquitto) as listener:
        listener.wait_state("online")
        with Gateway(tmp_path / "twin", mosquitto.port, smollm2) as twin:
            said = ("node id used twice", "change one node.id")
            wait_for(
                lambda: any(s in g.log.read_text() for g in (gateway, twin) for s in said),
                "the duplicate to be told",
            )
            time.sleep(3)
            connects = sum(g.log.read_text().count("connected to 127.0.0.1") for g in (gateway, twin))
            assert connects <= 4, "they back off instead of throwing each other out"


def test_a_disk_that_is_full_refuses_and_recovers(tmp_path: Path, mosquitto: Mosquitto, smollm2: Path) -> None:
    """On a real file system of 3 MB, filled to the last byte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("mounting a tmpfs needs root")
    try:
        with Gateway(tmp_path, mosquitto.port, smollm2, settings={"node.data_dir": str(disk)}) as gateway:
            gateway.data_dir = disk
            _fill_and_free(gateway, mosquitto, disk)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _fill_and_free(gateway: Gateway, mosquitto: Mosquitto, disk: Path) -> None:
    with Listener(mosquitto) as listener:
        listener.wait_state("online")
        publish(mosquitto.port, "d", {"id": "long", "prompt": "Write a poem.", "max_tokens": 100})
        wait_for(lambda: listener.frames().get(("d", "long")), "accepted")
        told = len(listener.states())
        with (disk / "ballast").open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"\0" * 4096)
            except OSError:
                pass
        for i in range(40):
            publish(mosquitto.port, "d", {"id": f"big-{i}", "prompt": "x" * 40_000})
            if any(f.get("code") == "busy" for frames in listener.frames().values() for f in frames):
                break
        wait_for(
            lambda: any(f.get("code") == "busy" for frames in listener.frames().values() for f in frames),
            "a refusal because of the disk",
        )
        told = listener.wait_state("degraded", since=told)
        (disk / "ballast").unlink()
        listener.wait_state("online", since=told)
        wait_for(lambda: listener.terminals().get(("d", "long")), "the answer that was accepted before")
        publish(mosquitto.port, "d", {"id": "after", "prompt": "hello", "max_tokens": 4})
        wait_for(lambda: listener.terminals().get(("d", "after")), "an answer after it")


def test_a_damaged_database_is_set_aside_and_every_answer_comes(gateway: Gateway, mosquitto: Mosquitto) -> None:
    """The node starts over a file whose measurements are noise, finds out at the first answer, and goes on."""
    with Listener(mosquitto) as listener:
        listener.wait_state("online")
        publish(mosquitto.port, "d", {"id": "before", "prompt": "hi", "max_tokens": 4})
        wait_for(lambda: listener.terminals().get(("d", "before")), "an answer")
        told = len(listener.states())
        gateway.stop()
        damage(gateway.data_dir / "edgegen.db", "answers")

        gateway.start()
        listener.wait_state("online", since=told)
        publish(mosquitto.port, "d", {"id": "after", "prompt": "hi", "max_tokens": 4})

        assert wait_for(lambda: listener.terminals().get(("d", "after")), "an answer")[0]["type"] == "done"
        wait_for(lambda: listener.latest("health").get("storage_set_aside"), "health to say so")
        publish(mosquitto.port, "d", {"id": "before", "prompt": "hi", "max_tokens": 4})
        wait_for(lambda: len(listener.terminals()["d", "before"]) == 2, "the first answer once more")
        doctor = subprocess.run(
            [sys.executable, "-m", "edgegen.cli", "doctor", "--json", "--config", str(gateway.config)],
            capture_output=True,
            check=False,
        )
        findings = [f for f in json.loads(doctor.stdout)["findings"] if f["check"] == "database"]
        assert "set aside" in findings[0]["message"]


def test_admin_requests_are_answered_audited_and_deduplicated(gateway: Gateway, mosquitto: Mosquitto) -> None:
    with Listener(mosquitto) as listener:
        listener.wait_state("online")
        topic = f"edgegen/{NODE}/admin/req/op"
        answer = f"edgegen/{NODE}/admin/res/op"

        for verb, payload in (
            ("status", '{"id": "1"}'),
            ("status", '{"id": "1"}'),
            ("status", "{}"),
            ("dance", '{"id": "2"}'),
        ):
            subprocess.run(
                ["mosquitto_pub", "-p", str(mosquitto.port), "-t", f"{topic}/{verb}", "-m", payload, "-q", "1"],
                check=True,
            )
        wait_for(lambda: listener.payloads(f"{answer}/2"), "answers")

        first, second = listener.payloads(f"{answer}/1")
        assert first == second
        assert json.loads(first)["state"] == "online"
        assert json.loads(listener.payloads(f"{answer}/_")[0])["code"] == "bad_request"
        assert json.loads(listener.payloads(f"{answer}/2")[0])["code"] == "unsupported"
        events = [detail for (detail,) in gateway.query("SELECT detail FROM events WHERE kind = 'admin'")]
        assert events[0] == "op: status"
        assert events[1].startswith("op: status: refused, an admin request is a JSON object with an id")
        assert events[2].startswith("op: dance: refused, admin verb 'dance' is unknown")


def test_the_shipped_broker_files_let_the_node_work(
    tmp_path: Path, secured_mosquitto: Mosquitto, smollm2: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text(LOGINS["edgegen"] + "\n")
    secret.chmod(0o600)
    settings = {"mqtt.username": "edgegen", "mqtt.password_file": str(secret)}
    with Gateway(tmp_path, secured_mosquitto.port, smollm2, settings=settings) as gateway:
        with Listener(secured_mosquitto, login=("operator-1", LOGINS["operator-1"])) as operator:
            operator.wait_state("online")
        devices = secured_mosquitto.ports[1]
        login = ("-u", "sensor-1", "-P", LOGINS["sensor-1"])
        with Listener(secured_mosquitto, login=("sensor-1", LOGINS["sensor-1"]), port=devices) as listener:
            listener.wait_state("online")
            for device, request_id in (("sensor-1", "r1"), ("sensor-2", "forged"), ("sensor-1", "r2")):
                request = {"id": request_id, "prompt": "hi", "max_tokens": 5}
                publish(secured_mosquitto.port, device, request, extra=login)

            for request_id in ("r1", "r2"):
                ended = wait_for(lambda one=request_id: listener.terminals().get(("sensor-1", one)), "an answer")
                assert ended[0]["type"] == "done"
            assert gateway.query("SELECT DISTINCT device FROM requests") == [("sensor-1",)]


def test_a_wrong_password_is_told_and_tried_again(tmp_path: Path, secured_mosquitto: Mosquitto, smollm2: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("wrong\n")
    secret.chmod(0o600)
    settings = {"mqtt.username": "edgegen", "mqtt.password_file": str(secret)}
    with (
        Gateway(tmp_path, secured_mosquitto.port, smollm2, settings=settings) as gateway,
        Listener(secured_mosquitto, login=("operator-1", LOGINS["operator-1"])) as operator,
    ):
        wait_for(lambda: "refuses the connection" in gateway.log.read_text(), "the refusal in the log")
        secret.write_text(LOGINS["edgegen"] + "\n")

        operator.wait_state("online")

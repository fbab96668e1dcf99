"""`edgegen doctor`: finds what is wrong, says what to do, and disturbs nothing."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.doctor import machine
from edge.doctor import node as node_checks
from edge.doctor.broker import broker
from edge.doctor.finding import Finding, Level
from edgegen.config import load_config
from edgegen.device import Device
from tests import brokers
from tests.commands.conftest import Gateway, edgegen


def findings(*arguments: str | Path) -> dict[str, list[dict]]:
    """What doctor found, by check."""
    done = edgegen("doctor", "--json", *arguments)
    document = json.loads(done.stdout)
    assert done.returncode == (1 if document["problems"] else 0), done.stderr
    found: dict[str, list[dict]] = {}
    for finding in document["findings"]:
        found.setdefault(finding["check"], []).append(finding)
        assert finding["level"] == "ok" or finding["remedy"], finding
    return found


def levels(found: list[Finding]) -> dict[str, Level]:
    return {finding.check: finding.level for finding in found}


@pytest.mark.broker
@pytest.mark.model
def test_a_gateway_that_is_well(gateway: Gateway):
    """Nothing is a problem, and the running node notices nothing."""
    found = findings("--config", gateway.config)

    assert [f for fs in found.values() for f in fs if f["level"] == "problem"] == []
    assert "runs as process" in found["node"][0]["message"]
    assert "login 'edgegen' accepted" in found["login"][0]["message"]
    assert len(found["access"]) == 2
    assert "loads it" in found["model"][0]["message"]
    log = gateway.broker.log.read_text()
    assert "already connected, closing old connection" not in log
    with Device(gateway.address(), "sensor-1") as device:
        assert device.find_node().state == "online"


@pytest.mark.broker
@pytest.mark.model
def test_no_login_where_it_could_throw_the_node_off(gateway: Gateway):
    """A broker that takes the login as the client id allows one connection; the node must keep it."""
    settings = ["--config", gateway.config, "--set", f"mqtt.port={gateway.broker.ports[1]}"]

    found = findings(*settings)

    assert found["login"][0]["level"] == "warning"
    assert "not tried" in found["login"][0]["message"]
    assert "Stop the node" in found["login"][0]["remedy"]


def test_a_broker_that_is_away_and_no_model(tmp_path: Path):
    """Both are said at once, and that a node keeps trying."""
    (port,) = brokers.free_ports(1)

    found = findings("--set", f"node.data_dir={tmp_path / 'data'}", "--set", f"mqtt.port={port}")

    assert found["broker"][0]["level"] == "problem"
    assert "Connection refused" in found["broker"][0]["message"]
    assert "tries again for ever" in found["broker"][0]["remedy"]
    assert "edgegen model add smollm2-135m" in found["bundle"][0]["message"]
    assert not (tmp_path / "data").exists()


def test_a_configuration_with_mistakes(tmp_path: Path):
    """Every mistake is a finding; the machine is looked at all the same."""
    (tmp_path / "edgegen.toml").write_text('[mqtt]\nprot = 5\nport = "x"\n[nose]\n')

    found = findings("--config", tmp_path / "edgegen.toml")

    assert len(found["configuration"]) == 3
    assert found["llama.cpp"][0]["level"] in ("ok", "warning")


def test_lines_for_people(tmp_path: Path):
    done = edgegen("doctor", "--config", tmp_path / "none.toml")

    assert done.returncode == 1
    assert "problem configuration" in done.stdout
    assert "-> " in done.stdout
    assert "1 problems" in done.stdout
    assert "\x1b[" not in done.stdout


@pytest.mark.broker
def test_a_wrong_password(secured_mosquitto: brokers.Mosquitto, tmp_path: Path):
    config = load_config(None, _settings(secured_mosquitto, tmp_path, "guess"))

    found = list(broker(config))

    assert levels(found)["login"] is Level.PROBLEM
    assert "refuses the login 'edgegen'" in _message(found, "login")


@pytest.mark.broker
@pytest.mark.parametrize("protocol", [5, 311])
def test_an_access_list_without_the_node_s_rights(tmp_path: Path, protocol: int, monkeypatch: pytest.MonkeyPatch):
    """SUBACK says granted; only what is not delivered tells the truth."""
    monkeypatch.setattr("edge.doctor.broker.DELIVERY_S", 1.0)  # for what never comes
    passwords = brokers.write_passwords(tmp_path / "passwords", {"edgegen": "node-secret"})
    acl = tmp_path / "acl"
    acl.write_text("pattern write edgegen/+/req/%u/+\npattern read edgegen/+/res/%u/#\n")
    with brokers.Mosquitto(tmp_path / "m", password_file=passwords, acl_file=acl) as closed:
        settings = [*_settings(closed, tmp_path, "node-secret"), f"mqtt.protocol={protocol}"]
        found = list(broker(load_config(None, settings)))

    problems = [f for f in found if f.level is Level.PROBLEM]
    assert [f.check for f in problems] == ["access", "access"]
    assert "edgegen/gw1/req/" in problems[0].message
    assert "edgegen/gw1/res/" in problems[1].message


@pytest.mark.broker
def test_what_listens_is_no_broker(tmp_path: Path):
    """A port that is open proves nothing."""
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline().split()[5])
        try:
            found = list(broker(load_config(None, [f"mqtt.port={port}", "mqtt.host=127.0.0.1"])))
        finally:
            server.terminate()

    assert levels(found)["login"] is Level.PROBLEM


def test_a_clock_that_was_never_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(time, "localtime", lambda: time.gmtime(0))

    (found,) = machine.clock()

    assert found.level is Level.PROBLEM


def test_a_model_that_does_not_fit(tmp_path: Path):
    """Said before the kernel kills the engine."""
    with (tmp_path / "huge.gguf").open("wb") as file:
        file.truncate(2**42)  # sparse

    (found,) = machine.memory(tmp_path / "huge.gguf", 4096, running=False)

    assert found.level is Level.PROBLEM
    assert "smaller model" in str(found.remedy)


def test_a_folder_nobody_can_write():
    """Also for root, whom permissions do not stop: a folder in /proc."""
    found = list(machine.data_dir(Path("/proc/self")))

    assert found[0].level is Level.PROBLEM


def test_no_node_runs_where_no_lock_is_held(tmp_path: Path):
    """The file of a node that was killed is no sign of life."""
    (tmp_path / "edgegen.lock").write_text("1\n")

    assert node_checks.running_pid(tmp_path) is None


def _settings(broker_: brokers.Mosquitto, folder: Path, written: str) -> list[str]:
    path = folder / "node.password"
    path.write_text(written)
    path.chmod(0o600)
    return [
        f"node.data_dir={folder}",
        "node.id=gw1",
        "mqtt.host=127.0.0.1",
        f"mqtt.port={broker_.port}",
        "mqtt.username=edgegen",
        f"mqtt.password_file={path}",
    ]


def _message(found: list[Finding], check: str) -> str:
    return next(finding.message for finding in found if finding.check == check)

"""`edgegen ask` against the real node and model, and against brokers where something is wrong."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edgegen import device as device_module
from edgegen.connection import BrokerAddress, Connection
from edgegen.device import Device, default_device
from edgegen.errors import BrokerError, RequestError
from edgegen.screen import AnswerPrinter, error_of
from tests import brokers
from tests.commands.conftest import Gateway, edgegen, retain

SWITCH = {
    "type": "object",
    "properties": {"action": {"enum": ["on", "off"]}},
    "required": ["action"],
    "additionalProperties": False,
}

real = [pytest.mark.broker, pytest.mark.model]


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


class TestAnswers:
    """A node that is well."""

    pytestmark = real

    @pytest.mark.parametrize("protocol", ["5", "311"])
    def test_answer_on_stdout_figures_on_stderr(self, gateway: Gateway, protocol: str):
        """So that a script can take the answer alone; on both versions of MQTT."""
        done = gateway.ask("--protocol", protocol, "What is MQTT?")

        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
        for part in ("answer 8 tokens", "first after", "tokens/s", "node gw-test"):
            assert part in done.stderr

    def test_json_prints_every_frame(self, gateway: Gateway):
        """`accepted` first, one terminal frame last, and nothing of the stream is missing in between."""
        done = gateway.ask("--json", "What is MQTT?")

        frames = lines(done.stdout)
        assert [frames[0]["type"], frames[-1]["type"]] == ["accepted", "done"]
        assert [frame["seq"] for frame in frames] == list(range(len(frames)))
        assert "".join(frame.get("text", "") for frame in frames[1:-1]) == frames[-1]["text"]

    def test_schema_from_the_command_line_or_a_file(self, gateway: Gateway, tmp_path: Path):
        """The answer is a document of the schema."""
        (tmp_path / "switch.json").write_text(json.dumps(SWITCH))

        for schema in (json.dumps(SWITCH), tmp_path / "switch.json"):
            done = gateway.ask("--schema", schema, "--max-tokens", "20", "Switch the pump off.")
            assert json.loads(done.stdout)["action"] in ("on", "off"), done.stderr

    def test_prompt_from_stdin_and_samples(self, gateway: Gateway):
        """A log file can be piped in; several samples say how many agree."""
        done = gateway.ask("--samples", "2", "--system", "Answer in one word.", "-", stdin="What colour is the sky?")

        assert done.returncode == 0, done.stderr
        assert "of the samples agree" in done.stderr

    def test_the_node_s_own_file_says_where(self, gateway: Gateway):
        """On the gateway itself nothing else needs to be typed."""
        done = edgegen("ask", "--config", gateway.config, "--max-tokens", "3", "Hello")

        assert done.returncode == 0, done.stderr

    def test_ctrl_c_cancels_on_the_node(self, gateway: Gateway):
        """A person who walks away leaves no work behind."""
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "edgegen.cli", "ask", "--json", "--port", str(gateway.broker.port)),
                *("--username", "sensor-1", "--password-file", str(gateway.password_file("sensor-1"))),
                # The model may say no to a thousand, and has then ended before anybody walks away.
                *("--schema", '{"type": "string", "minLength": 5000}', "--max-tokens", "1000"),
                "Count from one to one thousand in words.",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["type"] == "accepted"

        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=brokers.PATIENCE_S)

        assert process.returncode == 130
        assert "the request is cancelled" in stderr


class TestRefusals:
    """What the node refuses comes with the code, the reason and what to do."""

    pytestmark = real

    def test_unknown_adapter(self, gateway: Gateway):
        done = gateway.ask("--adapter", "pump-v9", "Hello")

        assert done.returncode == 1
        assert "unknown_adapter" in done.stderr
        assert "'pump-v9'" in done.stderr
        assert "Leave out --adapter" in done.stderr
        assert done.stdout == ""

    @pytest.mark.parametrize(
        ("schema", "says"),
        [
            ('{"type": "nonsense"}', "is not a JSON Schema"),
            ('{"type": ', "not JSON"),
            ("no-such-file.json", "No such file"),
        ],
    )
    def test_bad_schema(self, gateway: Gateway, schema: str, says: str):
        """Whether it is found here or by the node."""
        done = gateway.ask("--schema", schema, "Hello")

        assert done.returncode == 1
        assert "schema_invalid" in done.stderr
        assert says in done.stderr

    def test_several_mistakes_are_all_named(self, gateway: Gateway):
        """The node checks the request, so that `ask` cannot disagree with it."""
        done = gateway.ask("--temperature", "9", "--session", "a/b", "Hello")

        assert "temperature is 9" in done.stderr
        assert 'session is "a/b"' in done.stderr

    def test_json_prints_the_error_frame_too(self, gateway: Gateway):
        done = gateway.ask("--json", "--adapter", "nope", "Hello")

        assert done.returncode == 1
        assert lines(done.stdout)[-1]["code"] == "unknown_adapter"


class TestTheWayToTheNode:
    """Everything that can be wrong before a node answers is a BrokerError with a remedy."""

    def test_no_broker(self):
        (port,) = brokers.free_ports(1)

        done = edgegen("ask", "--port", port, "Hello")

        assert done.returncode == 1
        assert f"BrokerError: localhost:{port}: Connection refused" in done.stderr
        assert "systemctl start mosquitto" in done.stderr

    def test_unknown_host(self):
        done = edgegen("ask", "--host", "no-such-host.invalid", "Hello")

        assert "no such host" in done.stderr

    @pytest.mark.broker
    def test_no_node(self, mosquitto: brokers.Mosquitto):
        done = edgegen("ask", "--port", mosquitto.port, "Hello")

        assert done.returncode == 1
        assert "no node under edgegen/+/state" in done.stderr
        assert "edgegen serve" in done.stderr

    @pytest.mark.broker
    def test_stopped_node(self, mosquitto: brokers.Mosquitto):
        retain(mosquitto, "edgegen/gw1/state", {"state": "stopped", "boot": "x"})

        done = edgegen("ask", "--port", mosquitto.port, "Hello")

        assert "the node is not running: gw1 (stopped)" in done.stderr

    @pytest.mark.broker
    def test_several_nodes(self, mosquitto: brokers.Mosquitto):
        for node in ("gw1", "gw2"):
            retain(mosquitto, f"edgegen/{node}/state", {"state": "online", "boot": "x"})

        done = edgegen("ask", "--port", mosquitto.port, "Hello")

        assert "several nodes: gw1 (online), gw2 (online). Choose one with --node" in done.stderr

    @pytest.mark.broker
    def test_the_one_that_is_alive_among_old_states(self, mosquitto: brokers.Mosquitto):
        """A renamed node leaves its old state behind."""
        retain(mosquitto, "edgegen/old/state", {"state": "offline", "boot": "x"})
        retain(mosquitto, "edgegen/new/state", {"state": "online", "boot": "y"})

        with Device(BrokerAddress(port=mosquitto.port), "d1") as device:
            assert device.find_node().node == "new"

    @pytest.mark.broker
    @pytest.mark.model
    def test_wrong_node(self, gateway: Gateway):
        done = gateway.ask("--node", "gw9", "Hello")

        assert done.returncode == 1
        assert "there is no node 'gw9'. Seen: gw-test (online)" in done.stderr

    @pytest.mark.broker
    @pytest.mark.parametrize("protocol", ["5", "311"])
    def test_wrong_password(self, secured_mosquitto: brokers.Mosquitto, tmp_path: Path, protocol: str):
        (tmp_path / "password").write_text("guess")
        login = ["--username", "sensor-1", "--password-file", tmp_path / "password", "--protocol", protocol]

        done = edgegen("ask", "--port", secured_mosquitto.port, *login, "Hello")

        assert done.returncode == 1
        assert "refuses the login 'sensor-1'" in done.stderr
        assert "mosquitto_passwd" in done.stderr

    @pytest.mark.broker
    @pytest.mark.model
    def test_another_device_s_name_on_mqtt_5(self, gateway: Gateway):
        """MQTT 5 brokers say at once that a topic is forbidden."""
        done = gateway.ask("--device", "sensor-2", "--protocol", "5", "Hello")

        assert done.returncode == 1
        assert "does not take a message of login 'sensor-1' on edgegen/gw-test/req/sensor-2/chat" in done.stderr

    @pytest.mark.broker
    @pytest.mark.model
    def test_another_device_s_name_on_mqtt_311(self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
        """With MQTT 3.1.1 there is only silence, and SUBACK lies."""
        monkeypatch.setattr(device_module, "REPEAT_S", 0.3)

        with Device(gateway.address(protocol=311), "sensor-2") as device, pytest.raises(BrokerError) as caught:
            list(device.ask(gateway.node, "chat", {"prompt": "Hello"}, timeout_s=20))

        assert "nothing arrived" in str(caught.value)
        assert "use --device sensor-1" in str(caught.value)

    @pytest.mark.broker
    def test_a_broker_without_mqtt_5_is_spoken_to_in_311(self, iotcore_broker: brokers.IotCore):
        """Nobody has to know what the broker speaks."""
        with Connection(BrokerAddress("127.0.0.1", iotcore_broker.port)) as connection:
            assert connection.protocol == 311

        with pytest.raises(BrokerError, match="instead of answering MQTT 5"):
            Connection(BrokerAddress("127.0.0.1", iotcore_broker.port, protocol=5)).open()


@pytest.mark.broker
def test_tls(tmp_path: Path):
    """Only a broker with a certificate of the given authority is spoken to, and on the TLS port only TLS."""
    for name in ("broker", "other"):
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
                *("-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.pem", "-days", "2"),
                *("-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"),
            ],
            check=True,
            capture_output=True,
        )
    settings = f"certfile {tmp_path}/broker.pem\nkeyfile {tmp_path}/broker.key"
    with brokers.Mosquitto(tmp_path / "mosquitto", settings=settings) as broker:
        to = ["--host", "127.0.0.1", "--port", broker.port]

        trusted = edgegen("ask", *to, "--tls-ca-file", tmp_path / "broker.pem", "Hello")
        untrusted = edgegen("ask", *to, "--tls-ca-file", tmp_path / "other.pem", "Hello")
        plain = edgegen("ask", *to, "Hello")

    assert "no node under" in trusted.stderr  # it got that far
    assert "certificate is not trusted" in untrusted.stderr
    assert "8883 needs TLS" in plain.stderr


@pytest.mark.broker
def test_a_request_is_repeated_byte_for_byte_until_something_arrives(
    mosquitto: brokers.Mosquitto, monkeypatch: pytest.MonkeyPatch
):
    """Brokers lose messages; the same id and the same bytes make a repeat harmless (protocol, Delivery 9)."""
    monkeypatch.setattr(device_module, "REPEAT_S", 0.3)
    payloads = []

    def deaf_at_first() -> None:
        with Connection(BrokerAddress(port=mosquitto.port)) as node:
            node.subscribe("edgegen/gw1/req/+/+")
            ready.set()
            for _ in range(2):
                message = node.receive(brokers.PATIENCE_S)
                assert message is not None
                payloads.append(message.payload)
            request_id = json.loads(payloads[-1])["id"]
            frame = {"id": request_id, "node": "gw1", "type": "done", "run": 0, "seq": 1, "text": "heard"}
            node.publish(f"edgegen/gw1/res/d1/{request_id}", json.dumps(frame).encode())

    ready = threading.Event()
    thread = threading.Thread(target=deaf_at_first)
    thread.start()
    assert ready.wait(brokers.PATIENCE_S)
    with Device(BrokerAddress(port=mosquitto.port), "d1") as device:
        frames = list(device.ask("gw1", "chat", {"prompt": "Hello"}, timeout_s=brokers.PATIENCE_S))
    thread.join(brokers.PATIENCE_S)

    assert frames[-1]["text"] == "heard"
    assert payloads[0] == payloads[1]


@pytest.mark.broker
@pytest.mark.model
def test_an_answer_survives_a_restart_of_the_broker(gateway: Gateway):
    """The answer is stored on the node, so that a device that comes back gets it."""
    with Device(gateway.address(), "sensor-1") as device:
        frames = device.ask(gateway.node, "chat", {"prompt": "Count to twenty.", "max_tokens": 12}, timeout_s=120)
        assert next(frames)["type"] == "accepted"

        gateway.broker.restart()

        assert [frame["type"] for frame in frames][-1] == "done"


class TestPrinting:
    """What a terminal and a file get to see."""

    def test_a_terminal_sees_a_lost_delta_again(self, capsys: pytest.CaptureFixture[str]):
        """Deltas are best effort; the whole text is in `done`."""
        printer = AnswerPrinter(live=True)
        printer.show({"type": "delta", "text": "MQTT "})
        printer.show({"type": "delta", "text": "protocol."})  # "is a " was lost

        printer.show({"type": "done", "text": "MQTT is a protocol."})

        assert capsys.readouterr().out == "MQTT protocol.\nMQTT is a protocol.\n"

    def test_a_terminal_sees_each_word_once(self, capsys: pytest.CaptureFixture[str]):
        printer = AnswerPrinter(live=True)
        for frame in ({"type": "delta", "text": "MQTT is"}, {"type": "done", "text": "MQTT is short."}):
            printer.show(frame)

        assert capsys.readouterr().out == "MQTT is short.\n"

    def test_a_file_gets_the_answer_once_when_the_node_began_again(self, capsys: pytest.CaptureFixture[str]):
        printer = AnswerPrinter(live=False)
        for frame in (
            {"type": "delta", "text": "MQ"},
            {"type": "restarted"},
            {"type": "done", "text": "MQTT."},
        ):
            printer.show(frame)

        assert capsys.readouterr().out == "MQTT.\n"

    def test_an_error_says_when_to_come_back(self):
        error = error_of({"id": "a", "code": "busy", "reason": "the queue is full", "retry_after_s": 2.5})

        assert isinstance(error, RequestError)
        assert str(error) == "busy: the queue is full\nTry again in 2.5 s."


def test_the_default_device_is_a_topic_level():
    assert default_device("plant/boiler 3") == "plant-boiler-3"
    assert default_device(None).endswith("-ask")

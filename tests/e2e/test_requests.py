"""Each kind of request, right and wrong, over a real broker to a real model."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import IotCore, Mosquitto
from tests.e2e.gateway import NODE, Gateway, Listener, publish, wait_for

pytestmark = [pytest.mark.broker, pytest.mark.model]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, broker: Mosquitto, smollm2: Path) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), broker.port, smollm2) as running:
        yield running


@pytest.fixture
def listener(gateway: Gateway, broker: Mosquitto) -> Iterator[Listener]:
    with Listener(broker) as running:
        running.wait_state("online")
        yield running


def answer(listener: Listener, device: str, request_id: str) -> dict:
    return wait_for(lambda: listener.terminals().get((device, request_id)), f"answer {request_id}")[0]


def refusal(listener: Listener, device: str, topic_id: str) -> dict:
    return wait_for(
        lambda: [f for f in listener.frames()[device, topic_id] if f.get("refused_message")], f"refusal {topic_id}"
    )[-1]


def test_an_answer_says_what_it_cost(listener: Listener, broker: Mosquitto) -> None:
    publish(broker.port, "cost", {"id": "r", "prompt": "What is a sensor?", "max_tokens": 12, "logprobs": True})

    done = answer(listener, "cost", "r")

    assert done["text"]
    assert done["finish"] == "length"
    assert done["usage"]["completion_tokens"] == 12
    assert done["usage"]["cached_tokens"] <= done["usage"]["prompt_tokens"]
    assert len(done["logprobs"]) == 12
    assert 0 <= done["timing"]["queue_s"] <= done["timing"]["ttft_s"] <= done["timing"]["total_s"]
    assert done["timing"]["tg_tokens_per_s"] > 0


def test_chat_keeps_to_its_messages(listener: Listener, broker: Mosquitto) -> None:
    messages = [
        {"role": "system", "content": "You are a parrot."},
        {"role": "user", "content": "My name is Pablo."},
        {"role": "assistant", "content": "Hello Pablo!"},
        {"role": "user", "content": "What is my name?"},
    ]
    publish(broker.port, "chat", {"id": "r", "messages": messages, "max_tokens": 24, "temperature": 0}, verb="chat")

    assert "Pablo" in answer(listener, "chat", "r")["text"]


def test_greedy_answers_are_the_same_every_time(listener: Listener, broker: Mosquitto) -> None:
    """One after another: what is computed beside others may be rounded differently (docs/decisions/0014)."""
    texts = set()
    for i in range(3):
        request = {"id": f"r{i}", "prompt": "Name three fruits.", "max_tokens": 20, "temperature": 0}
        publish(broker.port, f"greedy-{i}", request)
        texts.add(answer(listener, f"greedy-{i}", f"r{i}")["text"])

    assert len(texts) == 1


def test_a_schema_answer_is_valid_json(listener: Listener, broker: Mosquitto) -> None:
    schema = {
        "type": "object",
        "properties": {
            "device": {"enum": ["lamp", "pump", "door"]},
            "on": {"type": "boolean"},
            "level": {"type": "integer", "minimum": 0, "maximum": 100},
        },
        "required": ["device", "on", "level"],
        "additionalProperties": False,
    }
    publish(broker.port, "json", {"id": "r", "prompt": "Turn the pump on at 40 percent.", "schema": schema})

    done = answer(listener, "json", "r")

    assert done["finish"] == "schema"
    assert json.loads(done["text"]) == done["json"]
    assert done["json"]["device"] in ("lamp", "pump", "door")
    assert 0 <= done["json"]["level"] <= 100


def test_a_schema_answer_that_is_cut_has_no_json(listener: Listener, broker: Mosquitto) -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string", "minLength": 200}}, "required": ["text"]}
    publish(broker.port, "cut", {"id": "r", "prompt": "Tell a story.", "schema": schema, "max_tokens": 8})

    done = answer(listener, "cut", "r")

    assert done["finish"] == "length"
    assert "json" not in done


def test_embeddings_are_normalised_and_near_for_near_texts(listener: Listener, broker: Mosquitto) -> None:
    texts = {"a": "The pump is too hot.", "b": "The pump is overheating.", "c": "A recipe for apple cake."}
    for name, text in texts.items():
        publish(broker.port, "embed", {"id": name, "prompt": text}, verb="embed")
    vectors = {name: answer(listener, "embed", name)["embedding"] for name in texts}

    def dot(x: str, y: str) -> float:
        return sum(p * q for p, q in zip(vectors[x], vectors[y], strict=True))

    assert dot("a", "a") == pytest.approx(1.0, abs=1e-3)
    assert dot("a", "b") > dot("a", "c")


def test_samples_vote(listener: Listener, broker: Mosquitto) -> None:
    request = {"id": "r", "prompt": "Answer yes or no: is water wet?", "samples": 4, "max_tokens": 4, "seed": 7}
    publish(broker.port, "vote", request)

    done = answer(listener, "vote", "r")

    assert done["agreement"] in (0.25, 0.5, 0.75, 1.0)


def test_a_plain_prompt_is_answered_in_plain_text(listener: Listener, broker: Mosquitto) -> None:
    publish(broker.port, "tiny", b"Name a colour.", version="mqttv311")

    texts = wait_for(lambda: listener.payloads(f"edgegen/{NODE}/res/tiny/text"), "the text")

    assert len(texts) == 1
    assert not texts[0].startswith(("{", "error:"))


def test_cancel_stops_a_running_answer(listener: Listener, broker: Mosquitto) -> None:
    long = {"type": "string", "minLength": 5000}  # else the model may end before it is told to
    request = {"id": "r", "prompt": "Count to one thousand.", "max_tokens": 500, "stream": True, "schema": long}
    publish(broker.port, "stop", request)
    wait_for(lambda: [f for f in listener.frames()["stop", "r"] if f["type"] == "delta"], "the first words")

    publish(broker.port, "stop", {"id": "r"}, verb="cancel")

    assert answer(listener, "stop", "r")["code"] == "cancelled"


def test_a_deadline_in_the_past_of_the_answer_expires(listener: Listener, broker: Mosquitto) -> None:
    publish(broker.port, "late", {"id": "r", "prompt": "Count to one thousand.", "max_tokens": 500, "deadline_s": 0.05})

    assert answer(listener, "late", "r")["code"] == "expired"


def test_a_prompt_longer_than_the_context_ends_with_both_numbers(listener: Listener, broker: Mosquitto) -> None:
    publish(broker.port, "long", {"id": "r", "prompt": "pump " * 3000})

    error = answer(listener, "long", "r")

    assert error["code"] == "context_overflow"
    assert any(number in error["reason"] for number in ("1536", "2048"))


def test_an_unsatisfiable_schema_ends_with_schema_invalid(listener: Listener, broker: Mosquitto) -> None:
    schema = {"type": "integer", "minimum": 5, "maximum": 3}
    publish(broker.port, "nope", {"id": "r", "prompt": "x", "schema": schema})

    assert answer(listener, "nope", "r")["code"] == "schema_invalid"


@pytest.mark.parametrize(
    ("name", "payload", "topic_id", "code", "says"),
    [
        ("broken", b'{"id": "x", ', "_", "bad_request", "not JSON"),
        ("bytes", b"\xff\xfe\xfd", "_", "bad_request", "0xff"),
        ("unknown", {"id": "u", "prompt": "x", "promt": "y"}, "u", "bad_request", "promt"),
        ("types", {"id": "t", "prompt": 7}, "t", "bad_request", "prompt is 7"),
        ("slash", {"id": "a/b", "prompt": "x"}, "_", "bad_request", "a/b"),
        ("plus", {"id": "a+b", "prompt": "x"}, "_", "bad_request", "a+b"),
        ("large", {"id": "l", "prompt": "x" * 70_000}, "_", "too_large", "65536"),
        ("schema", {"id": "s", "prompt": "x", "schema": {"type": "objekt"}}, "s", "schema_invalid", "objekt"),
        ("adapter", {"id": "a", "prompt": "x", "adapter": "nope"}, "a", "unknown_adapter", "nope"),
        ("deadline", {"id": "d", "prompt": "x", "deadline_s": -3}, "d", "bad_request", "-3"),
    ],
)
def test_bad_input_is_refused_with_its_value(  # noqa: PLR0917 - one column of the table each
    listener, broker, name, payload, topic_id, code, says
) -> None:
    publish(broker.port, name, payload)

    frame = refusal(listener, name, topic_id)

    assert frame["code"] == code
    assert says in frame["reason"]


def test_bad_mqtt_is_refused_too(listener: Listener, broker: Mosquitto) -> None:
    request = {"id": "r", "prompt": "x"}
    publish(broker.port, "retained", request, extra=("-r",))
    publish(broker.port, "foreign", request, extra=("-D", "publish", "response-topic", "lights/on"))
    publish(broker.port, "verb", request, verb="shout")

    assert "retain" in refusal(listener, "retained", "r")["reason"]
    assert "lights/on" in refusal(listener, "foreign", "r")["reason"]
    assert refusal(listener, "verb", "_")["code"] == "unsupported"


def test_cancel_of_an_unknown_id_is_not_found(listener: Listener, broker: Mosquitto) -> None:
    publish(broker.port, "nobody", {"id": "ghost"}, verb="cancel")

    assert refusal(listener, "nobody", "ghost")["code"] == "not_found"


def test_the_pool_answers_on_its_own_topics(listener: Listener, broker: Mosquitto) -> None:
    publish(broker.port, "rover", {"id": "r", "prompt": "hi", "max_tokens": 4}, node="pool")

    wait_for(lambda: listener.terminals().get(("rover", "r")), "the answer")
    assert listener.payloads("edgegen/pool/res/rover/r")
    assert json.loads(listener.payloads("edgegen/pool/res/rover/r")[-1])["node"] == NODE


def test_info_and_health_say_what_a_device_and_an_operator_need(listener: Listener, gateway: Gateway) -> None:
    wait_for(lambda: listener.latest("health").get("engine_pss_bytes"), "health with an engine")
    health = listener.latest("health")
    info = listener.latest("info")

    assert info["protocol_versions"] == [1]
    assert info["bundle"]["sha256"]
    assert info["limits"]["n_ctx"] == 2048
    assert "prompt" in info["request_schema"]["properties"]
    assert health["daemon_pss_bytes"] > 0
    assert health["engine_pss_bytes"] > 0
    assert health["counters"]["engine_deaths"] == 0
    assert gateway.query("SELECT count(*) FROM telemetry WHERE engine_pss_bytes > 0")[0][0] > 0


def test_correlation_data_comes_back_on_every_frame(tmp_path, broker: Mosquitto, gateway: Gateway, listener) -> None:
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    seen = []
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.on_message = lambda _c, _u, m: seen.append(m)
    client.connect("127.0.0.1", broker.port)
    client.subscribe(f"edgegen/{NODE}/res/corr/#", qos=1)
    client.loop_start()
    properties = Properties(PacketTypes.PUBLISH)
    properties.CorrelationData = b"\x00\x01binary"
    properties.ResponseTopic = f"edgegen/{NODE}/res/corr/my/place"
    request = json.dumps({"id": "r", "prompt": "hi", "max_tokens": 4, "stream": True})
    client.publish(f"edgegen/{NODE}/req/corr/generate", request, qos=1, properties=properties)
    wait_for(lambda: seen and b'"done"' in seen[-1].payload, "done")
    client.loop_stop()

    assert {m.topic for m in seen} == {f"edgegen/{NODE}/res/corr/my/place"}
    assert {m.properties.CorrelationData for m in seen} == {b"\x00\x01binary"}
    assert dict(seen[-1].properties.UserProperty) == {"status": "done"}
    assert seen[-1].properties.ContentType == "application/json"


def test_iotcore_serves_as_well(tmp_path: Path, iotcore_broker: IotCore, smollm2: Path) -> None:
    with (
        Gateway(tmp_path, iotcore_broker.port, smollm2, settings={"mqtt.protocol": 311}),
        Listener(iotcore_broker) as listener,
    ):
        listener.wait_state("online")
        publish(iotcore_broker.port, "d", {"id": "r", "prompt": "hi", "max_tokens": 4}, version="mqttv311")

        assert answer(listener, "d", "r")["type"] == "done"


def test_batch_in_every_slot_makes_way_for_a_device(listener: Listener, broker: Mosquitto) -> None:
    """It was asked before, it goes on afterwards, and nobody is told of it."""
    for number in range(4):
        fields = {"raw": True, "prompt": f"{number} 1 2 3 4 5", "max_tokens": 90, "stream": True, "priority": "batch"}
        publish(broker.port, "watch", {"id": f"b{number}", "temperature": 0, **fields})
    wait_for(lambda: "delta" in [frame["type"] for frame in listener.frames()["watch", "b3"]], "the last one's words")

    publish(broker.port, "pump", {"id": "now", "prompt": "Name a colour.", "max_tokens": 4})
    done = answer(listener, "pump", "now")
    still = [number for number in range(4) if ("watch", f"b{number}") not in listener.terminals()]
    ends = [answer(listener, "watch", f"b{number}") for number in range(4)]

    assert done["type"] == "done"
    assert still == [0, 1, 2, 3]
    assert {end["type"] for end in ends} == {"done"}
    for number, end in enumerate(ends):
        frames = listener.frames()["watch", f"b{number}"]
        assert "restarted" not in [frame["type"] for frame in frames]
        assert "".join(frame["text"] for frame in frames if frame["type"] == "delta") == end["text"]

"""How long until a device has the whole JSON document of a schema?

One device, five fields, greedy, not streamed; a chat over MQTT with `schema`, beside llama-server with the same schema
as `response_format`. The compiled schema is warm on both sides, the question is always another.
"""

import json
from contextlib import ExitStack
from typing import Any

import jsonschema
from lib.gateway import Gateway, Mosquitto, MqttClient
from lib.peers import Answer, HttpClient
from lib.setting import Parser, Setting, run
from lib.tables import AT_MOST, compared, median, progress, report

N_CTX, SLOTS = 4096, 8
MAX_TOKENS = 200
TARGET = 0.7
QUESTIONS = 4  # a round

SCHEMA = {
    "type": "object",
    "properties": {
        "sensor": {"type": "string", "maxLength": 24},
        "temperature_celsius": {"type": "integer", "minimum": -40, "maximum": 200},
        "state": {"enum": ["normal", "warning", "alarm"]},
        "needs_attention": {"type": "boolean"},
        "recommended_action": {"enum": ["none", "inspect_soon", "shut_down_now"]},
    },
    "required": ["sensor", "temperature_celsius", "state", "needs_attention", "recommended_action"],
    "additionalProperties": False,
}

PLACES = ("boiler", "cold store", "bearing of the pump", "oil of the gearbox", "battery cabinet", "kiln", "server rack")


def measure(setting: Setting) -> None:
    """Alternate question by question."""
    ours, theirs = list[list[Answer]](), list[list[Answer]]()
    with ExitStack() as stack:
        device = _device(setting, stack)
        client = _client(setting, stack)
        for number in range(-1, setting.rounds):  # -1 compiles the schema
            ours.append([])
            theirs.append([])
            setting.settle()
            for index in range(QUESTIONS):
                messages = [{"role": "user", "content": _question(10 * (number + 1) + index)}]
                ours[-1].append(_checked(device.chat(messages, MAX_TOKENS, schema=SCHEMA, stream=False)))
                if client is not None:
                    theirs[-1].append(_checked(client.chat(messages, MAX_TOKENS, response_format=_response_format())))
            said = "  peer ".join(f"{_seconds(side[-1]):.3f} s" for side in (ours, theirs) if side[-1])
            progress(f"round {number + 1}: {said}   {ours[-1][0].text}")
    _report(setting, ours[1:], [one for one in theirs[1:] if one])


def _device(setting: Setting, stack: ExitStack) -> MqttClient:
    broker = stack.enter_context(Mosquitto(setting.folder / "mosquitto"))
    folder = setting.folder / "node"
    stack.enter_context(Gateway(folder, broker, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads))
    return stack.enter_context(MqttClient(broker.port, "d0"))


def _client(setting: Setting, stack: ExitStack) -> HttpClient | None:
    if setting.peers is None:
        return None
    server = setting.peers.server(setting.folder, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads)
    stack.enter_context(server)
    return HttpClient(server.port)


def _response_format() -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "reading", "schema": SCHEMA}}


def _question(number: int) -> str:
    return f"The {PLACES[number % len(PLACES)]} has {20 + 7 * number % 90} degrees Celsius. Report it as JSON."


def _checked(answer: Answer) -> Answer:
    jsonschema.validate(json.loads(answer.text), SCHEMA)
    return answer


def _seconds(answers: list[Answer]) -> float:
    return median(answer.total_s for answer in answers)


def _report(setting: Setting, ours: list[list[Answer]], theirs: list[list[Answer]]) -> None:
    times = [_seconds(one) for one in ours], [_seconds(one) for one in theirs]
    rows = [
        {
            "side": name,
            "document_s": median(seconds),
            "completion_tokens": median(answer.completion_tokens for one in answers for answer in one),
        }
        for name, seconds, answers in (("edgegen", times[0], ours), ("llama-server", times[1], theirs))
        if seconds
    ]
    verdict = compared(
        "five-field JSON Schema, one device: time to the whole document",
        *times,
        AT_MOST,
        TARGET,
        reference="llama-server json_schema",
    )
    settings = {"n_ctx": N_CTX, "slots": SLOTS, "schema": SCHEMA}
    report(setting, rows, verdict, settings=settings, rounds={"edgegen": times[0], "llama_server": times[1]})


if __name__ == "__main__":
    run(Parser(str(__doc__), rounds=5, programs=("llama-server",)), measure)

"""How many tokens a second do devices get over MQTT, beside llama-server over HTTP?

1 to 16 devices, each with its own connection, ask at once; every prompt is another 50 tokens, every answer 64 tokens,
greedy, streamed. Ours: MQTT QoS 1 through Mosquitto with persistence, every request and answer in the durable store.
The peers: llama-server over HTTP with as many slots, and llama-cpp-python's own server, which answers one after
another. No prompt shares a beginning with another.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lib.gateway import Gateway, Mosquitto, MqttClient
from lib.load import ClientT, Crowd, Wave
from lib.peers import Answer, HttpClient, LlamaCppPythonServer
from lib.prompts import Prompts
from lib.setting import Parser, Setting, run
from lib.tables import AT_LEAST, compared, median, progress, report

N_CTX, SLOTS = 4096, 8
PROMPT_TOKENS, TG_TOKENS = 50, 64
TARGET = 1.0
JUDGED = (4, 8)
OURS, SERVER, PYTHON = "edgegen", "llama_server", "llama_cpp_python"

Waves = dict[int, list[dict[str, Any]]]
# Sends a wave: the prompts of each client.
Sender = Callable[[list[list[str]]], Wave]


def measure(setting: Setting) -> None:
    """All servers stay up; the waves alternate."""
    counts: list[int] = setting.options.devices
    prompts = Prompts(setting.model)
    with ExitStack() as stack:
        senders = {
            OURS: _ours(setting, stack, max(counts)),
            SERVER: _server(setting, stack, max(counts)),
            PYTHON: _python_server(setting, stack, max(counts)),
        }
        sides: dict[str, Waves] = {side: {n: [] for n in counts} for side in senders}
        for number in range(-1, setting.rounds):  # -1 warms them
            requests = setting.options.requests if number >= 0 else 1
            for n in counts:
                seed = 100_000 * (number + 2) + 1000 * n
                texts = [[prompts.text(seed + 10 * i + r, PROMPT_TOKENS) for r in range(requests)] for i in range(n)]
                setting.settle()
                waves = {side: send(texts) for side, send in senders.items() if send is not None}
                if number >= 0:
                    for side, wave in waves.items():
                        sides[side][n].append(wave.facts())
                    said = " | ".join(f"{side} {_said(wave)}" for side, wave in waves.items())
                    progress(f"round {number + 1}, {n} devices: {said}")
    _report(setting, sides)


def _ours(setting: Setting, stack: ExitStack, count: int) -> Sender:
    broker = stack.enter_context(Mosquitto(setting.folder / "mosquitto"))
    folder = setting.folder / "node"
    stack.enter_context(Gateway(folder, broker, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads))
    return _sender(
        Crowd([MqttClient(broker.port, f"d{i}") for i in range(count)]),
        lambda client, text: client.generate(text, TG_TOKENS),
    )


def _server(setting: Setting, stack: ExitStack, count: int) -> Sender | None:
    if setting.peers is None:
        return None
    server = setting.peers.server(setting.folder, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads)
    stack.enter_context(server)
    clients = Crowd([HttpClient(server.port) for _ in range(count)])
    return _sender(clients, lambda client, text: client.complete(text, TG_TOKENS))


def _python_server(setting: Setting, stack: ExitStack, count: int) -> Sender | None:
    python: Path | None = setting.options.lcp_python
    if python is None:
        return None
    log = setting.folder / "llama-cpp-python.log"
    server = LlamaCppPythonServer(python, log, setting.model, n_ctx=N_CTX, threads=setting.threads)
    stack.enter_context(server)
    clients = Crowd([HttpClient(server.port) for _ in range(count)])
    return _sender(clients, lambda client, text: client.complete_openai(text, TG_TOKENS))


def _sender(crowd: Crowd[ClientT], ask: Callable[[ClientT, str], Answer]) -> Sender:
    def send(texts: list[list[str]]) -> Wave:
        return crowd.wave(
            lambda client, number, request: ask(client, texts[number][request]),
            clients=len(texts),
            requests=len(texts[0]),
        )

    return send


def _said(wave: Wave) -> str:
    return f"{wave.tokens_per_s:.0f} tokens/s, TTFT p50 {wave.ttft(0.5):.2f} s"


def _report(setting: Setting, sides: dict[str, Waves]) -> None:
    rows, verdict = [], []
    for n in sides[OURS]:
        row: dict[str, Any] = {"devices": n}
        for side, waves in sides.items():
            for figure in ("tokens_per_s", "ttft_p50_s", "ttft_p95_s"):
                row[f"{side} {figure}"] = median(w[figure] for w in waves[n]) if waves[n] else None
        rows.append(row)
        ours, theirs = ([w["tokens_per_s"] for w in sides[side][n]] for side in (OURS, SERVER))
        if n in JUDGED:
            verdict += compared(
                f"tokens/s over MQTT, {n} devices", ours, theirs, AT_LEAST, TARGET, reference="llama-server over HTTP"
            )
    settings = {
        "n_ctx": N_CTX,
        "slots": SLOTS,
        "prompt_tokens": PROMPT_TOKENS,
        "tg_tokens": TG_TOKENS,
        "requests_per_device": setting.options.requests,
    }
    report(setting, rows, verdict, settings=settings, rounds=sides)


if __name__ == "__main__":
    options = Parser(str(__doc__), rounds=3, programs=("llama-server",), quick={"devices": [1, 4], "requests": 1})
    options.add_argument("--requests", type=int, default=2, help="of each device, one after another")
    options.add_argument("--devices", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    options.add_argument(
        "--lcp-python",
        type=Path,
        default=os.environ.get("EDGEGEN_LCP_PYTHON") or None,
        help="Python with llama-cpp-python[server]; also $EDGEGEN_LCP_PYTHON",
    )
    run(options, measure)

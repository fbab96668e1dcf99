"""How many tokens a second do devices get over MQTT, beside llama-server over HTTP?

1 to 16 devices, each with its own connection, ask at once; every prompt is another 50 tokens, every answer 64 tokens,
greedy, streamed. Ours: MQTT QoS 1 through Mosquitto with persistence, every request and answer in the durable store.
The peers: llama-server over HTTP with as many slots, and llama-cpp-python's own server, which answers one after
another. No prompt shares a beginning with another.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lib.gateway import Gateway, Mosquitto, MqttClient
from lib.load import Crowd, Wave
from lib.peers import HOW_TO_GET_PYTHON_SERVER, HttpClient, LlamaCppPythonServer
from lib.prompts import Prompts
from lib.quiet import settle
from lib.setting import Setting, parser, run
from lib.tables import AT_LEAST, compared, median, progress, report

N_CTX, SLOTS = 4096, 8
PROMPT_TOKENS, TG_TOKENS = 50, 64
TARGET = 1.0
JUDGED = (4, 8)

Waves = dict[int, list[dict[str, Any]]]


def measure(setting: Setting) -> None:
    """Both servers stay up; the waves alternate."""
    counts: list[int] = setting.options.devices
    prompts = Prompts(setting.model)
    ours: Waves = {n: [] for n in counts}
    theirs: Waves = {n: [] for n in counts}
    third: Waves = {n: [] for n in counts}
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(setting.folder / "mosquitto"))
        gateway = Gateway(
            setting.folder / "node", broker, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads
        )
        stack.enter_context(gateway)
        devices = Crowd([MqttClient(broker.port, f"d{i}") for i in range(max(counts))])
        clients = _peer(setting, stack, max(counts))
        python_clients = _python_server(setting, stack, max(counts))
        for number in range(-1, setting.rounds):  # -1 warms both
            for n in counts:
                seed = 100_000 * (number + 2) + 1000 * n
                texts = [
                    [prompts.text(seed + 10 * i + r, PROMPT_TOKENS) for r in range(setting.options.requests)]
                    for i in range(n)
                ]
                settle()
                wave = _mqtt_wave(devices, texts)
                peer = _http_wave(clients, texts) if clients else None
                other = _openai_wave(python_clients, texts) if python_clients else None
                if number < 0:
                    continue
                ours[n].append(wave.facts())
                if peer:
                    theirs[n].append(peer.facts())
                if other:
                    third[n].append(other.facts())
                peers = [f" | {name} {_said(w)}" for name, w in (("llama-server", peer), ("python", other)) if w]
                progress(f"round {number + 1}, {n} devices: {_said(wave)}{''.join(peers)}")
    _report(setting, {"edgegen": ours, "llama_server": theirs, "llama_cpp_python": third})


def _peer(setting: Setting, stack: ExitStack, count: int) -> Crowd[HttpClient] | None:
    if setting.peers is None:
        return None
    server = setting.peers.server(setting.folder, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads)
    stack.enter_context(server)
    return Crowd([HttpClient(server.port) for _ in range(count)])


def _python_server(setting: Setting, stack: ExitStack, count: int) -> Crowd[HttpClient] | None:
    python: Path | None = setting.options.lcp_python
    if python is None:
        print(HOW_TO_GET_PYTHON_SERVER)
        return None
    log = setting.folder / "llama-cpp-python.log"
    server = LlamaCppPythonServer(python, log, setting.model, n_ctx=N_CTX, threads=setting.threads)
    stack.enter_context(server)
    return Crowd([HttpClient(server.port) for _ in range(count)])


def _openai_wave(clients: Crowd[HttpClient], texts: list[list[str]]) -> Wave:
    return clients.wave(
        lambda client, number, request: client.complete_openai(texts[number][request], TG_TOKENS),
        clients=len(texts),
        requests=len(texts[0]),
    )


def _mqtt_wave(devices: Crowd[MqttClient], texts: list[list[str]]) -> Wave:
    return devices.wave(
        lambda client, number, request: client.generate(texts[number][request], TG_TOKENS),
        clients=len(texts),
        requests=len(texts[0]),
    )


def _http_wave(clients: Crowd[HttpClient], texts: list[list[str]]) -> Wave:
    return clients.wave(
        lambda client, number, request: client.complete(texts[number][request], TG_TOKENS),
        clients=len(texts),
        requests=len(texts[0]),
    )


def _said(wave: Wave) -> str:
    return f"{wave.tokens_per_s:.0f} tokens/s, TTFT p50 {wave.ttft(0.5):.2f} s"


def _report(setting: Setting, sides: dict[str, Waves]) -> None:
    rows, verdict = [], []
    for n in sides["edgegen"]:
        row: dict[str, Any] = {"devices": n}
        for side, waves in sides.items():
            for figure in ("tokens_per_s", "ttft_p50_s", "ttft_p95_s"):
                row[f"{side} {figure}"] = median(w[figure] for w in waves[n]) if waves[n] else None
        rows.append(row)
        ours, theirs = ([w["tokens_per_s"] for w in sides[side][n]] for side in ("edgegen", "llama_server"))
        if n in JUDGED:
            verdict += compared(f"tokens/s, {n} devices", ours, theirs or None, AT_LEAST, TARGET)
    settings = {
        "n_ctx": N_CTX,
        "slots": SLOTS,
        "prompt_tokens": PROMPT_TOKENS,
        "tg_tokens": TG_TOKENS,
        "requests_per_device": setting.options.requests,
    }
    report(setting, rows, verdict, settings=settings, rounds=sides)


if __name__ == "__main__":
    options = parser(str(__doc__), rounds=5)
    options.add_argument("--requests", type=int, default=2, help="of each device, one after another")
    options.add_argument("--devices", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    options.add_argument(
        "--lcp-python",
        type=Path,
        default=os.environ.get("EDGEGEN_LCP_PYTHON"),
        help="Python with llama-cpp-python[server]; also $EDGEGEN_LCP_PYTHON",
    )
    run(options, measure)

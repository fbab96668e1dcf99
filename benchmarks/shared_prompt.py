"""What does a long system prompt that everybody shares cost?

A system prompt of 540 tokens, in our bundle and in the peer's messages; 8 devices ask different short questions at
once. First wave: counted from the start of the process, nothing kept on disk. Steady state: the waves after it.
Restart: the first request after a restart with the prefix on disk, beside the same without it.
"""

import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lib.bundles import make_bundle
from lib.gateway import Gateway, Mosquitto, MqttClient
from lib.load import Crowd, Wave
from lib.peers import Answer, HttpClient
from lib.prompts import Prompts
from lib.setting import Parser, Setting, run
from lib.tables import AT_MOST, compared, median, progress, report

# The peer divides its context among its slots: 1,024 tokens each.
N_CTX, SLOTS, DEVICES = 8192, 8, 8
SYSTEM_TOKENS, QUESTION_TOKENS, TG_TOKENS = 540, 16, 32
STEADY_WAVES = 2
FIRST_TARGET, STEADY_TARGET, RESTART_TARGET = 0.2, 1.0, 0.15

Facts = dict[str, float]


def measure(setting: Setting) -> None:
    """Each side alone, alternating."""
    prompts = Prompts(setting.model)
    system = prompts.text(1, SYSTEM_TOKENS)
    bundle = make_bundle(setting.folder / "bundles", setting.model, system_prompt=system)
    ours, theirs = list[Facts](), list[Facts]()
    for number in range(setting.rounds):
        setting.settle()
        ours.append(_measure_ours(setting, bundle, prompts, number))
        progress(f"round {number + 1}: edgegen {ours[-1]}")
        if setting.peers is not None:
            theirs.append(_measure_peer(setting, system, prompts, number))
            progress(f"round {number + 1}: peer {theirs[-1]}")
    _report(setting, ours, theirs)


def _questions(prompts: Prompts, number: int, wave: int) -> list[str]:
    return [prompts.text(1000 * number + 100 * wave + i + 7, QUESTION_TOKENS) for i in range(DEVICES)]


def _measure_ours(setting: Setting, bundle: Path, prompts: Prompts, number: int) -> Facts:
    def start(stack: ExitStack) -> None:
        stack.enter_context(Gateway(folder, broker, bundle, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads))

    def wave(index: int) -> Wave:
        questions = _questions(prompts, number, index)
        return devices.wave(lambda client, i, _: _ask_node(client, questions[i]), clients=DEVICES)

    folder = setting.folder / f"node-{number}"
    with Mosquitto(setting.folder / "mosquitto") as broker:
        devices = Crowd([MqttClient(broker.port, f"d{i}") for i in range(DEVICES)])
        with ExitStack() as stack:
            started = time.perf_counter()
            start(stack)
            online_s = time.perf_counter() - started
            facts = _wave_facts(online_s, wave(0), [wave(1 + i) for i in range(STEADY_WAVES)])
        with ExitStack() as stack:
            start(stack)
            facts["restart_ttft_s"] = _first_ttft(devices)
        shutil.rmtree(folder / "data" / "cache")
        with ExitStack() as stack:
            start(stack)
            facts["compute_ttft_s"] = _first_ttft(devices)
    return facts


def _first_ttft(devices: Crowd[MqttClient]) -> float:
    with devices.clients[0] as client:
        return _ask_node(client, "Which machine is first?").ttft_s


def _ask_node(client: MqttClient, question: str) -> Answer:
    return client.chat([{"role": "user", "content": question}], TG_TOKENS)


def _measure_peer(setting: Setting, system: str, prompts: Prompts, number: int) -> Facts:
    def wave(index: int) -> Wave:
        questions = _questions(prompts, number, index)
        return clients.wave(
            lambda client, i, _: client.chat(
                [{"role": "system", "content": system}, {"role": "user", "content": questions[i]}], TG_TOKENS
            ),
            clients=DEVICES,
        )

    assert setting.peers is not None
    started = time.perf_counter()
    server = setting.peers.server(setting.folder, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads)
    with server:
        clients = Crowd([HttpClient(server.port) for _ in range(DEVICES)])
        healthy_s = time.perf_counter() - started
        return _wave_facts(healthy_s, wave(0), [wave(1 + i) for i in range(STEADY_WAVES)])


def _wave_facts(ready_s: float, first: Wave, steady: list[Wave]) -> Facts:
    return {
        "ready_s": ready_s,
        "first_wave_ttft_p50_s": first.ttft(0.5),
        "first_wave_from_start_p50_s": ready_s + first.ttft(0.5),
        "steady_ttft_p50_s": median(wave.ttft(0.5) for wave in steady),
    }


def _report(setting: Setting, ours: list[Facts], theirs: list[Facts]) -> None:
    def series(facts: list[Facts], key: str) -> list[float]:
        return [one[key] for one in facts]

    rows: list[dict[str, Any]] = [{"side": "edgegen", **{key: median(series(ours, key)) for key in ours[0]}}]
    if theirs:
        rows.append({"side": "llama-server", **{key: median(series(theirs, key)) for key in theirs[0]}})
        rows[-1] |= dict.fromkeys(set(rows[0]) - set(rows[-1]))
        rows[-1] = {key: rows[-1][key] for key in rows[0]}
    verdict = []
    for name, key, target in (
        ("shared system prompt, first wave, TTFT p50 from process start", "first_wave_from_start_p50_s", FIRST_TARGET),
        ("the same in steady state, TTFT p50", "steady_ttft_p50_s", STEADY_TARGET),
    ):
        verdict += compared(name, series(ours, key), series(theirs, key), AT_MOST, target, reference="llama-server")
    verdict += compared(
        "the same after a restart with the prefix on disk, first TTFT",
        series(ours, "restart_ttft_s"),
        series(ours, "compute_ttft_s"),
        AT_MOST,
        RESTART_TARGET,
        reference="computing it",
    )
    settings = {
        "n_ctx": N_CTX,
        "slots": SLOTS,
        "devices": DEVICES,
        "system_tokens": SYSTEM_TOKENS,
        "question_tokens": QUESTION_TOKENS,
        "tg_tokens": TG_TOKENS,
    }
    report(setting, rows, verdict, settings=settings, rounds={"edgegen": ours, "llama_server": theirs})


if __name__ == "__main__":
    run(Parser(str(__doc__), rounds=3, programs=("llama-server",)), measure)

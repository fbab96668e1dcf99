"""How much memory does it take?

PSS of daemon and engine together after a wave of 8 devices, beside llama-server after the same wave: same context,
slots and prompts, each alone on the machine. A page of the model's file counts for whoever maps it.
"""

from typing import Any

import psutil
from lib.gateway import Gateway, Mosquitto, MqttClient
from lib.load import Crowd
from lib.peers import HttpClient
from lib.prompts import Prompts
from lib.setting import Parser, Setting, run
from lib.tables import AT_MOST, judged, median, progress, ratios, report

N_CTX, SLOTS = 4096, 8
PROMPT_TOKENS, TG_TOKENS = 50, 64
ALLOWANCE_MIB = 60  # for Python
TARGET = 1.0


def measure(setting: Setting) -> None:
    """Alternate, each alone."""
    texts = [Prompts(setting.model).text(i, PROMPT_TOKENS) for i in range(SLOTS)]
    ours, theirs = list[dict[str, float]](), list[dict[str, float]]()
    for number in range(setting.rounds):
        ours.append(_measure_ours(setting, texts))
        if setting.peers is not None:
            theirs.append(_measure_peer(setting, texts))
        progress(f"round {number + 1}: edgegen {ours[-1]}" + (f", peer {theirs[-1]}" if theirs else ""))
    rows: list[dict[str, Any]] = [{"side": "edgegen", **_medians(ours)}]
    verdict = []
    if theirs:
        rows.append({"side": "llama-server", "daemon_mib": None, "engine_mib": None, **_medians(theirs)})
        less = [one["pss_mib"] - ALLOWANCE_MIB for one in ours]
        ratio = ratios(less, [one["pss_mib"] for one in theirs])
        verdict = [
            judged(
                f"memory of daemon and engine less {ALLOWANCE_MIB} MiB, PSS",
                ratio,
                AT_MOST,
                TARGET,
                reference="llama-server",
            )
        ]
    settings = {"n_ctx": N_CTX, "slots": SLOTS, "prompt_tokens": PROMPT_TOKENS, "tg_tokens": TG_TOKENS}
    report(setting, rows, verdict, settings=settings, rounds={"edgegen": ours, "llama_server": theirs})


def _medians(series: list[dict[str, float]]) -> dict[str, float]:
    return {key: median(one[key] for one in series) for key in series[0]}


def _pss_mib(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / 2**20


def _measure_ours(setting: Setting, texts: list[str]) -> dict[str, float]:
    with (
        Mosquitto(setting.folder / "mosquitto") as broker,
        Gateway(
            setting.folder / "node", broker, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads
        ) as gateway,
    ):
        devices = Crowd([MqttClient(broker.port, f"d{i}") for i in range(SLOTS)])
        devices.wave(lambda client, number, _: client.generate(texts[number], TG_TOKENS), clients=SLOTS)
        daemon, *engines = (_pss_mib(process) for process in gateway.processes())
        return {"daemon_mib": daemon, "engine_mib": sum(engines), "pss_mib": daemon + sum(engines)}


def _measure_peer(setting: Setting, texts: list[str]) -> dict[str, float]:
    assert setting.peers is not None
    server = setting.peers.server(setting.folder, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads)
    with server:
        clients = Crowd([HttpClient(server.port) for _ in range(SLOTS)])
        clients.wave(lambda client, number, _: client.complete(texts[number], TG_TOKENS), clients=SLOTS)
        return {"pss_mib": _pss_mib(psutil.Process(server.pid))}


if __name__ == "__main__":
    run(Parser(str(__doc__), rounds=3, programs=("llama-server",)), measure)
